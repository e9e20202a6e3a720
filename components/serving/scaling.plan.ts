// Settings of a version's scaling → limits of its autoscaler and the Prometheus queries that it asks.
import { GATEWAY_REQUESTS, GATEWAY_WAITING_REQUESTS } from "../../serving/contract/metric-names.ts";
import type { ScalingSettings } from "./scaling.args.ts";

export type Engine = "llama" | "onnx" | "vllm" | "tgi";

/** Gauges of each engine: requests being answered and requests waiting. */
const METRICS: Readonly<Record<Engine, { readonly running: string; readonly waiting: string }>> = {
  llama: { running: "rampa_model_sequences_busy", waiting: "rampa_model_queue_depth" },
  onnx: { running: "rampa_model_requests_running", waiting: "rampa_model_queue_depth" },
  vllm: { running: "vllm:num_requests_running", waiting: "vllm:num_requests_waiting" },
  tgi: { running: "tgi_batch_current_size", waiting: "tgi_queue_size" },
};

/** A sum over series that have all the labels; the scrape gives every pod of a model `endpoint` and `version`. */
export type TriggerPlan = {
  readonly name: string;
  readonly metrics: readonly string[];
  readonly labels: { readonly endpoint: string; readonly version: string };
  /** Of counters: 1 if they grew within this time, else 0; of gauges left out. */
  readonly grownWithinSeconds?: number;
  /** Whether no series at all means 0; else it means that nobody knows, and nothing is changed. */
  readonly absentIsZero: boolean;
};

/** At least two scrapes of the slowest kind, without which a counter shows no growth. */
const GROWTH_SECONDS = 120;

export type ScalingPlan =
  | { readonly kind: "none"; readonly mostPods: number }
  | {
      readonly kind: "keda";
      readonly mostPods: number;
      readonly settings: Extract<ScalingSettings, { kind: "keda" }>;
      readonly triggers: readonly TriggerPlan[];
    }
  | {
      readonly kind: "hpa";
      readonly mostPods: number;
      readonly settings: Extract<ScalingSettings, { kind: "hpa" }>;
    };

type Scaled = {
  readonly engine: Engine;
  readonly endpoint: string;
  readonly version: string;
  readonly replicas: number;
  readonly scaling: ScalingSettings;
};

/** Decides how the number of pods is found. */
export function planScaling(scaled: Scaled): ScalingPlan {
  const { scaling } = scaled;
  switch (scaling.kind) {
    case "none":
      return { kind: "none", mostPods: scaled.replicas };
    case "hpa":
      return { kind: "hpa", mostPods: scaling.max, settings: scaling };
    case "keda":
      return { kind: "keda", mostPods: scaling.max, settings: scaling, triggers: planTriggers(scaled) };
  }
}

function planTriggers({ engine, endpoint, version, scaling }: Scaled): TriggerPlan[] {
  const { running, waiting } = METRICS[engine];
  const onlyWaiting = scaling.kind === "keda" && scaling.metric === "waiting";
  const labels = { endpoint, version };
  const requests = {
    name: "requests",
    metrics: onlyWaiting ? [waiting] : [running, waiting],
    labels,
    absentIsZero: true,
  };
  if (scaling.kind !== "keda" || scaling.min > 0) return [requests];
  // Without a pod there is nobody to ask but the gateway, which always has a figure.
  const held = { name: "held", metrics: [GATEWAY_WAITING_REQUESTS], labels, absentIsZero: false };
  // Requests that begin and end between two scrapes leave no trace in a gauge.
  const used = {
    name: "used",
    metrics: [GATEWAY_REQUESTS],
    labels,
    grownWithinSeconds: Math.max(GROWTH_SECONDS, 2 * scaling.pollingSeconds),
    absentIsZero: true,
  };
  return [requests, held, used];
}

/** The query in PromQL; labels are names of Kubernetes objects and versions, which need no escaping. */
export function toQuery({ metrics, labels, grownWithinSeconds }: TriggerPlan, namespace: string): string {
  const name = metrics.length === 1 ? `__name__="${metrics[0]}"` : `__name__=~"${metrics.join("|")}"`;
  const matchers = Object.entries({ namespace, ...labels }).map(([label, value]) => `${label}="${value}"`);
  const series = `{${[name, ...matchers].join(",")}}`;
  return grownWithinSeconds === undefined
    ? `sum(${series})`
    : `sum(increase(${series}[${grownWithinSeconds}s])) > bool 0`;
}
