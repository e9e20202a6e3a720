// Settings of a version's scaling → limits of its autoscaler and the Prometheus queries that it asks.
import { GATEWAY_WAITING_REQUESTS } from "../../serving/contract/metric-names.ts";
import type { ScalingSettings } from "./scaling.args.ts";

export type Engine = "llama" | "vllm" | "tgi";

/** Gauges of each engine: requests being answered and requests waiting. */
const METRICS: Readonly<Record<Engine, { readonly running: string; readonly waiting: string }>> = {
  llama: { running: "rampa_model_sequences_busy", waiting: "rampa_model_queue_depth" },
  vllm: { running: "vllm:num_requests_running", waiting: "vllm:num_requests_waiting" },
  tgi: { running: "tgi_batch_current_size", waiting: "tgi_queue_size" },
};

/** A sum over series that have all the labels; the scrape gives every pod of a model `endpoint` and `version`. */
export type TriggerPlan = {
  readonly name: string;
  readonly metrics: readonly string[];
  readonly labels: { readonly endpoint: string; readonly version: string };
};

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
  };
  // Without a pod there is nobody to ask but the gateway.
  const held = { name: "held", metrics: [GATEWAY_WAITING_REQUESTS], labels };
  return scaling.kind === "keda" && scaling.min === 0 ? [requests, held] : [requests];
}

/** The query in PromQL; labels are names of Kubernetes objects and versions, which need no escaping. */
export function toQuery({ metrics, labels }: TriggerPlan, namespace: string): string {
  const name = metrics.length === 1 ? `__name__="${metrics[0]}"` : `__name__=~"${metrics.join("|")}"`;
  const matchers = Object.entries({ namespace, ...labels }).map(([label, value]) => `${label}="${value}"`);
  return `sum({${[name, ...matchers].join(",")}})`;
}
