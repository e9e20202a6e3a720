// Settings of the GPU exporter → values of its chart and the one way in.
import { GPU_TAINT, LABELS } from "../contract/labels.ts";
import { standardLabels } from "../kit/ownership.ts";
import type { GpuMetricsSettings } from "./gpu-metrics.args.ts";
import { DEFAULT_DENY, namespacePeer, type PathPlan } from "./namespace.manifests.ts";

const PORT = 9400;

/** What the exporter reports: field, kind and help; nothing that no alert or dashboard reads. */
export const GPU_FIELDS: readonly (readonly [field: string, kind: "gauge" | "counter", help: string])[] = [
  ["DCGM_FI_DEV_GPU_TEMP", "gauge", "Temperature of the GPU (in C)."],
  ["DCGM_FI_DEV_POWER_USAGE", "gauge", "Power draw (in W)."],
  ["DCGM_FI_DEV_XID_ERRORS", "gauge", "Value of the last Xid error."],
  ["DCGM_FI_DEV_FB_FREE", "gauge", "Free memory (in MiB)."],
  ["DCGM_FI_DEV_FB_USED", "gauge", "Used memory (in MiB)."],
  ["DCGM_FI_PROF_GR_ENGINE_ACTIVE", "gauge", "Share of time in which the GPU worked; also of a MIG slice."],
];

export type GpuMetricsPlan = {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly paths: readonly PathPlan[];
  readonly values: Readonly<Record<string, unknown>>;
};

/** Decides how GPUs are measured. */
export function planGpuMetrics(settings: GpuMetricsSettings): GpuMetricsPlan {
  const { ownership, namespace, monitoringNamespace } = settings;
  return {
    namespace,
    labels: standardLabels(ownership, { name: "gpu-metrics", instance: namespace }),
    paths: [
      DEFAULT_DENY,
      {
        name: "allow-metrics-scrape",
        pods: {},
        ingress: [{ from: [namespacePeer(monitoringNamespace)], ports: [{ protocol: "TCP", port: PORT }] }],
      },
    ],
    values: planValues(settings),
  };
}

function planValues({ scrapeSeconds, imageDigest }: GpuMetricsSettings): Record<string, unknown> {
  const expression = { key: LABELS.gpu, operator: "Exists" };
  return {
    ...(imageDigest !== undefined && { image: { digest: imageDigest } }),
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [expression] }],
        },
      },
    },
    tolerations: [{ key: GPU_TAINT.key, operator: "Exists", effect: GPU_TAINT.effect }],
    // It asks the kubelet's socket who uses a GPU, never the API server.
    serviceAccount: { automountServiceAccountToken: false },
    service: { type: "ClusterIP", port: PORT, address: `:${PORT}` },
    serviceMonitor: {
      enabled: true,
      interval: `${scrapeSeconds}s`,
      scrapeTimeout: `${Math.min(scrapeSeconds, 25)}s`,
      // `pod` and `namespace` are those of the GPU's user, not of the exporter.
      honorLabels: true,
    },
    customMetrics: `${GPU_FIELDS.map((field) => field.join(", ")).join("\n")}\n`,
  };
}
