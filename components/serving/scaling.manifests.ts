// Plan of a version's scaling → its KEDA ScaledObject or its HorizontalPodAutoscaler.
import type { CustomResourceArgs } from "@pulumi/kubernetes/apiextensions/index.js";
import type { HorizontalPodAutoscalerArgs } from "@pulumi/kubernetes/autoscaling/v2/index.js";
import type { autoscaling } from "@pulumi/kubernetes/types/input.js";
import { type Input, output } from "@pulumi/pulumi";
import { type ScalingPlan, toQuery } from "./scaling.plan.ts";

type Target = {
  readonly namespace: Input<string>;
  /** Name of the Deployment. */
  readonly deployment: Input<string>;
};

type Named = { readonly name: string; readonly labels: Readonly<Record<string, string>> };

/** Readings of Prometheus that may fail in a row before the number of pods is frozen. */
const FAILED_READINGS = 3;

/** KEDA's object: it makes an autoscaler of its own, and takes the last pod away itself. */
export function scaledObjectArgs(
  { name, labels }: Named,
  { settings, triggers }: Extract<ScalingPlan, { kind: "keda" }>,
  target: Target,
): CustomResourceArgs {
  const { min, max, idleSeconds, prometheusUrl } = settings;
  return {
    apiVersion: "keda.sh/v1alpha1",
    kind: "ScaledObject",
    metadata: { name, namespace: target.namespace, labels: { ...labels } },
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: target.deployment },
      minReplicaCount: min,
      maxReplicaCount: max,
      pollingInterval: settings.pollingSeconds,
      cooldownPeriod: idleSeconds,
      initialCooldownPeriod: idleSeconds,
      ...(min > 0 && { fallback: toFallback(min) }),
      advanced: { horizontalPodAutoscalerConfig: { behavior: toBehavior(settings.downSeconds) } },
      triggers: triggers.map((trigger) => ({
        type: "prometheus",
        name: trigger.name,
        metricType: "AverageValue",
        metadata: {
          serverAddress: prometheusUrl,
          query: output(target.namespace).apply((namespace) => toQuery(trigger, namespace)),
          threshold: String(settings.target),
          activationThreshold: "0",
          ignoreNullValues: String(trigger.absentIsZero),
        },
      })),
    },
  };
}

/** Without Prometheus nobody knows what is needed: what runs goes on. What may sleep has none, as KEDA would wake it. */
function toFallback(replicas: number): object {
  return { failureThreshold: FAILED_READINGS, replicas, behavior: "currentReplicasIfHigher" };
}

/** An autoscaler of Kubernetes itself. */
export function autoscalerArgs(
  { name, labels }: Named,
  { settings }: Extract<ScalingPlan, { kind: "hpa" }>,
  target: Target,
): HorizontalPodAutoscalerArgs {
  return {
    metadata: { name, namespace: target.namespace, labels: { ...labels } },
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: target.deployment },
      minReplicas: settings.min,
      maxReplicas: settings.max,
      metrics: [toMetric(settings.on)],
      behavior: toBehavior(settings.downSeconds),
    },
  };
}

function toMetric(on: Extract<ScalingPlan, { kind: "hpa" }>["settings"]["on"]): autoscaling.v2.MetricSpec {
  switch (on.kind) {
    case "cpu":
      return {
        type: "Resource",
        resource: { name: "cpu", target: { type: "Utilization", averageUtilization: on.percent } },
      };
    case "pods":
      return {
        type: "Pods",
        pods: {
          metric: { name: on.metric },
          target: { type: "AverageValue", averageValue: String(on.target) },
        },
      };
  }
}

/** Up at once, to twice as many or 4 more; down one pod a minute, as each may have answers to finish. */
function toBehavior(downSeconds: number) {
  return {
    scaleUp: {
      stabilizationWindowSeconds: 0,
      selectPolicy: "Max",
      policies: [
        { type: "Percent", value: 100, periodSeconds: 15 },
        { type: "Pods", value: 4, periodSeconds: 15 },
      ],
    },
    scaleDown: {
      stabilizationWindowSeconds: downSeconds,
      selectPolicy: "Max",
      policies: [{ type: "Pods", value: 1, periodSeconds: 60 }],
    },
  };
}
