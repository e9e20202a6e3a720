// KarpenterPool: a pool of GPU machines that Karpenter buys as pods need them.
import { PlacementGroup } from "@pulumi/aws/ec2/placementGroup.js";
import { CustomResource } from "@pulumi/kubernetes/apiextensions/index.js";
import type { ComponentResourceOptions, Output } from "@pulumi/pulumi";
import { BaseComponent } from "../kit/component.ts";
import { named } from "../kit/named.ts";
import { applyOverride } from "../kit/override.ts";
import { parseSettings } from "../kit/parse-settings.ts";
import { type KarpenterPoolArgs, karpenterPoolSettings } from "./gpu-pool.args.ts";
import * as manifests from "./karpenter-pool.manifests.ts";
import { type KarpenterPoolPlan, planKarpenterPool } from "./karpenter-pool.plan.ts";
import { subnetsOf } from "./subnets.ts";

const TOKEN = { area: "gpu-pool", kind: "KarpenterPool" };

/** Its last node has to be gone before a node class goes. */
const DELETE_TIMEOUT = { delete: "1h" };

/** A NodePool and its EC2NodeClass. Throws ConfigError on wrong settings. */
export class KarpenterPool extends BaseComponent {
  readonly nodePoolName: Output<string>;

  constructor(name: string, args: KarpenterPoolArgs, opts: ComponentResourceOptions = {}) {
    const plan = planKarpenterPool(parseSettings(karpenterPoolSettings, args, { ...TOKEN, name }));
    super(TOKEN, name, opts);
    const nodeClass = this.#createNodeClass(plan, args);
    this.nodePoolName = named(
      CustomResource,
      this.childName("pool"),
      applyOverride(manifests.nodePoolArgs(plan, nodeClass.metadata.name), args.override?.nodePool),
      // Without the controller, nodes of a deleted pool would stay and cost.
      this.childOptions({ dependsOn: [args.refs.controller, nodeClass], customTimeouts: DELETE_TIMEOUT }),
    );
    this.registerOutputs({ nodePoolName: this.nodePoolName });
  }

  #createNodeClass(plan: KarpenterPoolPlan, { refs, override }: KarpenterPoolArgs): CustomResource {
    const placementGroup = this.#createPlacement(plan, override);
    const args = manifests.nodeClassArgs(plan, {
      ...refs,
      subnetIds: subnetsOf(plan.subnets, refs.privateSubnetIds),
      ...(placementGroup !== undefined && { placementGroup }),
    });
    return new CustomResource(
      this.childName("class"),
      applyOverride(args, override?.nodeClass),
      this.childOptions({ dependsOn: [refs.controller], customTimeouts: DELETE_TIMEOUT }),
    );
  }

  #createPlacement(
    plan: KarpenterPoolPlan,
    override: KarpenterPoolArgs["override"],
  ): Output<string> | undefined {
    if (plan.interfaces.length === 0) return undefined;
    const args = applyOverride({ strategy: "cluster" }, override?.placement);
    return new PlacementGroup(this.childName("placement"), args, this.childOptions()).name;
  }
}
