// Plan of a managed pool → arguments of its launch template, node group and scheduled sizes.
import type { ScheduleArgs } from "@pulumi/aws/autoscaling/schedule.js";
import type { LaunchTemplateArgs } from "@pulumi/aws/ec2/launchTemplate.js";
import type { NodeGroupArgs } from "@pulumi/aws/eks/nodeGroup.js";
import type { ec2 } from "@pulumi/aws/types/input.js";
import type { Input } from "@pulumi/pulumi";
import type { DiskPlan, GpuPoolPlan, InterfacePlan, ScheduledSize } from "./gpu-pool.plan.ts";

type TemplateRefs = {
  readonly clusterSecurityGroupId: Input<string>;
  readonly volumesKeyArn: Input<string>;
  readonly placementGroup?: Input<string>;
};

/** The template of the group's machines. A disk size or an image in it or beside it would be refused by EKS. */
export function launchTemplateArgs(plan: GpuPoolPlan, refs: TemplateRefs): LaunchTemplateArgs {
  const { placementGroup } = refs;
  return {
    description: `GPU pool ${plan.name}`,
    updateDefaultVersion: true,
    ebsOptimized: "true",
    metadataOptions: { httpEndpoint: "enabled", httpTokens: "required", httpPutResponseHopLimit: 1 },
    blockDeviceMappings: plan.disks.map((disk) => ({
      deviceName: disk.device,
      ebs: toEbs(disk, refs.volumesKeyArn),
    })),
    ...(plan.interfaces.length > 0 && {
      networkInterfaces: plan.interfaces.map((it) => toInterface(it, refs.clusterSecurityGroupId)),
    }),
    ...(placementGroup !== undefined && { placement: { groupName: placementGroup } }),
    ...reservedCapacity(plan),
    ...(plan.userData !== undefined && { userData: plan.userData }),
    tagSpecifications: ["instance", "volume", "network-interface"].map((resourceType) => ({
      resourceType,
      tags: { ...plan.tags },
    })),
  };
}

/** The flags are texts, as the AWS API tells "left out" from "false". */
function toEbs(disk: DiskPlan, kmsKeyId: Input<string>): ec2.LaunchTemplateBlockDeviceMappingEbs {
  const { throughputMibps, iops, snapshotId, initializationRateMibps } = disk;
  return {
    volumeType: "gp3",
    volumeSize: disk.sizeGib,
    encrypted: "true",
    kmsKeyId,
    deleteOnTermination: "true",
    ...(throughputMibps !== undefined && { throughput: throughputMibps }),
    ...(iops !== undefined && { iops }),
    ...(snapshotId !== undefined && { snapshotId }),
    ...(initializationRateMibps !== undefined && { volumeInitializationRate: initializationRateMibps }),
  };
}

/** Source: EC2 User Guide, "Maximize network bandwidth on instances with multiple network cards". */
function toInterface(
  { card, hasEfa }: InterfacePlan,
  securityGroup: Input<string>,
): ec2.LaunchTemplateNetworkInterface {
  const first = hasEfa ? "efa" : "interface";
  return {
    networkCardIndex: card,
    deviceIndex: 0,
    interfaceType: card === 0 ? first : "efa-only",
    securityGroups: [securityGroup],
    deleteOnTermination: "true",
  };
}

/** For a block, the type stands in the template instead of the node group. */
function reservedCapacity({ capacityType, instanceTypes, reservationId }: GpuPoolPlan): LaunchTemplateArgs {
  const [instanceType] = instanceTypes;
  if (reservationId === undefined || instanceType === undefined) return {};
  return {
    capacityReservationSpecification: {
      capacityReservationTarget: { capacityReservationId: reservationId },
    },
    ...(capacityType === "CAPACITY_BLOCK" && {
      instanceMarketOptions: { marketType: "capacity-block" },
      instanceType,
    }),
  };
}

type NodeGroupRefs = {
  readonly clusterName: Input<string>;
  readonly nodeRoleArn: Input<string>;
  /** Of the pool's zones. */
  readonly subnetIds: readonly Input<string>[];
  readonly template: { readonly id: Input<string>; readonly version: Input<string> };
};

/** The node group. How many nodes it has now is not the program's to say after its creation. */
export function nodeGroupArgs(plan: GpuPoolPlan, refs: NodeGroupRefs): NodeGroupArgs {
  const { min, max, initial } = plan.size;
  return {
    clusterName: refs.clusterName,
    nodeRoleArn: refs.nodeRoleArn,
    subnetIds: [...refs.subnetIds],
    amiType: plan.amiType,
    capacityType: plan.capacityType,
    ...(plan.capacityType !== "CAPACITY_BLOCK" && { instanceTypes: [...plan.instanceTypes] }),
    launchTemplate: { ...refs.template },
    scalingConfig: { minSize: min, maxSize: max, desiredSize: initial },
    updateConfig: {
      maxUnavailable: plan.updates.maxUnavailable,
      updateStrategy: plan.updates.surge ? "DEFAULT" : "MINIMAL",
    },
    nodeRepairConfig: { enabled: plan.repair },
    labels: { ...plan.nodes.labels },
    taints: plan.nodes.taints.map(({ key, value }) => ({ key, value, effect: "NO_SCHEDULE" })),
  };
}

const UNCHANGED = -1;

/** A size from a time on: all nodes when a block starts, none well before its end. */
export function scheduleArgs(size: ScheduledSize, autoscalingGroupName: Input<string>): ScheduleArgs {
  return {
    scheduledActionName: size.name,
    autoscalingGroupName,
    startTime: size.at,
    desiredCapacity: size.nodes,
    minSize: UNCHANGED,
    maxSize: UNCHANGED,
  };
}
