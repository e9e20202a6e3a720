// KedaOperator: KEDA in a cluster, once for all its environments.
import { Release } from "@pulumi/kubernetes/helm/v3/index.js";
import type { ComponentResourceOptions, Output } from "@pulumi/pulumi";
import { chartReleaseArgs } from "../kit/chart-release.ts";
import { BaseComponent } from "../kit/component.ts";
import { applyOverride } from "../kit/override.ts";
import { parseSettings } from "../kit/parse-settings.ts";
import { type KedaOperatorArgs, kedaOperatorSettings } from "./autoscaling.args.ts";
import { planKedaValues } from "./autoscaling.plan.ts";

const TOKEN = { area: "autoscaling", kind: "KedaOperator" };

/** The operator behind ScaledObjects; versions that scale by KEDA depend on it. Throws ConfigError. */
export class KedaOperator extends BaseComponent {
  /** Known once KEDA runs and its types can be used. */
  readonly namespace: Output<string>;

  constructor(name: string, args: KedaOperatorArgs, opts: ComponentResourceOptions = {}) {
    const values = planKedaValues(parseSettings(kedaOperatorSettings, args, { ...TOKEN, name }));
    super(TOKEN, name, opts);
    const release = new Release(
      this.childName("release"),
      applyOverride(chartReleaseArgs("keda", values, args.refs?.namespace), args.override?.release),
      this.childOptions(),
    );
    this.namespace = release.namespace;
    this.registerOutputs({ namespace: this.namespace });
  }
}
