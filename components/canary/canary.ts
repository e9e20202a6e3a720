// StaticCanary: an endpoint's HTTPRoute with the weights of the stack's settings.
import { CustomResource } from "@pulumi/kubernetes/apiextensions/index.js";
import type { ComponentResourceOptions, Output } from "@pulumi/pulumi";
import { BaseComponent } from "../kit/component.ts";
import { applyOverride } from "../kit/override.ts";
import { parseSettings } from "../kit/parse-settings.ts";
import { type CanaryArgs, canarySettings } from "./canary.args.ts";
import { httpRouteArgs } from "./canary.manifests.ts";
import { planCanary } from "./canary.plan.ts";

const TOKEN = { area: "canary", kind: "StaticCanary" };

/** Weighted routing of one endpoint, owned by Pulumi. Throws ConfigError on weights that don't fit the versions. */
export class StaticCanary extends BaseComponent {
  readonly routeName: Output<string>;

  constructor(name: string, args: CanaryArgs, opts: ComponentResourceOptions = {}) {
    const plan = planCanary(parseSettings(canarySettings, args, { ...TOKEN, name }));
    super(TOKEN, name, opts);
    const route = new CustomResource(
      this.childName("route"),
      applyOverride(httpRouteArgs(plan, args.refs), args.override?.route),
      this.childOptions(),
    );
    this.routeName = route.metadata.name;
    this.registerOutputs({ routeName: this.routeName });
  }
}
