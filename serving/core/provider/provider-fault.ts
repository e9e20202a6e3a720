// A provider's refusal → the fault that the caller gets: what concerns the platform's account stays here. Pure.
import { faults, type OpenAiFault } from "../../contract/openai/fault.ts";

/** An error as a provider words it, decoded from whatever form its API has. */
export type ProviderError = {
  readonly type?: string | undefined;
  readonly code?: string | undefined;
  readonly param?: string | undefined;
  readonly message?: string | undefined;
};

export type Refusal = {
  readonly status: number;
  readonly error: ProviderError;
  readonly retryAfterSeconds: number | undefined;
};

/** About the request itself: the caller can mend it, and needs to read how. */
const REQUEST_STATUSES: ReadonlySet<number> = new Set([400, 404, 405, 409, 413, 415, 422]);
const SHORTEST_WAIT = { limited: 1, overloaded: 5 } as const;

/** `secret` is cut out of whatever text goes on. */
export function toProviderFault(refusal: Refusal, secret?: string): OpenAiFault {
  const { status, error, retryAfterSeconds } = refusal;
  if (status >= 300 && status < 400) return faults.providerRedirected();
  if (status === 401) return faults.providerKeyRefused();
  if (status === 402 || isQuota(error)) return faults.providerQuotaExceeded();
  if (status === 403) return faults.providerForbidden();
  if (isAboutSettings(status, error)) return faults.providerNotFound();
  if (REQUEST_STATUSES.has(status)) return toRequestFault(status, error, secret);
  if (status === 429) return faults.providerRateLimited(retryAfterSeconds ?? SHORTEST_WAIT.limited);
  if (status === 408 || status === 504) return faults.providerTimeout();
  if (status === 503 || status === 529)
    return faults.providerOverloaded(retryAfterSeconds ?? SHORTEST_WAIT.overloaded);
  return faults.providerFailed();
}

/** An error inside a stream that had begun; none of its text goes on. */
export function toStreamFault(error: ProviderError): OpenAiFault {
  const words = `${error.type ?? ""} ${error.code ?? ""}`;
  if (isQuota(error)) return faults.providerQuotaExceeded();
  if (/rate_limit/.test(words)) return faults.providerRateLimited(SHORTEST_WAIT.limited);
  return /overloaded/.test(words)
    ? faults.providerOverloaded(SHORTEST_WAIT.overloaded)
    : faults.providerFailed();
}

const isQuota = ({ type, code }: ProviderError): boolean =>
  [type, code].some((it) => it === "insufficient_quota" || it === "billing_hard_limit_reached");

/** The caller chose neither the path nor the provider's model. */
function isAboutSettings(status: number, { code, type, message }: ProviderError): boolean {
  if (status === 405) return true;
  if (status !== 404) return false;
  return message === undefined || /model|deployment|not_found_error/i.test(`${code ?? ""} ${type ?? ""}`);
}

function toRequestFault(status: number, error: ProviderError, secret: string | undefined): OpenAiFault {
  const code = toName(error.code) ?? toName(error.type) ?? "provider_refused";
  const message = error.message === undefined ? undefined : withoutAccount(error.message, secret);
  return faults.providerRequest(
    status,
    code,
    toName(error.param) ?? null,
    message ?? "The provider refused the request.",
  );
}

/** A word of an API, such as `context_length_exceeded` or `messages[0].content`; anything else may be text. */
const toName = (text: string | undefined): string | undefined =>
  text !== undefined && /^[A-Za-z0-9_.[\]-]{1,80}$/.test(text) ? text : undefined;

const LONGEST_MESSAGE = 1_000;
const HIDDEN = "[hidden]";
/** Keys and tokens, ids of organisations, projects and users, mail addresses, addresses of pages and ARNs. */
const OF_THE_ACCOUNT = [
  /\b(sk|rk|pk|gsk|xai|hf|AIza|AKIA|ASIA)[-_]?[A-Za-z0-9*_-]{8,}/g,
  /\b(bearer|basic)\s+\S+/gi,
  /\beyJ[A-Za-z0-9_-]{8,}(\.[A-Za-z0-9_-]+){0,2}/g,
  /\b(org|organization|proj|project|user|acct|account|sub|ws|req)[-_][A-Za-z0-9]{6,}/g,
  /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi,
  /[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,255}\.[A-Za-z]{2,24}/g,
  /\bhttps?:\/\/[^\s"'<>]+/g,
  /\barn:[^\s"'<>]+/g,
];

function withoutAccount(message: string, secret: string | undefined): string {
  const whole = secret === undefined || secret === "" ? message : message.replaceAll(secret, HIDDEN);
  const cut = whole.slice(0, LONGEST_MESSAGE);
  return OF_THE_ACCOUNT.reduce((text, pattern) => text.replace(pattern, HIDDEN), cut);
}
