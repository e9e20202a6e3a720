// ControllerSpace: the namespace of a controller that a chart installs, closed but for what the controller does.
import { Namespace } from "@pulumi/kubernetes/core/v1/index.js";
import { NetworkPolicy } from "@pulumi/kubernetes/networking/v1/index.js";
import { all, type ComponentResourceOptions, type Output } from "@pulumi/pulumi";
import { BaseComponent } from "../kit/component.ts";
import { named } from "../kit/named.ts";
import { applyOverride } from "../kit/override.ts";
import { parseSettings } from "../kit/parse-settings.ts";
import { type ControllerSpaceArgs, controllerSpaceSettings } from "./controller-space.args.ts";
import { planControllerSpace } from "./controller-space.plan.ts";
import { networkPolicyArgs } from "./network.manifests.ts";

const TOKEN = { area: "network", kind: "ControllerSpace" };

/** One namespace for the pods of one chart. Throws ConfigError on a wrong setting. */
export class ControllerSpace extends BaseComponent {
  /** Known once the paths are open: in strict mode a pod that starts before has no network. */
  readonly namespace: Output<string>;

  constructor(name: string, args: ControllerSpaceArgs, opts: ComponentResourceOptions = {}) {
    const plan = planControllerSpace(parseSettings(controllerSpaceSettings, args, { ...TOKEN, name }));
    super(TOKEN, name, opts);
    const namespace = named(
      Namespace,
      this.childName("namespace"),
      applyOverride(
        { metadata: { name: plan.namespace, labels: { ...plan.labels, ...plan.podSecurity } } },
        args.override?.namespace,
      ),
      this.childOptions(),
    );
    const traffic = new NetworkPolicy(
      this.childName("traffic"),
      applyOverride(networkPolicyArgs(plan, plan.policy, { namespace }), args.override?.traffic),
      this.childOptions(),
    );
    this.namespace = all([namespace, traffic.urn]).apply(([it]) => it);
    this.registerOutputs({ namespace: this.namespace });
  }
}
