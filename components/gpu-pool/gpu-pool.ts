// GpuPool: a managed node group of GPU machines with its launch template.
import { Schedule } from "@pulumi/aws/autoscaling/schedule.js";
import { LaunchTemplate } from "@pulumi/aws/ec2/launchTemplate.js";
import { PlacementGroup } from "@pulumi/aws/ec2/placementGroup.js";
import { NodeGroup } from "@pulumi/aws/eks/nodeGroup.js";
import { all, type ComponentResourceOptions, type Output } from "@pulumi/pulumi";
import { BaseComponent } from "../kit/component.ts";
import { applyOverride } from "../kit/override.ts";
import { parseSettings } from "../kit/parse-settings.ts";
import { type GpuPoolArgs, managedPoolSettings } from "./gpu-pool.args.ts";
import * as manifests from "./gpu-pool.manifests.ts";
import { type GpuPoolPlan, planGpuPool } from "./gpu-pool.plan.ts";
import { subnetsOf } from "./subnets.ts";

const TOKEN = { area: "gpu-pool", kind: "GpuPool" };

/** Large machines boot for minutes, and their pods finish long answers before they go. */
const TIMEOUTS = { create: "40m", update: "2h", delete: "1h" };

/** A pool of GPU nodes that EKS manages. Throws ConfigError on wrong settings. */
export class GpuPool extends BaseComponent {
  readonly nodeGroupName: Output<string>;

  constructor(name: string, args: GpuPoolArgs, opts: ComponentResourceOptions = {}) {
    const plan = planGpuPool(parseSettings(managedPoolSettings, args, { ...TOKEN, name }));
    super(TOKEN, name, opts);
    const group = this.#createNodes(plan, args, this.#createTemplate(plan, args));
    this.nodeGroupName = group.nodeGroupName;
    this.#createSchedule(plan, group);
    this.registerOutputs({ nodeGroupName: this.nodeGroupName });
  }

  #createTemplate(plan: GpuPoolPlan, { refs, override }: GpuPoolArgs): LaunchTemplate {
    const placementGroup = this.#createPlacement(plan, override);
    const templateRefs = { ...refs, ...(placementGroup !== undefined && { placementGroup }) };
    return new LaunchTemplate(
      this.childName("template"),
      applyOverride(manifests.launchTemplateArgs(plan, templateRefs), override?.template),
      this.childOptions(),
    );
  }

  #createPlacement(plan: GpuPoolPlan, override: GpuPoolArgs["override"]): Output<string> | undefined {
    if (plan.interfaces.length === 0) return undefined;
    const args = applyOverride({ strategy: "cluster" }, override?.placement);
    return new PlacementGroup(this.childName("placement"), args, this.childOptions()).name;
  }

  #createNodes(plan: GpuPoolPlan, { refs, override }: GpuPoolArgs, template: LaunchTemplate): NodeGroup {
    const args = manifests.nodeGroupArgs(plan, {
      clusterName: all([refs.clusterName, refs.systemNodes]).apply(([cluster]) => cluster),
      nodeRoleArn: refs.nodeRoleArn,
      subnetIds: subnetsOf(plan.subnets, refs.privateSubnetIds),
      template: { id: template.id, version: template.latestVersion.apply(String) },
    });
    return new NodeGroup(
      this.childName("nodes"),
      applyOverride(args, override?.nodes),
      this.childOptions({ ignoreChanges: ["scalingConfig.desiredSize"], customTimeouts: TIMEOUTS }),
    );
  }

  #createSchedule(plan: GpuPoolPlan, group: NodeGroup): void {
    const scalingGroup = group.resources.apply(scalingGroupOf);
    for (const size of plan.schedule) {
      new Schedule(
        this.childName(size.name),
        manifests.scheduleArgs(size, scalingGroup),
        this.childOptions(),
      );
    }
  }
}

type Made = readonly { readonly autoscalingGroups?: readonly { readonly name?: string }[] }[] | undefined;

/** The one group that EKS makes; AWS refuses the empty name of one that is not there. */
function scalingGroupOf(made: Made): string {
  return made?.[0]?.autoscalingGroups?.[0]?.name ?? "";
}
