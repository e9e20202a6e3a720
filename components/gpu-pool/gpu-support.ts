// GpuSupport: what the GPU pools of a cluster need besides themselves, once.
import { Release } from "@pulumi/kubernetes/helm/v3/index.js";
import type { ComponentResourceOptions, CustomResourceOptions } from "@pulumi/pulumi";
import { chartReleaseArgs } from "../kit/chart-release.ts";
import { BaseComponent } from "../kit/component.ts";
import { applyOverride } from "../kit/override.ts";
import { parseSettings } from "../kit/parse-settings.ts";
import { type GpuSupportArgs, type GpuSupportOverride, gpuSupportSettings } from "./gpu-support.args.ts";
import { type GpuSupportPlan, planGpuSupport } from "./gpu-support.plan.ts";
import { Karpenter } from "./karpenter.ts";

const TOKEN = { area: "gpu-pool", kind: "GpuSupport" };

/** Device plugins where node images lack them, the driver of claims where pools have them, and Karpenter where a pool is Karpenter's. Throws ConfigError on wrong settings. */
export class GpuSupport extends BaseComponent {
  /** What each KarpenterPool needs; undefined where there is none. */
  readonly karpenter: Karpenter | undefined;

  constructor(name: string, args: GpuSupportArgs, opts: ComponentResourceOptions = {}) {
    const plan = planGpuSupport(parseSettings(gpuSupportSettings, args, { ...TOKEN, name }));
    super(TOKEN, name, opts);
    const override = args.override ?? {};
    const inCluster = opts.deletedWith === undefined ? {} : { deletedWith: opts.deletedWith };
    this.#createPlugins(plan, override, inCluster);
    this.karpenter =
      plan.karpenter &&
      new Karpenter(
        this.childName("karpenter"),
        { plan: plan.karpenter, refs: args.refs, override, inCluster },
        { parent: this },
      );
    this.registerOutputs({});
  }

  #createPlugins(plan: GpuSupportPlan, override: GpuSupportOverride, inCluster: CustomResourceOptions): void {
    const plugins = [
      ["device-plugin", "nvidia-device-plugin", plan.devicePlugin, override.devicePlugin],
      ["dra-driver", "dra-driver-nvidia-gpu", plan.draDriver, override.draDriver],
      ["efa-plugin", "aws-efa-k8s-device-plugin", plan.efaPlugin, override.efaPlugin],
    ] as const;
    for (const [child, chart, values, change] of plugins) {
      if (values === undefined) continue;
      new Release(
        this.childName(child),
        applyOverride(chartReleaseArgs(chart, values), change),
        this.childOptions(inCluster),
      );
    }
  }
}
