// The gateway's Prometheus metrics; names and buckets follow OpenTelemetry's gen_ai conventions where they have one.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { GATEWAY_REQUESTS, GATEWAY_WAITING_REQUESTS } from "../../contract/metric-names.ts";
import { totalWeight } from "../../core/route/endpoint.ts";
import type { Held, Hold } from "../../pipeline/hold.ts";
import type { RouteTable } from "../../ports.ts";
import type { Metrics } from "../probes.ts";

export type RequestFigures = {
  readonly operation: string;
  readonly endpoint: string;
  readonly version: string;
  /** Undefined for the platform's own model servers. */
  readonly provider?: string | undefined;
  readonly outcome: string;
  readonly seconds: number;
  readonly firstTokenSeconds: number | undefined;
  /** Average; of a stream without its first token. */
  readonly secondsPerToken: number | undefined;
  readonly inputTokens: number | undefined;
  readonly outputTokens: number | undefined;
  readonly held?: Held | undefined;
};

export type GatewayMetrics = Metrics & {
  /** A request for an endpoint, before it is known whether it can be served. */
  readonly countDemand: (endpoint: string) => void;
  readonly observe: (figures: RequestFigures) => void;
};

const DURATION_BUCKETS = [
  0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
];
const FIRST_TOKEN_BUCKETS = [
  0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];
const PER_TOKEN_BUCKETS = [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5];
const HELD_BUCKETS = [0.1, 0.5, 1, 2.5, 5, 10, 15, 20, 30, 45, 60, 120, 300];
const TOKEN_BUCKETS = Array.from({ length: 14 }, (_, power) => 4 ** power);
const OWN_PROVIDER = "rampa";
const GEN_AI = ["gen_ai_operation_name", "gen_ai_provider_name", "gen_ai_request_model", "version"] as const;

/** No label holds a user, a key or a request: their number has no bound. */
export function createGatewayMetrics(table: RouteTable, hold: Pick<Hold, "waiting">): GatewayMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  registerWeights(registry, table);
  registerWaiting(registry, table, hold);
  const requests = new Counter({
    name: GATEWAY_REQUESTS,
    help: "Requests by outcome: ok, the code of a fault, caller_gone, or the status of the model server.",
    labelNames: ["endpoint", "version", "outcome"],
    registers: [registry],
  });
  const demand = new Counter({
    name: "gateway_demand_total",
    help: "Requests for an endpoint, the refused ones included.",
    labelNames: ["endpoint"],
    registers: [registry],
  });
  const histograms = createHistograms(registry);
  return {
    contentType: registry.contentType,
    print: () => registry.metrics(),
    countDemand: (endpoint) => demand.inc({ endpoint }),
    observe: (figures) => {
      const { endpoint, version, outcome, held } = figures;
      requests.inc({ endpoint, version, outcome });
      if (held) histograms.held.observe({ endpoint, version, end: held.end }, held.ms / 1000);
      observeGenAi(histograms, figures);
    },
  };
}

function createHistograms(registry: Registry) {
  const registers = [registry];
  return {
    duration: new Histogram({
      name: "gen_ai_server_request_duration_seconds",
      help: "Time from arrival to the last byte.",
      labelNames: [...GEN_AI, "error_type"],
      buckets: DURATION_BUCKETS,
      registers,
    }),
    firstToken: new Histogram({
      name: "gen_ai_server_time_to_first_token_seconds",
      help: "Time from arrival to the first content of a stream.",
      labelNames: GEN_AI,
      buckets: FIRST_TOKEN_BUCKETS,
      registers,
    }),
    perToken: new Histogram({
      name: "gen_ai_server_time_per_output_token_seconds",
      help: "Average time a token: of a stream after the first one, of a plain answer over the whole request.",
      labelNames: GEN_AI,
      buckets: PER_TOKEN_BUCKETS,
      registers,
    }),
    held: new Histogram({
      name: "rampa_gateway_held_seconds",
      help: "Time that requests waited for a pod of a version that may sleep, by how it ended: ready, full, late or aborted.",
      labelNames: ["endpoint", "version", "end"],
      buckets: HELD_BUCKETS,
      registers,
    }),
    tokens: new Histogram({
      name: "gen_ai_client_token_usage",
      help: "Tokens of a request as the model server counted them; of a stream that broke off, its events with content.",
      labelNames: [...GEN_AI, "gen_ai_token_type"],
      buckets: TOKEN_BUCKETS,
      registers,
    }),
  };
}

function observeGenAi(histograms: ReturnType<typeof createHistograms>, figures: RequestFigures): void {
  const labels = {
    gen_ai_operation_name: figures.operation,
    gen_ai_provider_name: figures.provider ?? OWN_PROVIDER,
    gen_ai_request_model: figures.endpoint,
    version: figures.version,
  };
  const { duration, firstToken, perToken, tokens } = histograms;
  duration.observe(
    { ...labels, error_type: figures.outcome === "ok" ? "" : figures.outcome },
    figures.seconds,
  );
  if (figures.firstTokenSeconds !== undefined) firstToken.observe(labels, figures.firstTokenSeconds);
  if (figures.secondsPerToken !== undefined) perToken.observe(labels, figures.secondsPerToken);
  if (figures.inputTokens !== undefined)
    tokens.observe({ ...labels, gen_ai_token_type: "input" }, figures.inputTokens);
  if (figures.outputTokens !== undefined)
    tokens.observe({ ...labels, gen_ai_token_type: "output" }, figures.outputTokens);
}

/** Read from the table when scraped, so that it shows the weights that the next request will meet. */
function registerWeights(registry: Registry, table: RouteTable): void {
  new Gauge({
    name: "canary_weight_ratio",
    help: "Share of an endpoint's requests that a version takes, from 0 to 1.",
    labelNames: ["endpoint", "version"],
    registers: [registry],
    collect() {
      this.reset();
      for (const { name, variants } of table.list()) {
        const total = totalWeight(variants);
        for (const { version, weight } of variants) {
          this.set({ endpoint: name, version }, total === 0 ? 0 : weight / total);
        }
      }
    },
  });
}

/** A version that may sleep has its 0 too: the autoscaler that asks gets a number, not nothing. */
function registerWaiting(registry: Registry, table: RouteTable, hold: Pick<Hold, "waiting">): void {
  new Gauge({
    name: GATEWAY_WAITING_REQUESTS,
    help: "Requests held until a pod of the version is ready; sum them over the gateway's pods.",
    labelNames: ["endpoint", "version"],
    registers: [registry],
    collect() {
      this.reset();
      for (const { name: endpoint, variants } of table.list()) {
        for (const variant of variants.filter(({ maySleep }) => maySleep)) {
          this.inc({ endpoint, version: variant.version }, hold.waiting({ endpoint, variant }));
        }
      }
    },
  });
}
