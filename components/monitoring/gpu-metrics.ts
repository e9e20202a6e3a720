// GpuMetrics: NVIDIA's DCGM exporter on every GPU node, and on no other.
import { Release } from "@pulumi/kubernetes/helm/v3/index.js";
import type { ComponentResourceOptions, Output } from "@pulumi/pulumi";
import { chartReleaseArgs } from "../kit/chart-release.ts";
import { BaseComponent } from "../kit/component.ts";
import { applyOverride } from "../kit/override.ts";
import { parseSettings } from "../kit/parse-settings.ts";
import { createClosedNamespace } from "./closed-namespace.ts";
import { type GpuMetricsArgs, gpuMetricsSettings } from "./gpu-metrics.args.ts";
import { planGpuMetrics } from "./gpu-metrics.plan.ts";

const TOKEN = { area: "monitoring", kind: "GpuMetrics" };

/** Measures GPUs; once a cluster. Needs the operator's types in the cluster. Throws ConfigError on a wrong setting. */
export class GpuMetrics extends BaseComponent {
  /** To be listed as a namespace that need not enforce `restricted`. */
  readonly namespace: Output<string>;

  constructor(name: string, args: GpuMetricsArgs, opts: ComponentResourceOptions = {}) {
    const plan = planGpuMetrics(parseSettings(gpuMetricsSettings, args, { ...TOKEN, name }));
    super(TOKEN, name, opts);
    const { name: namespace, policies } = createClosedNamespace(plan, "privileged", {
      childName: (suffix) => this.childName(suffix),
      options: this.childOptions(),
    });
    this.namespace = namespace;
    new Release(
      this.childName("release"),
      applyOverride(chartReleaseArgs("dcgm-exporter", plan.values, this.namespace), args.override?.release),
      this.childOptions({ dependsOn: policies }),
    );
    this.registerOutputs({ namespace: this.namespace });
  }
}
