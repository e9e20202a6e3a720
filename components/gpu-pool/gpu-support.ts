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

/** Device plugins where node images lack them, and Karpenter where a pool is Karpenter's. Throws ConfigError on wrong settings. */
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

  #createPlugins(
    { devicePlugin, efaPlugin }: GpuSupportPlan,
    override: GpuSupportOverride,
    inCluster: CustomResourceOptions,
  ): void {
    if (devicePlugin !== undefined) {
      new Release(
        this.childName("device-plugin"),
        applyOverride(chartReleaseArgs("nvidia-device-plugin", devicePlugin), override.devicePlugin),
        this.childOptions(inCluster),
      );
    }
    if (efaPlugin !== undefined) {
      new Release(
        this.childName("efa-plugin"),
        applyOverride(chartReleaseArgs("aws-efa-k8s-device-plugin", efaPlugin), override.efaPlugin),
        this.childOptions(inCluster),
      );
    }
  }
}
