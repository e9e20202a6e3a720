// Annotations on an HTTPRoute through which the canary component tells the gateway what the Gateway API cannot say.

export const ROUTE_LABEL_ENDPOINT = "rampa.dev/endpoint";

/** JSON object: name of the backend Service → version it serves, e.g. `{"chat-1-0-0":"1.0.0"}`. */
export const ROUTE_ANNOTATION_VERSIONS = "rampa.dev/versions";

/** `request`, `session` or `user`: what keeps a caller on one side. */
export const ROUTE_ANNOTATION_STICKY_BY = "rampa.dev/sticky-by";

/** JSON list of the versions that may be without a pod, e.g. `["1.0.0"]`: requests for them are held until one is up. */
export const ROUTE_ANNOTATION_SLEEPING = "rampa.dev/sleeping";

/**
 * JSON object: version that a provider serves → what to ask there, e.g.
 * `{"2.0.0":{"provider":"openai","model":"gpt-4.1-mini"}}`. Where the provider is and which key it takes stands in the
 * gateway's configuration, so that who may write routes can send no key anywhere.
 */
export const ROUTE_ANNOTATION_PROVIDERS = "rampa.dev/providers";

/** Name of the request header by which any Gateway API data plane can match the endpoint. */
export const ROUTE_HEADER_ENDPOINT = "x-rampa-endpoint";

/** Request header that names a version: a tester's, and how other data planes ask for a provider's version. */
export const HEADER_VERSION = "x-rampa-version";
