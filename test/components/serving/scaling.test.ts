// Scaling of a version: who decides the number of pods, on which figures, and where it may be none.
import { Provider as KubernetesProvider } from "@pulumi/kubernetes/provider.js";
import { describe, expect, it } from "vitest";
import { findScalingProblems, scaling } from "../../../components/serving/scaling.args.ts";
import { planScaling, toQuery } from "../../../components/serving/scaling.plan.ts";
import { modelVersionSettings } from "../../../components/serving/serving.args.ts";
import { ModelVersion } from "../../../components/serving/serving.ts";
import { GATEWAY_REQUESTS, GATEWAY_WAITING_REQUESTS } from "../../../serving/contract/metric-names.ts";
import { ownedLabels, ownership } from "../../kit/component-owner.ts";
import { recordResources } from "../../kit/record-resources.ts";
import { llama, problemsOf, refs, tgi, vllm } from "./engine-versions.ts";

const keda = { kind: "keda", max: 8 };

async function record(version: object) {
  const settings = modelVersionSettings.parse(version);
  const resources = await recordResources(
    () => {
      new ModelVersion("v", { ...settings, refs }, { providers: [new KubernetesProvider("k8s")] });
    },
    { stack: "dev", project: "rampa" },
  );
  return (suffix: string) => resources.find((it) => it.name === `v-${suffix}`);
}

describe("queries", () => {
  const queriesOf = (engine: "llama" | "vllm" | "tgi", change: object = {}): readonly string[] => {
    const settings = scaling.parse({ ...keda, ...change });
    const plan = planScaling({ engine, endpoint: "chat", version: "2.0.0", replicas: 2, scaling: settings });
    return plan.kind === "keda" ? plan.triggers.map((trigger) => toQuery(trigger, "rampa")) : [];
  };
  const of = 'namespace="rampa",endpoint="chat",version="2.0.0"';

  it.each([
    ["vllm", "vllm:num_requests_running|vllm:num_requests_waiting"],
    ["tgi", "tgi_batch_current_size|tgi_queue_size"],
    ["llama", "rampa_model_sequences_busy|rampa_model_queue_depth"],
  ] as const)("add up what runs and waits in the pods of %s", (engine, names) => {
    expect(queriesOf(engine)).toEqual([`sum({__name__=~"${names}",${of}})`]);
  });

  it("ask for what waits alone, and the gateway where there may be no pod to ask", () => {
    expect(queriesOf("vllm", { metric: "waiting", min: 0 })).toEqual([
      `sum({__name__="vllm:num_requests_waiting",${of}})`,
      `sum({__name__="rampa_gateway_waiting_requests",${of}})`,
      `sum(increase({__name__="gateway_requests_total",${of}}[120s])) > bool 0`,
    ]);
    expect(GATEWAY_WAITING_REQUESTS).toBe("rampa_gateway_waiting_requests");
    expect(GATEWAY_REQUESTS).toBe("gateway_requests_total");
  });

  it("look back over two readings for requests that are over", () => {
    expect(queriesOf("tgi", { min: 0, pollingSeconds: 90 })[2]).toContain("[180s]");
  });
});

describe("a version scaled by KEDA", () => {
  it("leaves the number of pods to it: up at once, down a pod a minute, frozen without Prometheus", async () => {
    const child = await record({ ...vllm, scaling: { ...keda, target: 24 } });
    expect(child("deployment")?.props.spec).not.toHaveProperty("replicas");
    expect(child("scaled-object")).toMatchObject({ type: "kubernetes:keda.sh/v1alpha1:ScaledObject" });
    expect(child("scaled-object")?.props).toMatchObject({
      metadata: {
        name: "chat-2-0-0",
        namespace: "rampa",
        labels: { ...ownedLabels("model", "chat-2-0-0"), "rampa.dev/pool": "l4" },
      },
      spec: {
        scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "chat-2-0-0" },
        minReplicaCount: 2,
        maxReplicaCount: 8,
        pollingInterval: 15,
        cooldownPeriod: 900,
        fallback: { failureThreshold: 3, replicas: 2, behavior: "currentReplicasIfHigher" },
        advanced: {
          horizontalPodAutoscalerConfig: {
            behavior: {
              scaleUp: { stabilizationWindowSeconds: 0 },
              scaleDown: {
                stabilizationWindowSeconds: 300,
                policies: [{ type: "Pods", value: 1, periodSeconds: 60 }],
              },
            },
          },
        },
        triggers: [
          {
            type: "prometheus",
            name: "requests",
            metricType: "AverageValue",
            metadata: {
              serverAddress: "http://prometheus-operated.monitoring.svc:9090",
              query: expect.stringContaining('namespace="rampa"'),
              threshold: "24",
              activationThreshold: "0",
              ignoreNullValues: "true",
            },
          },
        ],
      },
    });
  });

  it("may sleep in dev: the last pod goes after 15 minutes, and a held request wakes it", async () => {
    const child = await record({ ...tgi, scaling: { ...keda, min: 0 } });
    const spec = Object(child("scaled-object")?.props.spec);
    expect(spec).toMatchObject({
      minReplicaCount: 0,
      cooldownPeriod: 900,
      initialCooldownPeriod: 900,
      triggers: [
        { name: "requests", metadata: { ignoreNullValues: "true" } },
        { name: "held", metadata: { ignoreNullValues: "false" } },
        { name: "used", metadata: { ignoreNullValues: "true" } },
      ],
    });
  });

  it("that may sleep has no fallback, with which KEDA would wake it when Prometheus is away", async () => {
    const child = await record({ ...tgi, scaling: { ...keda, min: 0 } });
    expect(child("scaled-object")?.props.spec).not.toHaveProperty("fallback");
  });

  it("waits for the rollout of as many pods as there may be", async () => {
    const fixed = (await record(vllm))("deployment")?.customTimeouts;
    const scaled = (await record({ ...vllm, scaling: keda }))("deployment")?.customTimeouts;
    const seconds = (timeouts: unknown): number =>
      Number.parseInt(JSON.stringify(timeouts).replace(/\D+/, ""), 10);
    expect(seconds(scaled)).toBeGreaterThan(3 * seconds(fixed));
  });
});

describe("a version with an autoscaler of Kubernetes", () => {
  it("scales by CPU on processors", async () => {
    const child = await record({ ...llama, scaling: { kind: "hpa", max: 4, on: { kind: "cpu" } } });
    expect(child("deployment")?.props.spec).not.toHaveProperty("replicas");
    expect(child("autoscaler")?.props.spec).toMatchObject({
      scaleTargetRef: { kind: "Deployment", name: "chat-2-0-0" },
      minReplicas: 2,
      maxReplicas: 4,
      metrics: [
        {
          type: "Resource",
          resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 70 } },
        },
      ],
      behavior: { scaleDown: { stabilizationWindowSeconds: 300 } },
    });
  });

  it("scales by a metric of the pods on GPUs", async () => {
    const on = { kind: "pods", metric: "vllm_requests", target: 16 };
    const child = await record({ ...vllm, scaling: { kind: "hpa", max: 4, on } });
    expect(child("autoscaler")?.props.spec).toMatchObject({
      metrics: [
        {
          type: "Pods",
          pods: { metric: { name: "vllm_requests" }, target: { type: "AverageValue", averageValue: "16" } },
        },
      ],
    });
  });
});

describe("scaling that cannot be", () => {
  const prod = { ...vllm, ownership: { ...ownership, environment: "prod" } };

  it.each([
    [{ ...keda, min: 9 }, "scaling.max", "at least `min`"],
    [{ ...keda, min: 0 }, "scaling.min", "at least 1, as the environment is prod"],
    [{ ...keda, prometheusUrl: "prometheus:9090" }, "scaling.prometheusUrl", "an http or https URL"],
    [{ ...keda, pollingSeconds: 1 }, "scaling.pollingSeconds", "whole seconds from 5 to 300"],
    [
      { kind: "hpa", max: 4, on: { kind: "cpu" } },
      "scaling.on.kind",
      '"pods", or `kind` "keda": a GPU leaves the CPU idle',
    ],
    [
      { kind: "hpa", min: 0, max: 4, on: { kind: "pods", metric: "m", target: 1 } },
      "scaling.min",
      "a whole number from 1 up",
    ],
  ])("%j", (how, path, want) => {
    expect(problemsOf({ ...prod, scaling: how })).toEqual([[path, want]]);
  });

  it.each(["local", "dev"])("may be none in %s", (environment) => {
    expect(findScalingProblems({ scaling: scaling.parse({ ...keda, min: 0 }) }, environment)).toEqual([]);
  });
});
