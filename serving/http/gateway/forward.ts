// POST /v1/chat/completions and its siblings: authenticate, read, route, relay, then count and log.
import { faults, type OpenAiFault } from "../../contract/openai/fault.ts";
import { checkBody } from "../../contract/openai/request-fields.ts";
import { HEADER_VERSION } from "../../contract/route-annotations.ts";
import type { GatewayRuntime } from "../../contract/runtime-config.ts";
import { type ClientKey, mayCall } from "../../core/auth/authorize-key.ts";
import { chooseUnit } from "../../core/route/choose-unit.ts";
import { decideRoute } from "../../core/route/decide-route.ts";
import type { Endpoint } from "../../core/route/endpoint.ts";
import { askUsage } from "../../pipeline/ask-usage.ts";
import type { Hold } from "../../pipeline/hold.ts";
import { type RelayResult, relay } from "../../pipeline/relay.ts";
import type { Log, Providers, RouteTable, Upstreams } from "../../ports.ts";
import type { Exchange } from "../exchange.ts";
import { readJson } from "../read-json.ts";
import type { Route } from "../server.ts";
import { type AuthenticationParts, authenticate } from "./authenticate.ts";
import type { GatewayMetrics } from "./gateway-metrics.ts";
import { recordRequest } from "./record-request.ts";
import { routedRequest } from "./routed-request.ts";

export type ForwardParts = AuthenticationParts & {
  readonly config: GatewayRuntime;
  readonly table: RouteTable;
  readonly upstreams: Upstreams;
  readonly providers: Providers;
  readonly hold: Hold;
  readonly metrics: GatewayMetrics;
  readonly log: Log;
};

/** Path after /v1/ → operation name of the gen_ai conventions. */
const OPERATIONS = {
  "chat/completions": "chat",
  completions: "text_completion",
  embeddings: "embeddings",
  responses: "chat",
  moderations: "moderation",
  rerank: "rerank",
  score: "score",
} as const;

/** Whose streams say their usage when asked by `stream_options`. */
const OPTIONAL_USAGE: ReadonlySet<string> = new Set(["/v1/chat/completions", "/v1/completions"]);

export function createForwardRoutes(parts: ForwardParts): readonly Route[] {
  return Object.entries(OPERATIONS).map(([path, operation]) => ({
    method: "POST" as const,
    path: `/v1/${path}`,
    handle: (exchange: Exchange) => forward(exchange, operation, parts),
  }));
}

type Admitted =
  | {
      readonly ok: true;
      readonly key: ClientKey;
      readonly endpoint: Endpoint;
      readonly body: Buffer;
      readonly user: string | undefined;
      readonly isStream: boolean;
      readonly hidesUsage: boolean;
    }
  | { readonly ok: false; readonly fault: OpenAiFault; readonly keyId?: string; readonly endpoint?: string };

async function forward(exchange: Exchange, operation: string, parts: ForwardParts): Promise<void> {
  const admitted = await admit(exchange, parts);
  if (!admitted.ok) {
    exchange.refuse(admitted.fault);
    const { keyId, endpoint } = admitted;
    const outcome = admitted.fault.code ?? "fault";
    recordRequest({ exchange, operation, keyId, endpoint, outcome }, parts);
    return;
  }
  const result = await relayAdmitted(exchange, admitted, parts);
  const { key, endpoint } = admitted;
  recordRequest({ exchange, operation, keyId: key.id, endpoint: endpoint.name, ...result }, parts);
}

/** The key is checked before a byte of the body is read. */
async function admit(exchange: Exchange, parts: ForwardParts): Promise<Admitted> {
  const caller = authenticate(exchange, parts);
  if (!caller.ok) return caller;
  const keyId = caller.key.id;
  const body = await readJson(exchange, parts.config.limits);
  if (!body.ok) return { ...body, keyId };
  const request = checkBody(routedRequest, body.value);
  if (!request.ok) return { ...request, keyId };
  const { model, user, stream, stream_options: options } = request.value;
  const endpoint = parts.table.find(model);
  if (!endpoint) return { ok: false, fault: faults.modelNotFound(shorten(model)), keyId };
  parts.metrics.countDemand(model);
  if (!mayCall(caller.key, model)) {
    return { ok: false, fault: faults.endpointNotAllowed(), keyId, endpoint: model };
  }
  const isStream = stream === true;
  const hidesUsage = isStream && OPTIONAL_USAGE.has(exchange.path) && options?.include_usage !== true;
  const bytes = hidesUsage ? askUsage(body.bytes, Object(body.value)) : body.bytes;
  return { ok: true, key: caller.key, endpoint, body: bytes, user, isStream, hidesUsage };
}

function relayAdmitted(
  exchange: Exchange,
  { key, endpoint, user, body, isStream, hidesUsage }: Extract<Admitted, { ok: true }>,
  parts: ForwardParts,
): Promise<RelayResult> {
  const { requestId } = exchange;
  const sessionId = exchange.header("x-session-id");
  const unit = chooseUnit(endpoint.stickyBy, { requestId, keyId: key.id, sessionId, user });
  const wantedVersion = exchange.header(HEADER_VERSION);
  return relay({
    exchange,
    endpoint: endpoint.name,
    operation: exchange.path.slice("/v1".length),
    isStream,
    hidesUsage,
    body,
    upstreams: parts.upstreams,
    providers: parts.providers,
    hold: parts.hold,
    timeouts: parts.config.timeouts,
    decide: (unreachable) => decideRoute({ endpoint, unit, wantedVersion, unreachable }),
    mayChangeVariant: unit === requestId,
  });
}

const shorten = (text: string): string => (text.length > 100 ? `${text.slice(0, 100)}…` : text);
