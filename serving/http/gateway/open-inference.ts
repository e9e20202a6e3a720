// The Open Inference Protocol at the gateway: the path names the endpoint, the body passes as it came.
import { OPEN_INFERENCE_ROOT, SERVER_METADATA } from "../../contract/open-inference.ts";
import { faults, type OpenAiFault } from "../../contract/openai/fault.ts";
import { HEADER_VERSION } from "../../contract/route-annotations.ts";
import { type ClientKey, mayCall } from "../../core/auth/authorize-key.ts";
import { chooseUnit } from "../../core/route/choose-unit.ts";
import { decideRoute } from "../../core/route/decide-route.ts";
import type { Endpoint } from "../../core/route/endpoint.ts";
import { type ModelPath, parseModelPath } from "../../core/tensor/model-path.ts";
import { type RelayResult, relay } from "../../pipeline/relay.ts";
import type { Exchange } from "../exchange.ts";
import { readBody } from "../read-json.ts";
import type { Route } from "../server.ts";
import { authenticate } from "./authenticate.ts";
import type { ForwardParts } from "./forward.ts";
import { recordRequest } from "./record-request.ts";

/** Operation names of log and metrics. */
const OPERATIONS = { infer: "infer", metadata: "model_metadata", ready: "model_ready" } as const;

const MODELS = `${OPEN_INFERENCE_ROOT}/models/*`;

export function createOpenInferenceRoutes(parts: ForwardParts): readonly Route[] {
  const handle = (exchange: Exchange): Promise<void> => pass(exchange, parts);
  return [
    { method: "GET", path: OPEN_INFERENCE_ROOT, handle: (exchange) => describe(exchange, parts) },
    { method: "GET", path: MODELS, handle },
    { method: "POST", path: MODELS, handle },
  ];
}

function describe(exchange: Exchange, parts: ForwardParts): void {
  const caller = authenticate(exchange, parts);
  if (caller.ok) exchange.json(200, SERVER_METADATA);
  else exchange.refuse(caller.fault);
}

type Admitted =
  | {
      readonly ok: true;
      readonly key: ClientKey;
      readonly endpoint: Endpoint;
      readonly path: ModelPath;
      readonly body: Buffer;
    }
  | { readonly ok: false; readonly fault: OpenAiFault; readonly keyId?: string; readonly endpoint?: string };

async function pass(exchange: Exchange, parts: ForwardParts): Promise<void> {
  const method = exchange.request.method ?? "GET";
  const path = parseModelPath(method, exchange.path);
  if (path === undefined) {
    exchange.refuse(faults.unknownUrl(method, exchange.path));
    return;
  }
  const operation = OPERATIONS[path.action];
  const admitted = await admit(exchange, path, parts);
  if (!admitted.ok) {
    exchange.refuse(admitted.fault);
    const { keyId, endpoint, fault } = admitted;
    recordRequest({ exchange, operation, keyId, endpoint, outcome: fault.code ?? "fault" }, parts);
    return;
  }
  const result = await relayAdmitted(exchange, admitted, parts);
  const { key, endpoint } = admitted;
  recordRequest({ exchange, operation, keyId: key.id, endpoint: endpoint.name, ...result }, parts);
}

/** The key and the path are checked before a byte of the body is read. */
async function admit(exchange: Exchange, path: ModelPath, parts: ForwardParts): Promise<Admitted> {
  const caller = authenticate(exchange, parts);
  if (!caller.ok) return caller;
  const { key } = caller;
  const endpoint = parts.table.find(path.model);
  if (!endpoint) return { ok: false, fault: faults.modelNotFound(path.model), keyId: key.id };
  if (path.action === "infer") parts.metrics.countDemand(endpoint.name);
  if (!mayCall(key, endpoint.name)) {
    return { ok: false, fault: faults.endpointNotAllowed(), keyId: key.id, endpoint: endpoint.name };
  }
  const body = await readBody(exchange, parts.config.limits);
  if (!body.ok) return { ...body, keyId: key.id, endpoint: endpoint.name };
  return { ok: true, key, endpoint, path, body: body.bytes };
}

/** A version in the path wins over the header's; providers do not speak the protocol. */
function relayAdmitted(
  exchange: Exchange,
  { key, endpoint, path, body }: Extract<Admitted, { ok: true }>,
  parts: ForwardParts,
): Promise<RelayResult> {
  const { requestId } = exchange;
  const sessionId = exchange.header("x-session-id");
  const unit = chooseUnit(endpoint.stickyBy, { requestId, keyId: key.id, sessionId, user: undefined });
  const wantedVersion = path.version ?? exchange.header(HEADER_VERSION);
  const own = { ...endpoint, variants: endpoint.variants.filter(({ external }) => external === undefined) };
  return relay({
    exchange,
    endpoint: endpoint.name,
    operation: exchange.path,
    isStream: false,
    hidesUsage: false,
    body,
    upstreams: parts.upstreams,
    providers: parts.providers,
    hold: parts.hold,
    timeouts: parts.config.timeouts,
    decide: (unreachable) => decideRoute({ endpoint: own, unit, wantedVersion, unreachable }),
    mayChangeVariant: unit === requestId,
  });
}
