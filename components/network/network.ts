// Isolation: a namespace closed in both directions, and the paths that serving needs.
import { NetworkPolicy } from "@pulumi/kubernetes/networking/v1/index.js";
import type { ComponentResourceOptions } from "@pulumi/pulumi";
import { BaseComponent } from "../kit/component.ts";
import { applyOverride } from "../kit/override.ts";
import { parseSettings } from "../kit/parse-settings.ts";
import { type NetworkArgs, networkSettings } from "./network.args.ts";
import { networkPolicyArgs } from "./network.manifests.ts";
import { planNetwork } from "./network.plan.ts";

const TOKEN = { area: "network", kind: "Isolation" };

/** The network policies of one namespace. Throws ConfigError on a wrong setting. */
export class Isolation extends BaseComponent {
  constructor(name: string, args: NetworkArgs, opts: ComponentResourceOptions = {}) {
    const plan = planNetwork(parseSettings(networkSettings, args, { ...TOKEN, name }));
    super(TOKEN, name, opts);
    for (const policy of plan.policies) {
      new NetworkPolicy(
        this.childName(policy.name),
        applyOverride(networkPolicyArgs(plan, policy, args.refs), args.override?.[policy.name]),
        this.childOptions(),
      );
    }
    this.registerOutputs({});
  }
}
