// Plan of a pool that Karpenter runs → its EC2NodeClass and NodePool.
import type { CustomResourceArgs } from "@pulumi/kubernetes/apiextensions/index.js";
import type { Input } from "@pulumi/pulumi";
import type { DiskPlan, InterfacePlan } from "./gpu-pool.plan.ts";
import type { KarpenterPoolPlan } from "./karpenter-pool.plan.ts";

const NODE_CLASS = { group: "karpenter.k8s.aws", kind: "EC2NodeClass" } as const;

type NodeClassRefs = {
  /** Of the pool's zones. */
  readonly subnetIds: readonly Input<string>[];
  readonly clusterSecurityGroupId: Input<string>;
  readonly volumesKeyArn: Input<string>;
  readonly instanceProfileName: Input<string>;
  readonly placementGroup?: Input<string>;
};

/** Image, disks and network of the pool's machines. Subnets and security group are named, not found by tags. */
export function nodeClassArgs(plan: KarpenterPoolPlan, refs: NodeClassRefs): CustomResourceArgs {
  const { reservationId, userData } = plan;
  return {
    apiVersion: `${NODE_CLASS.group}/v1`,
    kind: NODE_CLASS.kind,
    metadata: { name: plan.name, labels: { ...plan.labels } },
    spec: {
      amiSelectorTerms: [{ alias: plan.imageAlias }],
      instanceProfile: refs.instanceProfileName,
      subnetSelectorTerms: refs.subnetIds.map((id) => ({ id })),
      securityGroupSelectorTerms: [{ id: refs.clusterSecurityGroupId }],
      metadataOptions: {
        httpEndpoint: "enabled",
        httpProtocolIPv6: "disabled",
        httpPutResponseHopLimit: 1,
        httpTokens: "required",
      },
      blockDeviceMappings: plan.disks.map((disk) => toMapping(disk, refs.volumesKeyArn)),
      ...(reservationId !== undefined && { capacityReservationSelectorTerms: [{ id: reservationId }] }),
      ...(refs.placementGroup !== undefined && { placementGroupSelector: { name: refs.placementGroup } }),
      ...(plan.interfaces.length > 0 && { networkInterfaces: plan.interfaces.flatMap(toInterfaces) }),
      ...(plan.usesInstanceStore && { instanceStorePolicy: "RAID0" }),
      ...(userData !== undefined && { userData }),
      tags: { ...plan.tags },
    },
  };
}

function toMapping(disk: DiskPlan, kmsKeyID: Input<string>): Record<string, unknown> {
  const { throughputMibps, iops, snapshotId, initializationRateMibps } = disk;
  return {
    deviceName: disk.device,
    ebs: {
      volumeType: "gp3",
      volumeSize: `${disk.sizeGib}Gi`,
      encrypted: true,
      kmsKeyID,
      deleteOnTermination: true,
      ...(throughputMibps !== undefined && { throughput: throughputMibps }),
      ...(iops !== undefined && { iops }),
      ...(snapshotId !== undefined && { snapshotID: snapshotId }),
      ...(initializationRateMibps !== undefined && { volumeInitializationRate: initializationRateMibps }),
    },
  };
}

/** Karpenter has no interface of both kinds: the first card gets a plain one and, beside it, one for EFA. */
function toInterfaces({ card, hasEfa }: InterfacePlan): readonly Record<string, unknown>[] {
  const plain = { networkCardIndex: card, deviceIndex: 0, interfaceType: "interface" };
  const efa = { networkCardIndex: card, deviceIndex: card === 0 ? 1 : 0, interfaceType: "efa-only" };
  return [...(card === 0 ? [plain] : []), ...(hasEfa ? [efa] : [])];
}

/** What Karpenter may buy, how much of it, and when it may take a node away. */
export function nodePoolArgs(plan: KarpenterPoolPlan, nodeClass: Input<string>): CustomResourceArgs {
  const { terminationGracePeriod } = plan;
  return {
    apiVersion: "karpenter.sh/v1",
    kind: "NodePool",
    metadata: { name: plan.name, labels: { ...plan.labels } },
    spec: {
      template: {
        metadata: { labels: { ...plan.nodes.labels } },
        spec: {
          nodeClassRef: { ...NODE_CLASS, name: nodeClass },
          requirements: plan.requirements.map((each) => ({ ...each, values: [...each.values] })),
          taints: plan.nodes.taints.map((taint) => ({ ...taint })),
          expireAfter: plan.expireAfter,
          ...(terminationGracePeriod !== undefined && { terminationGracePeriod }),
        },
      },
      limits: { ...plan.limits },
      disruption: {
        // A node with a model that is still loading looks underused.
        consolidationPolicy: "WhenEmpty",
        consolidateAfter: plan.consolidateAfter,
        budgets: plan.budgets.map((budget) => ({ ...budget })),
      },
    },
  };
}
