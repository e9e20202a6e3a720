// Artefacts over HTTP: resumes by Range, follows few and safe redirects, gives up on silence.
import { type Dispatcher, errors, request } from "undici";
import { ArtefactError } from "./artefact-error.ts";
import type { ArtefactBody, ArtefactSource, FetchSurroundings } from "./artefact-source.ts";

const MOST_REDIRECTS = 5;
const HEADERS_TIMEOUT_MS = 30_000;
const SILENCE_TIMEOUT_MS = 60_000;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

export type Headers = Readonly<Record<string, string>>;

export type HttpTarget = {
  readonly url: URL;
  /** Headers of a request to `url`; they are not sent to another origin after a redirect. */
  readonly headers: (url: URL, range: Headers) => Promise<Headers> | Headers;
};

/** An artefact behind one URL; `target` is asked anew for each opening, so that signatures are fresh. */
export function httpSource(target: HttpTarget, around: FetchSurroundings): ArtefactSource {
  return {
    async open(from, signal) {
      const range: Headers = from > 0 ? { range: `bytes=${from}-` } : {};
      const response = await follow(target, range, { around, signal });
      if (response.statusCode === 416) {
        await response.body.dump();
        return this.open(0, signal);
      }
      return toBody(target.url, from, response);
    },
  };
}

type Way = { readonly around: FetchSurroundings; readonly signal: AbortSignal };

async function follow(target: HttpTarget, range: Headers, way: Way): Promise<Dispatcher.ResponseData> {
  let url = target.url;
  for (let hops = 0; hops <= MOST_REDIRECTS; hops += 1) {
    const headers = url.origin === target.url.origin ? await target.headers(url, range) : range;
    const response = await getOnce(url, { "accept-encoding": "identity", ...headers }, way);
    const location = response.headers.location;
    if (!REDIRECTS.includes(response.statusCode) || typeof location !== "string") return response;
    await response.body.dump();
    const next = new URL(location, url);
    if (next.protocol !== "https:" && next.origin !== url.origin) {
      throw new ArtefactError(
        "artefact.redirect",
        `${url.host} redirects to ${next.protocol}//${next.host}, want https only`,
      );
    }
    url = next;
  }
  throw new ArtefactError(
    "artefact.redirect",
    `${target.url.host} redirects more than ${MOST_REDIRECTS} times`,
  );
}

/** One GET without redirects; connection faults become retryable ArtefactErrors. */
export async function getOnce(url: URL, headers: Headers, way: Way): Promise<Dispatcher.ResponseData> {
  const { dispatcher } = way.around;
  try {
    return await request(url, {
      headers,
      signal: way.signal,
      headersTimeout: HEADERS_TIMEOUT_MS,
      bodyTimeout: SILENCE_TIMEOUT_MS,
      ...(dispatcher === undefined ? {} : { dispatcher }),
    });
  } catch (error) {
    throw toArtefactError(url, error);
  }
}

function toBody(url: URL, from: number, response: Dispatcher.ResponseData): ArtefactBody {
  const { statusCode, headers, body } = response;
  if (statusCode !== 200 && statusCode !== 206) {
    body.dump().catch(() => undefined);
    const code = statusCode === 404 ? "artefact.not-found" : "artefact.http";
    const retryable = statusCode >= 500 || statusCode === 429 || statusCode === 408;
    throw new ArtefactError(code, `${withoutQuery(url)}: got status ${statusCode}, want 200`, retryable);
  }
  const length = Number(headers["content-length"]);
  const start = statusCode === 206 ? rangeStart(headers["content-range"], from) : 0;
  const total = Number.isFinite(length) ? start + length : undefined;
  return { from: start, total, bytes: mapFaults(url, body) };
}

function rangeStart(header: string | string[] | undefined, asked: number): number {
  const found = /^bytes (\d+)-/.exec(String(header ?? ""));
  return found?.[1] === undefined ? asked : Number(found[1]);
}

async function* mapFaults(url: URL, body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw toArtefactError(url, error);
  }
}

function toArtefactError(url: URL, error: unknown): Error {
  if (error instanceof ArtefactError) return error;
  if (error instanceof Error && error.name === "AbortError") return error;
  const isTimeout =
    error instanceof errors.HeadersTimeoutError ||
    error instanceof errors.BodyTimeoutError ||
    error instanceof errors.ConnectTimeoutError;
  const reason = error instanceof Error ? error.message || error.name : String(error);
  return new ArtefactError(
    isTimeout ? "artefact.timeout" : "artefact.interrupted",
    `${withoutQuery(url)}: ${reason}`,
    true,
  );
}

/** Signed links carry their secret in the query. */
function withoutQuery(url: URL): string {
  return `${url.origin}${url.pathname}`;
}
