// What the serving code needs from outside, as interfaces: clock, chance, log, keys, routes, model servers, the caller.
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { EngineEvent, EngineStatus, GenerateRequest } from "./contract/generation.ts";
import type { Embeddings, InferenceStatus, InferRequest } from "./contract/inference.ts";
import type { OpenAiFault } from "./contract/openai/fault.ts";
import type { Tensor } from "./contract/tensor.ts";
import type { ClientKey } from "./core/auth/authorize-key.ts";
import type { UpstreamFault } from "./core/route/decide-recovery.ts";
import type { Endpoint } from "./core/route/endpoint.ts";

/** Structured log. `fields` never hold a prompt, an answer or a key. */
export type Log = {
  readonly debug: (fields: object, message: string) => void;
  readonly info: (fields: object, message: string) => void;
  readonly warn: (fields: object, message: string) => void;
  readonly error: (fields: object, message: string) => void;
};

export type Clock = {
  /** Milliseconds since the epoch, for validity dates. */
  readonly nowMs: () => number;
};

/** Uniform in [0, 1); used for jitter, never for routing. */
export type Entropy = () => number;

/** A part that must be well before the role takes traffic; shown by name in `/readyz?verbose`. */
export type ReadinessCheck = {
  readonly name: string;
  readonly check: () => { readonly ok: boolean; readonly detail: string };
};

/** Loaded weights behind a bounded queue. */
export type Engine = {
  /** Rejects with an EngineFault before its first event when the request is refused; ends without an `end` event on abort. */
  readonly generate: (request: GenerateRequest, signal: AbortSignal) => AsyncIterable<EngineEvent>;
  readonly status: () => EngineStatus;
  readonly close: () => Promise<void>;
};

/** A loaded graph behind a bounded queue. Both calls reject with an EngineFault, and with the signal's reason on abort. */
export type InferenceEngine = {
  /** The inputs fit the model's, by `status().tensors`. */
  readonly infer: (request: InferRequest, signal: AbortSignal) => Promise<readonly Tensor[]>;
  /** Undefined where the model takes no texts. */
  readonly embed: ((texts: readonly string[], signal: AbortSignal) => Promise<Embeddings>) | undefined;
  readonly status: () => InferenceStatus;
  readonly close: () => Promise<void>;
};

export type KeyStore = {
  /** The key whose SHA-256 is that of `secret`, or undefined. */
  readonly find: (secret: string) => ClientKey | undefined;
};

export type RouteTable = {
  readonly find: (endpoint: string) => Endpoint | undefined;
  readonly list: () => readonly Endpoint[];
  /** False until the first complete list arrived. */
  readonly isLoaded: () => boolean;
};

export type AbortReason = "caller gone" | "shutting down";

/** The caller's side of a request. */
export type Caller = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
  /** `performance.now()` at arrival. */
  readonly startedAt: number;
  /** True once nothing more may be written: answered, caller gone, or cut. */
  readonly isOver: boolean;
  readonly onAbort: (listener: (reason: AbortReason) => void) => void;
  readonly refuse: (fault: OpenAiFault) => void;
};

export type UpstreamCall = {
  readonly host: string;
  readonly port: number;
  readonly method: "POST" | "GET";
  /** Path and query. */
  readonly path: string;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  readonly body: Buffer;
  /** Limit for the answer's headers to arrive. */
  readonly firstByteMs: number;
};

/** Where an answer goes. `write` returns false to hold the upstream until `onWritable` calls back. */
export type UpstreamSink = {
  readonly start: (status: number, headers: IncomingHttpHeaders) => void;
  readonly write: (chunk: Buffer) => boolean;
  readonly onWritable: (resume: () => void) => void;
};

export type RunningCall = {
  /** Resolves to undefined when the answer is complete; never rejects. */
  readonly end: Promise<UpstreamFault | undefined>;
  /** Gives the connection up; `end` then resolves to `aborted`. */
  readonly abort: () => void;
};

export type ProviderCall = {
  /** Name in the gateway's configuration. */
  readonly provider: string;
  /** The provider's own name for the model. */
  readonly model: string;
  /** Behind `/v1`, e.g. `/chat/completions`. */
  readonly operation: string;
  /** The caller's, of which few go on. */
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly requestId: string;
  /** Limit for the answer's headers to arrive. */
  readonly firstByteMs: number;
};

/** What a provider said of itself, for logs. */
export type ProviderHead = {
  readonly status: number;
  /** The provider's own id of the request. */
  readonly requestId: string | undefined;
};

/** `start` comes with answers only; what the provider refused ends in `fail`, before the call ends. */
export type ProviderSink = UpstreamSink & {
  readonly answered: (head: ProviderHead) => void;
  readonly fail: (fault: OpenAiFault) => void;
};

/** Models outside of the cluster, asked with the platform's own keys. */
export type Providers = {
  readonly send: (call: ProviderCall, sink: ProviderSink) => RunningCall;
  readonly close: () => Promise<void>;
};

export type Upstreams = {
  readonly send: (call: UpstreamCall, sink: UpstreamSink) => RunningCall;
  /** Whether a connection comes about within the time; nothing is sent over it. Never rejects. */
  readonly canConnect: (to: { readonly host: string; readonly port: number }, ms: number) => Promise<boolean>;
  readonly close: () => Promise<void>;
};
