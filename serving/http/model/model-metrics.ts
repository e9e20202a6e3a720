// Metrics of a model server: OpenTelemetry's gen_ai names in Prometheus form, and the state of the engine.
import { Counter, Histogram, type Registry } from "prom-client";
import type { EngineStatus } from "../../contract/generation.ts";
import type { Metrics } from "../probes.ts";
import { createEngineMetrics, type EngineMetrics, type EngineMetricsInput } from "./engine-metrics.ts";

export type Outcome = "ok" | "refused" | "aborted" | "failed";

export type Observation = {
  readonly operation: "chat" | "text_completion";
  readonly outcome: Outcome;
  readonly errorCode: string | undefined;
  readonly durationMs: number;
  readonly firstTokenMs: number | undefined;
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly completionTokens: number;
};

export type ModelMetrics = Metrics & { readonly observe: (observation: Observation) => void };

const DURATION_BUCKETS = [
  0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
];
const FIRST_TOKEN_BUCKETS = [
  0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];
const PER_TOKEN_BUCKETS = [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5];
const TOKEN_BUCKETS = Array.from({ length: 14 }, (_, power) => 4 ** power);

const OPERATION = "gen_ai_operation_name";
const PROVIDER = "gen_ai_provider_name";
const MODEL = "gen_ai_request_model";

export type MetricsInput = EngineMetricsInput<EngineStatus> & { readonly endpoint: string };

export function createModelMetrics(input: MetricsInput): ModelMetrics {
  const { registry, gauge } = createEngineMetrics(
    input,
    "Passes of the engine; output tokens divided by it are the mean size of a batch.",
  );
  registerEngineGauges(gauge);
  const observe = registerRequestMetrics(registry, input.endpoint);
  return { contentType: registry.contentType, print: () => registry.metrics(), observe };
}

function registerRequestMetrics(registry: Registry, endpoint: string): ModelMetrics["observe"] {
  const labelNames = [OPERATION, PROVIDER, MODEL];
  const histogram = (name: string, help: string, buckets: readonly number[], more: readonly string[] = []) =>
    new Histogram({
      name,
      help,
      buckets: [...buckets],
      labelNames: [...labelNames, ...more],
      registers: [registry],
    });
  const duration = histogram(
    "gen_ai_server_request_duration_seconds",
    "Duration of requests.",
    DURATION_BUCKETS,
    ["error_type"],
  );
  const first = histogram(
    "gen_ai_server_time_to_first_token_seconds",
    "Time to the first token.",
    FIRST_TOKEN_BUCKETS,
  );
  const each = histogram(
    "gen_ai_server_time_per_output_token_seconds",
    "Time per token after the first.",
    PER_TOKEN_BUCKETS,
  );
  const usage = histogram("gen_ai_client_token_usage", "Tokens of requests.", TOKEN_BUCKETS, [
    "gen_ai_token_type",
  ]);
  const requests = new Counter({
    name: "rampa_model_requests_total",
    help: "Requests by outcome.",
    labelNames: ["operation", "outcome"],
    registers: [registry],
  });
  const tokens = new Counter({
    name: "rampa_model_tokens_total",
    help: "Tokens by type; cached input tokens were not evaluated again.",
    labelNames: ["type"],
    registers: [registry],
  });
  return (seen) => {
    const labels = { [OPERATION]: seen.operation, [PROVIDER]: "rampa", [MODEL]: endpoint };
    requests.inc({ operation: seen.operation, outcome: seen.outcome });
    duration.observe({ ...labels, error_type: seen.errorCode ?? "" }, seen.durationMs / 1000);
    tokens.inc({ type: "input" }, seen.promptTokens);
    tokens.inc({ type: "input_cached" }, seen.cachedTokens);
    tokens.inc({ type: "output" }, seen.completionTokens);
    if (seen.firstTokenMs === undefined) return;
    first.observe(labels, seen.firstTokenMs / 1000);
    usage.observe({ ...labels, gen_ai_token_type: "input" }, seen.promptTokens);
    usage.observe({ ...labels, gen_ai_token_type: "output" }, seen.completionTokens);
    const later = seen.completionTokens - 1;
    if (later > 0) each.observe(labels, (seen.durationMs - seen.firstTokenMs) / later / 1000);
  };
}

function registerEngineGauges(gauge: EngineMetrics<EngineStatus>["gauge"]): void {
  gauge("rampa_model_sequences", "Answers that can be generated at the same time.", (now) => now.sequences);
  gauge("rampa_model_sequences_busy", "Answers being generated.", (now) => now.sequencesBusy);
  gauge("rampa_model_queue_depth", "Requests waiting for a sequence.", (now) => now.waiting);
  gauge("rampa_model_kv_cache_tokens", "Tokens held in the KV cache.", (now) => now.kvTokensUsed);
  gauge(
    "rampa_model_kv_cache_usage_ratio",
    "Share of the KV cache that is filled.",
    (now) => now.kvTokensUsed / now.kvTokens,
  );
  gauge("rampa_model_kv_cache_bytes", "Memory reserved for the KV cache.", (now) => now.kvBytes);
  gauge("rampa_model_weights_bytes", "Size of the weights.", (now) => now.modelBytes);
  gauge("rampa_model_threads", "Threads that evaluate tokens.", (now) => now.threads);
  gauge("rampa_model_stalled_seconds", "Time since pending work last moved.", (now) => now.stalledMs / 1000);
}
