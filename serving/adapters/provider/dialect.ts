// What the client of providers needs of an API: how a request is written for it, and how its answers are read. Pure.
import type { IncomingHttpHeaders } from "node:http";
import type { ProviderError } from "../../core/provider/provider-fault.ts";

/** A caller's request, checked, in OpenAI's form. */
export type DialectRequest = {
  /** Behind `/v1`, e.g. `/chat/completions`. */
  readonly operation: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The provider's own name for the model. */
  readonly model: string;
};

export type EncodedRequest = {
  /** Behind the provider's base URL. */
  readonly path: string;
  /** Names and values in turn; neither the key nor the provider's static headers. */
  readonly headers: readonly string[];
  readonly body: Buffer;
};

/** An API that is not OpenAI's adds the translation of whole answers and of frames here. */
export type Dialect = {
  readonly encode: (request: DialectRequest) => EncodedRequest;
  /** Of an answer's headers those that callers get. */
  readonly keepHeaders: (headers: IncomingHttpHeaders) => IncomingHttpHeaders;
  /** The body of an answer with an error status; what can't be read says nothing. */
  readonly decodeError: (body: Buffer) => ProviderError;
};
