// Settings of KEDA → values of its Helm chart.
import { standardLabels } from "../kit/ownership.ts";
import type { KedaOperatorSettings } from "./autoscaling.args.ts";

/** The chart's parts, each a Deployment. */
const PARTS = ["operator", "metricServer", "webhooks"] as const;

const RESOURCES = {
  requests: { cpu: "100m", memory: "256Mi" },
  limits: { cpu: "1", memory: "512Mi" },
};

const RESTRICTED = {
  runAsNonRoot: true,
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
  seccompProfile: { type: "RuntimeDefault" },
};

/** Decides the chart's values. */
export function planKedaValues(settings: KedaOperatorSettings): Record<string, unknown> {
  const { replicas, watchNamespace, serviceMonitors } = settings;
  return {
    operator: { replicaCount: replicas },
    metricsServer: { replicaCount: replicas },
    webhooks: { replicaCount: replicas },
    ...(watchNamespace !== undefined && { watchNamespace }),
    additionalLabels: standardLabels(settings.ownership, { name: "keda", instance: "keda" }),
    priorityClassName: "system-cluster-critical",
    securityContext: forAll(RESTRICTED),
    resources: forAll(RESOURCES),
    podDisruptionBudget: replicas > 1 ? forAll({ maxUnavailable: 1 }) : {},
    prometheus: serviceMonitors ? forAll({ enabled: true, serviceMonitor: { enabled: true } }) : {},
  };
}

function forAll(value: object): Record<string, object> {
  return Object.fromEntries(PARTS.map((part) => [part, value]));
}
