// How long a provider asks to wait: whole seconds from any of the headers in which it says so. Pure.

const LONGEST_SECONDS = 3_600;

export type WaitHeaders = {
  readonly "retry-after"?: string | undefined;
  /** In milliseconds, as OpenAI and Azure send it besides. */
  readonly "retry-after-ms"?: string | undefined;
  /** The provider's own clock, against which a moment is held. */
  readonly date?: string | undefined;
};

/** At least 1 and at most an hour; undefined where nothing is said. */
export function readRetryAfter(headers: WaitHeaders): number | undefined {
  const ms = toNumber(headers["retry-after-ms"]);
  const seconds = toNumber(headers["retry-after"]) ?? untilMoment(headers);
  const wait = ms === undefined ? seconds : ms / 1000;
  return wait === undefined ? undefined : Math.min(LONGEST_SECONDS, Math.max(1, Math.ceil(wait)));
}

function toNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}(\.\d{1,9})?$/.test(text) ? Number(text) : undefined;
}

function untilMoment({ "retry-after": moment, date }: WaitHeaders): number | undefined {
  const seconds = (Date.parse(moment ?? "") - Date.parse(date ?? "")) / 1000;
  return Number.isNaN(seconds) ? undefined : seconds;
}
