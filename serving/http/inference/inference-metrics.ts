// Metrics of an inference server: OpenTelemetry's gen_ai names where they have one, and the state of the engine.
import { Counter, Histogram, type Registry } from "prom-client";
import type { InferenceStatus } from "../../contract/inference.ts";
import { createEngineMetrics, type EngineMetrics, type EngineMetricsInput } from "../model/engine-metrics.ts";
import type { Metrics } from "../probes.ts";

export type InferenceOperation = "embeddings" | "infer";
export type InferenceOutcome = "ok" | "refused" | "aborted" | "failed";

export type InferenceObservation = {
  readonly operation: InferenceOperation;
  readonly outcome: InferenceOutcome;
  readonly errorCode: string | undefined;
  readonly durationMs: number;
  /** Of embeddings. */
  readonly tokens: number | undefined;
};

export type InferenceMetrics = Metrics & { readonly observe: (seen: InferenceObservation) => void };

export type InferenceMetricsInput = EngineMetricsInput<InferenceStatus> & { readonly endpoint: string };

const DURATION_BUCKETS = [
  0.001, 0.0025, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96,
];
const TOKEN_BUCKETS = Array.from({ length: 11 }, (_, power) => 4 ** power);
const GEN_AI = ["gen_ai_operation_name", "gen_ai_provider_name", "gen_ai_request_model"];

export function createInferenceMetrics(input: InferenceMetricsInput): InferenceMetrics {
  const { registry, gauge } = createEngineMetrics(
    input,
    "Passes through the graph; each computes one tensor request or texts of several requests.",
  );
  registerEngine(gauge);
  const observe = registerRequests(registry, input.endpoint);
  return { contentType: registry.contentType, print: () => registry.metrics(), observe };
}

function registerRequests(registry: Registry, endpoint: string): InferenceMetrics["observe"] {
  const registers = [registry];
  const duration = new Histogram({
    name: "gen_ai_server_request_duration_seconds",
    help: "Duration of requests.",
    buckets: DURATION_BUCKETS,
    labelNames: [...GEN_AI, "error_type"],
    registers,
  });
  const usage = new Histogram({
    name: "gen_ai_client_token_usage",
    help: "Tokens of requests.",
    buckets: TOKEN_BUCKETS,
    labelNames: [...GEN_AI, "gen_ai_token_type"],
    registers,
  });
  const requests = new Counter({
    name: "rampa_model_requests_total",
    help: "Requests by outcome.",
    labelNames: ["operation", "outcome"],
    registers,
  });
  const tokens = new Counter({
    name: "rampa_model_tokens_total",
    help: "Tokens by type.",
    labelNames: ["type"],
    registers,
  });
  return ({ operation, outcome, errorCode, durationMs, tokens: counted }) => {
    const labels = {
      gen_ai_operation_name: operation,
      gen_ai_provider_name: "rampa",
      gen_ai_request_model: endpoint,
    };
    requests.inc({ operation, outcome });
    duration.observe({ ...labels, error_type: errorCode ?? "" }, durationMs / 1000);
    if (counted === undefined) return;
    tokens.inc({ type: "input" }, counted);
    usage.observe({ ...labels, gen_ai_token_type: "input" }, counted);
  };
}

function registerEngine(gauge: EngineMetrics<InferenceStatus>["gauge"]): void {
  gauge("rampa_model_requests_running", "Requests that a pass is computed for.", (now) => now.running);
  gauge("rampa_model_queue_depth", "Requests waiting for a pass.", (now) => now.waiting);
  gauge("rampa_model_weights_bytes", "Size of the model's files.", (now) => now.modelBytes);
  gauge("rampa_model_threads", "Threads that compute a pass.", (now) => now.threads);
  gauge("rampa_model_stalled_seconds", "Time since the running pass began.", (now) => now.stalledMs / 1000);
}
