// Plan of a cluster → arguments of its control plane, logs, access entries and own nodes.
import type { LogGroupArgs } from "@pulumi/aws/cloudwatch/logGroup.js";
import type { LaunchTemplateArgs } from "@pulumi/aws/ec2/launchTemplate.js";
import type { AccessEntryArgs } from "@pulumi/aws/eks/accessEntry.js";
import type { AccessPolicyAssociationArgs } from "@pulumi/aws/eks/accessPolicyAssociation.js";
import type { ClusterArgs } from "@pulumi/aws/eks/cluster.js";
import type { NodeGroupArgs } from "@pulumi/aws/eks/nodeGroup.js";
import type { ec2 } from "@pulumi/aws/types/input.js";
import type { Input } from "@pulumi/pulumi";
import type { EksClusterRefs } from "./cluster.args.ts";
import { AUTO_NODE_POOLS, type ClusterPlan, type GrantPlan, type SystemPoolPlan } from "./cluster.plan.ts";

const LOG_TYPES = ["api", "audit", "authenticator", "controllerManager", "scheduler"] as const;

type ControlPlaneRefs = EksClusterRefs & {
  readonly roleArn: Input<string>;
  readonly nodeRoleArn: Input<string>;
};

/** The control plane. What Auto Mode runs is switched on together, as EKS refuses only a part of it. */
export function clusterArgs(plan: ClusterPlan, refs: ControlPlaneRefs): ClusterArgs {
  return {
    name: plan.name,
    version: plan.version,
    upgradePolicy: { supportType: plan.supportType },
    roleArn: refs.roleArn,
    accessConfig: { authenticationMode: "API", bootstrapClusterCreatorAdminPermissions: false },
    vpcConfig: {
      subnetIds: [...refs.privateSubnetIds],
      endpointPrivateAccess: true,
      endpointPublicAccess: plan.publicCidrs.length > 0,
      ...(plan.publicCidrs.length > 0 && { publicAccessCidrs: [...plan.publicCidrs] }),
    },
    enabledClusterLogTypes: [...LOG_TYPES],
    encryptionConfig: { provider: { keyArn: refs.secretsKeyArn }, resources: ["secrets"] },
    deletionProtection: plan.protect,
    bootstrapSelfManagedAddons: false,
    zonalShiftConfig: { enabled: plan.zonalShift },
    ...(plan.isAuto && {
      computeConfig: { enabled: true, nodePools: [...AUTO_NODE_POOLS], nodeRoleArn: refs.nodeRoleArn },
      storageConfig: { blockStorage: { enabled: true } },
      kubernetesNetworkConfig: { elasticLoadBalancing: { enabled: true } },
    }),
  };
}

/** Where the control plane's logs go; it has to be there before the cluster. */
export function logGroupArgs(plan: ClusterPlan, keyArn: Input<string>): LogGroupArgs {
  return {
    name: plan.logGroup.name,
    retentionInDays: plan.logGroup.retentionDays,
    kmsKeyId: keyArn,
    deletionProtectionEnabled: plan.protect,
  };
}

/** Lets a role in, without any rights yet. */
export function accessEntryArgs(grant: GrantPlan, clusterName: Input<string>): AccessEntryArgs {
  return { clusterName, principalArn: grant.role, type: "STANDARD" };
}

/** Rights of a role that was let in. */
export function accessPolicyArgs(grant: GrantPlan, clusterName: Input<string>): AccessPolicyAssociationArgs {
  return {
    clusterName,
    principalArn: grant.role,
    policyArn: `arn:aws:eks::aws:cluster-access-policy/${grant.policy}`,
    accessScope:
      grant.namespaces === undefined
        ? { type: "cluster" }
        : { type: "namespace", namespaces: [...grant.namespaces] },
  };
}

/** How a system node is started: metadata for the node alone, every disk encrypted with the customer's key. */
export function nodeTemplateArgs(
  plan: ClusterPlan,
  pool: SystemPoolPlan,
  keyArn: Input<string>,
): LaunchTemplateArgs {
  const tags = { ...plan.tags, Name: `${plan.name}-system` };
  return {
    description: `System nodes of ${plan.name}`,
    updateDefaultVersion: true,
    metadataOptions: { httpEndpoint: "enabled", httpTokens: "required", httpPutResponseHopLimit: 1 },
    blockDeviceMappings: pool.devices.map(({ name, gib }) => ({
      deviceName: name,
      ebs: { ...encryptedDisk(keyArn), ...(gib !== undefined && { volumeSize: gib }) },
    })),
    tagSpecifications: ["instance", "volume", "network-interface"].map((resourceType) => ({
      resourceType,
      tags,
    })),
  };
}

/** The flags are texts, as the AWS API tells "left out" from "false". */
function encryptedDisk(keyArn: Input<string>): ec2.LaunchTemplateBlockDeviceMappingEbs {
  return { encrypted: "true", kmsKeyId: keyArn, volumeType: "gp3", deleteOnTermination: "true" };
}

type NodeGroupRefs = {
  readonly clusterName: Input<string>;
  readonly nodeRoleArn: Input<string>;
  readonly privateSubnetIds: readonly Input<string>[];
  readonly template: { readonly id: Input<string>; readonly version: Input<string> };
};

/** System nodes: one group over all zones, in the version of the control plane. */
export function nodeGroupArgs(plan: ClusterPlan, pool: SystemPoolPlan, refs: NodeGroupRefs): NodeGroupArgs {
  return {
    clusterName: refs.clusterName,
    nodeRoleArn: refs.nodeRoleArn,
    subnetIds: [...refs.privateSubnetIds],
    version: plan.version,
    amiType: pool.amiType,
    capacityType: "ON_DEMAND",
    instanceTypes: [...pool.instanceTypes],
    launchTemplate: { ...refs.template },
    scalingConfig: { minSize: pool.min, maxSize: pool.max, desiredSize: pool.desired },
    updateConfig: { maxUnavailable: pool.maxUnavailable, updateStrategy: pool.updateStrategy },
    nodeRepairConfig: { enabled: pool.nodeRepair },
    labels: { ...pool.labels },
    ...(pool.dedicated && {
      taints: [{ key: "CriticalAddonsOnly", value: "true", effect: "NO_SCHEDULE" }],
    }),
  };
}
