// The OpenAI error envelope: faults as values, the table of the ones Rampa answers, and their only encoder.

export type OpenAiFaultType =
  | "invalid_request_error"
  | "authentication_error"
  | "permission_error"
  | "rate_limit_error"
  | "server_error";

/** An expected failure of a request. `message` never carries a prompt, an answer or a key. */
export type OpenAiFault = {
  /** HTTP status; within a started stream it is left unsaid. */
  readonly status: number;
  readonly type: OpenAiFaultType;
  readonly code: string | null;
  /** The request field at fault, e.g. `messages[0].role`. */
  readonly param: string | null;
  readonly message: string;
  /** Sent as `retry-after`. */
  readonly retryAfterSeconds?: number;
  /** Sent as `x-should-retry`, which overrides what SDKs do by status. */
  readonly shouldRetry?: boolean;
};

export type EncodedFault = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** Which envelope a path's clients read. */
export type FaultDialect = "openai" | "open-inference";

export function encodeFault(fault: OpenAiFault, dialect: FaultDialect = "openai"): EncodedFault {
  const headers: Record<string, string> = { "content-type": "application/json" };
  if (fault.retryAfterSeconds !== undefined) headers["retry-after"] = String(fault.retryAfterSeconds);
  if (fault.shouldRetry !== undefined) headers["x-should-retry"] = String(fault.shouldRetry);
  if (fault.status === 401) headers["www-authenticate"] = "Bearer";
  return { status: fault.status, headers, body: JSON.stringify(ENVELOPES[dialect](fault)) };
}

/** A failure after a stream began: one event, after which the connection closes without `[DONE]`. SDKs raise on it. */
export function encodeFaultEvent(fault: OpenAiFault): string {
  return `data: ${JSON.stringify(envelope(fault))}\n\n`;
}

function envelope({ message, type, param, code }: OpenAiFault): object {
  return { error: { message, type, param, code } };
}

/** The Open Inference Protocol has the message as its `error`; what else stands beside it is ours. */
const ENVELOPES: Readonly<Record<FaultDialect, (fault: OpenAiFault) => object>> = {
  openai: envelope,
  "open-inference": ({ message, param, code }) => ({ error: message, code, param }),
};

const request = (
  status: number,
  code: string,
  message: string,
  param: string | null = null,
): OpenAiFault => ({
  status,
  type: "invalid_request_error",
  code,
  param,
  message,
});

const server = (status: number, code: string, message: string): OpenAiFault => ({
  status,
  type: "server_error",
  code,
  param: null,
  message,
});

/** A failure that asking again does not heal: somebody has to change settings. */
const final = (status: number, code: string, message: string): OpenAiFault => ({
  ...server(status, code, message),
  shouldRetry: false,
});

/** Every fault that Rampa itself answers, by name. */
export const faults = {
  invalidField: (param: string | null, code: string, message: string) => request(400, code, message, param),
  notJson: () => request(400, "invalid_json", "The request body is not valid JSON."),
  notAnObject: () => request(400, "invalid_type", "The request body must be a JSON object."),
  tooDeep: (depth: number) =>
    request(400, "json_too_deep", `The request body is nested deeper than ${depth} levels.`),
  badHttp: () => request(400, "bad_http_request", "The request is not valid HTTP/1.1."),
  contextLength: (message: string, param = "messages") =>
    request(400, "context_length_exceeded", message, param),
  bodyTooLarge: (bytes: number) =>
    request(413, "request_too_large", `The request body is larger than ${bytes} bytes.`),
  headersTooLarge: () => request(431, "headers_too_large", "The request headers are too large."),
  requestTimeout: () =>
    request(408, "request_timeout", "The request was not received completely within the time limit."),
  unknownUrl: (method: string, path: string) =>
    request(404, "unknown_url", `Unknown request URL: ${method} ${path}.`),
  methodNotAllowed: (method: string, path: string) =>
    request(405, "method_not_allowed", `${method} is not allowed on ${path}.`),
  modelNotFound: (model: string) =>
    request(
      404,
      "model_not_found",
      `The model '${model}' does not exist or you do not have access to it.`,
      "model",
    ),
  versionNotFound: (version: string) =>
    request(
      400,
      "version_not_found",
      `The version '${version}' is not part of this endpoint.`,
      "x-rampa-version",
    ),
  missingApiKey: (): OpenAiFault => ({
    status: 401,
    type: "authentication_error",
    code: "invalid_api_key",
    param: null,
    message: "No API key was given. Send it as 'Authorization: Bearer KEY' or as 'api-key: KEY'.",
  }),
  invalidApiKey: (): OpenAiFault => ({
    status: 401,
    type: "authentication_error",
    code: "invalid_api_key",
    param: null,
    message: "The API key is not valid.",
  }),
  expiredApiKey: (): OpenAiFault => ({
    status: 401,
    type: "authentication_error",
    code: "expired_api_key",
    param: null,
    message: "The API key has expired.",
  }),
  endpointNotAllowed: (): OpenAiFault => ({
    status: 403,
    type: "permission_error",
    code: "endpoint_not_allowed",
    param: "model",
    message: "The API key may not call this endpoint.",
  }),
  tooManyBadKeys: (retryAfterSeconds: number): OpenAiFault => ({
    status: 429,
    type: "rate_limit_error",
    code: "too_many_invalid_keys",
    param: null,
    message: "Too many requests with an invalid API key came from this address.",
    retryAfterSeconds,
    shouldRetry: false,
  }),
  queueFull: (retryAfterSeconds: number): OpenAiFault => ({
    ...server(503, "overloaded", "All sequences are busy and the queue is full."),
    retryAfterSeconds,
  }),
  engineQueueFull: (retryAfterSeconds: number): OpenAiFault => ({
    ...server(503, "overloaded", "The engine is busy and its queue is full."),
    retryAfterSeconds,
  }),
  deadlineExceeded: (limitMs: number): OpenAiFault => ({
    ...server(503, "deadline_exceeded", `The engine did not get to the request within ${limitMs} ms.`),
    retryAfterSeconds: 2,
  }),
  modelVersionNotFound: (version: string) =>
    request(404, "version_not_found", `The version '${version}' of the model is not served here.`),
  notEmbedding: () =>
    request(
      400,
      "unsupported_operation",
      "This model computes no embeddings; call it by POST /v2/models/NAME/infer.",
    ),
  inputRefused: (message: string) => request(400, "input_refused", message),
  holdFull: (): OpenAiFault => ({
    ...server(503, "overloaded", "Too many requests wait for a model server to start."),
    retryAfterSeconds: 5,
  }),
  holdOver: (limitMs: number): OpenAiFault => ({
    ...server(503, "not_ready", `No model server of the version took the request within ${limitMs} ms.`),
    retryAfterSeconds: 5,
  }),
  notReady: (message = "The server is not ready yet."): OpenAiFault => ({
    ...server(503, "not_ready", message),
    retryAfterSeconds: 1,
  }),
  draining: (): OpenAiFault => ({
    ...server(503, "shutting_down", "The server is shutting down; the answer was cut."),
    retryAfterSeconds: 1,
  }),
  noBackend: (endpoint: string): OpenAiFault => ({
    ...server(503, "no_backend", `The endpoint '${endpoint}' has no backend that takes traffic.`),
    retryAfterSeconds: 1,
  }),
  upstreamUnreachable: (): OpenAiFault => ({
    ...server(502, "upstream_unreachable", "The model server could not be reached."),
    retryAfterSeconds: 1,
  }),
  upstreamBroken: () =>
    server(502, "upstream_broken", "The model server broke off or sent an invalid answer."),
  upstreamTimeout: (what: "connect" | "first byte" | "idle" | "total", limitMs: number) =>
    server(504, "upstream_timeout", `The model server exceeded the ${what} time limit of ${limitMs} ms.`),
  providerRequest: (status: number, code: string, param: string | null, message: string): OpenAiFault => ({
    ...request(status, code, message, param),
    shouldRetry: status === 409,
  }),
  providerRateLimited: (retryAfterSeconds: number): OpenAiFault => ({
    status: 429,
    type: "rate_limit_error",
    code: "provider_rate_limited",
    param: null,
    message: "The provider takes no more requests for the moment.",
    retryAfterSeconds,
  }),
  providerOverloaded: (retryAfterSeconds: number): OpenAiFault => ({
    ...server(503, "provider_overloaded", "The provider is overloaded."),
    retryAfterSeconds,
  }),
  providerBusy: (limit: number): OpenAiFault => ({
    ...server(503, "overloaded", `The limit of ${limit} requests under way at the provider is reached.`),
    retryAfterSeconds: 1,
  }),
  providerQuotaExceeded: () =>
    final(503, "provider_quota_exceeded", "The platform's quota at the provider is used up."),
  providerKeyMissing: () => final(503, "provider_key_missing", "The platform has no key for the provider."),
  providerKeyRefused: () => final(502, "provider_key_refused", "The provider refused the platform's key."),
  providerForbidden: () =>
    final(502, "provider_forbidden", "The provider does not let the platform's key do this."),
  providerNotFound: () =>
    final(502, "provider_not_found", "The provider does not know what this version names."),
  providerRedirected: () =>
    final(502, "provider_redirected", "The provider answered with a redirect, which is not followed."),
  providerUntrusted: () =>
    final(502, "provider_untrusted", "The certificate of the provider is not trusted."),
  providerAddressForbidden: () =>
    final(
      502,
      "provider_address_forbidden",
      "The provider's name resolves to no address that may be called.",
    ),
  providerUnknown: () => final(503, "provider_unknown", "The provider of this version is not configured."),
  providerFailed: () => server(502, "provider_failed", "The provider failed to answer."),
  providerTimeout: () => server(504, "provider_timeout", "The provider took too long to answer."),
  internal: () => server(500, "internal_error", "The server failed to process the request."),
} as const;
