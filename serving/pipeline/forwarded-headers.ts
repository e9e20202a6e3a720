// Which headers travel on: to the model server without the caller's credentials, back without the hop's own.
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from "node:http";

/** RFC 9110 §7.6.1; a proxy must not pass them on. */
const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Ours to set, or a credential, or (accept-encoding) something that would hide the usage from us. */
const NOT_TO_UPSTREAM = new Set([
  ...HOP_BY_HOP,
  "host",
  "content-length",
  "expect",
  "authorization",
  "api-key",
  "x-api-key",
  "cookie",
  "accept-encoding",
  "x-request-id",
  "x-client-request-id",
]);

/** Names and values in turn, as undici takes them. */
export function toUpstreamHeaders(request: IncomingMessage, own: Readonly<Record<string, string>>): string[] {
  const named = namedByConnection(request.headers.connection);
  const headers: string[] = [];
  const raw = request.rawHeaders;
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at]?.toLowerCase() ?? "";
    if (NOT_TO_UPSTREAM.has(name) || name.startsWith("x-rampa-") || named.has(name)) continue;
    headers.push(name, raw[at + 1] ?? "");
  }
  for (const [name, value] of Object.entries(own)) headers.push(name, value);
  return headers;
}

export function toCallerHeaders(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const named = namedByConnection(headers.connection);
  const kept: OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || HOP_BY_HOP.has(name) || named.has(name)) continue;
    if (name === "x-request-id" || name.startsWith("x-rampa-")) continue;
    kept[name] = value;
  }
  return kept;
}

const NONE: ReadonlySet<string> = new Set();

function namedByConnection(connection: string | undefined): ReadonlySet<string> {
  if (!connection || connection === "keep-alive" || connection === "close") return NONE;
  return new Set(connection.split(",").map((name) => name.trim().toLowerCase()));
}
