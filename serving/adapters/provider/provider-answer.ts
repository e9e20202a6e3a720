// A provider's answer on its way to the caller: what is one passes, what is a refusal is read whole and worded anew.
import type { IncomingHttpHeaders } from "node:http";
import { toProviderFault } from "../../core/provider/provider-fault.ts";
import type { ProviderSink, UpstreamSink } from "../../ports.ts";
import type { Dialect } from "./dialect.ts";
import { readRetryAfter } from "./retry-after.ts";

/** An error that is longer is taken for a page of HTML, of which nothing is read. */
const MOST_ERROR_BYTES = 64 * 1024;

type Parts = {
  readonly sink: ProviderSink;
  readonly dialect: Dialect;
  /** Cut out of whatever the provider says. */
  readonly secret: string | undefined;
  /** Ends a refusal that goes on for too long. */
  readonly abort: () => void;
};

type Refused = { readonly status: number; readonly headers: IncomingHttpHeaders };

export class ProviderAnswer implements UpstreamSink {
  readonly #parts: Parts;
  #refused: Refused | undefined;
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  get isRefusal(): boolean {
    return this.#refused !== undefined;
  }

  start(status: number, headers: IncomingHttpHeaders): void {
    const { sink, dialect } = this.#parts;
    sink.answered({ status, requestId: idOf(headers) });
    if (status >= 200 && status < 300) sink.start(status, dialect.keepHeaders(headers));
    else this.#refused = { status, headers };
  }

  write(chunk: Buffer): boolean {
    if (this.#refused === undefined) return this.#parts.sink.write(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes <= MOST_ERROR_BYTES) this.#chunks.push(chunk);
    else this.#parts.abort();
    return true;
  }

  onWritable(resume: () => void): void {
    this.#parts.sink.onWritable(resume);
  }

  /** To be called once nothing more comes; of an answer that is none, what was read has to do. */
  refuse(): void {
    if (this.#refused === undefined) return;
    const { sink, dialect, secret } = this.#parts;
    const { status, headers } = this.#refused;
    const retryAfterSeconds = readRetryAfter({
      "retry-after": headers["retry-after"],
      "retry-after-ms": single(headers["retry-after-ms"]),
      date: headers.date,
    });
    const error = dialect.decodeError(Buffer.concat(this.#chunks));
    sink.fail(toProviderFault({ status, error, retryAfterSeconds }, secret));
  }
}

const single = (value: string | readonly string[] | undefined): string | undefined =>
  typeof value === "string" ? value : value?.[0];

/** Azure's name for it goes before its proxy's. */
function idOf(headers: IncomingHttpHeaders): string | undefined {
  const id = single(headers["apim-request-id"]) ?? single(headers["x-request-id"]);
  return id !== undefined && /^[\x21-\x7e]{1,128}$/.test(id) ? id : undefined;
}
