// GpuMetrics: the exporter on GPU nodes only, read by Prometheus only.
import { Provider as KubernetesProvider } from "@pulumi/kubernetes/provider.js";
import { describe, expect, it } from "vitest";
import { planDashboards } from "../../../components/monitoring/dashboards.ts";
import { type GpuMetricsArgs, gpuMetricsSettings } from "../../../components/monitoring/gpu-metrics.args.ts";
import { GPU_FIELDS, planGpuMetrics } from "../../../components/monitoring/gpu-metrics.plan.ts";
import { GpuMetrics } from "../../../components/monitoring/gpu-metrics.ts";
import { monitoringSettings } from "../../../components/monitoring/monitoring.args.ts";
import { planGroups } from "../../../components/monitoring/monitoring.plan.ts";
import { ownership } from "../../kit/component-owner.ts";
import { recordResources } from "../../kit/record-resources.ts";

const plan = planGpuMetrics(gpuMetricsSettings.parse({ ownership }));

describe("planGpuMetrics", () => {
  it("exports exactly what alerts and dashboards read", () => {
    const settings = monitoringSettings.parse({ ownership, runbookUrl: "https://x.example/y", gpus: true });
    const text = JSON.stringify([planGroups(settings), planDashboards("rampa", true)]);
    const read = new Set(text.match(/DCGM_[A-Z_]+/g));
    expect([...read].sort()).toEqual(GPU_FIELDS.map(([field]) => field).sort());
    expect(plan.values.customMetrics).toContain(
      "DCGM_FI_DEV_XID_ERRORS, gauge, Value of the last Xid error.\n",
    );
  });

  it("runs on the nodes of GPU pools, taint and all, and on no other", () => {
    expect(plan.values).toMatchObject({
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: "rampa.dev/gpu", operator: "Exists" }] }],
          },
        },
      },
      tolerations: [{ key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" }],
      serviceAccount: { automountServiceAccountToken: false },
      serviceMonitor: { enabled: true, interval: "30s", scrapeTimeout: "25s", honorLabels: true },
    });
  });

  it("takes an image by digest", () => {
    const imageDigest = `sha256:${"a".repeat(64)}`;
    const { values } = planGpuMetrics(gpuMetricsSettings.parse({ ownership, imageDigest }));
    expect(values.image).toEqual({ digest: imageDigest });
  });
});

const record = (args: Partial<GpuMetricsArgs>) =>
  recordResources(
    () => new GpuMetrics("gpus", { ownership, ...args }, { providers: [new KubernetesProvider("k8s")] }),
    { stack: "dev", project: "rampa" },
  );

describe("GpuMetrics", () => {
  it("creates its children under itself, the policies before the exporter", async () => {
    const [, component, ...children] = await record({});
    expect(component).toMatchObject({ type: "rampa:monitoring:GpuMetrics", props: {} });
    expect(children.map(({ name }) => name).sort()).toEqual([
      "gpus-allow-metrics-scrape",
      "gpus-default-deny",
      "gpus-namespace",
      "gpus-release",
    ]);
    expect(new Set(children.map((it) => it.parent))).toEqual(new Set([component?.urn]));
    const release = children.find(({ name }) => name === "gpus-release");
    expect(release?.props).toMatchObject({
      chart: "dcgm-exporter",
      version: "4.8.3",
      namespace: "gpu-metrics",
      createNamespace: false,
    });
    expect(release?.dependencies.map((urn) => urn.split("::").at(-1))).toEqual(
      expect.arrayContaining(["gpus-allow-metrics-scrape", "gpus-default-deny"]),
    );
  });

  it("keeps its privileged namespace closed but for Prometheus", async () => {
    const resources = await record({});
    expect(resources.find(({ name }) => name === "gpus-namespace")?.props.metadata).toMatchObject({
      name: "gpu-metrics",
      labels: { "pod-security.kubernetes.io/enforce": "privileged" },
    });
    expect(resources.find(({ name }) => name === "gpus-default-deny")?.props.spec).toEqual({
      podSelector: { matchLabels: {} },
      policyTypes: ["Ingress", "Egress"],
      ingress: [],
      egress: [],
    });
    expect(resources.find(({ name }) => name === "gpus-allow-metrics-scrape")?.props.spec).toEqual({
      podSelector: { matchLabels: {} },
      policyTypes: ["Ingress"],
      ingress: [
        {
          from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } } }],
          ports: [{ protocol: "TCP", port: 9400 }],
        },
      ],
    });
  });

  it("lets a caller change the release", async () => {
    const resources = await record({ override: { release: { timeout: 900 } } });
    expect(resources.find(({ name }) => name === "gpus-release")?.props.timeout).toBe(900);
  });

  it.each<readonly [string, Partial<GpuMetricsArgs>, string]>([
    [
      "Prometheus' own namespace",
      { namespace: "monitoring" },
      "another namespace than that of Prometheus, as its pods are privileged",
    ],
    ["a tag for a digest", { imageDigest: "latest" }, "a digest, sha256: and 64 hexadecimal digits"],
    ["rare scrapes", { scrapeSeconds: 90 }, "whole seconds from 10 to 60"],
  ])("refuses %s", async (_name, args, message) => {
    await expect(record(args)).rejects.toThrow(message);
  });
});
