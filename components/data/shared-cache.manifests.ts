// Plan of the shared cache → arguments of its subnet group, user, user group and replication group.
import type { ReplicationGroupArgs } from "@pulumi/aws/elasticache/replicationGroup.js";
import type { SubnetGroupArgs } from "@pulumi/aws/elasticache/subnetGroup.js";
import type { UserArgs } from "@pulumi/aws/elasticache/user.js";
import type { UserGroupArgs } from "@pulumi/aws/elasticache/userGroup.js";
import type { Input } from "@pulumi/pulumi";
import type { SharedCacheArgs } from "./shared-cache.args.ts";
import { type SharedCachePlan, VALKEY_PORT } from "./shared-cache.plan.ts";

/** Where the cache may have addresses: the private subnets. */
export function cacheSubnetGroupArgs(
  plan: SharedCachePlan,
  { subnetIds }: SharedCacheArgs["refs"],
): SubnetGroupArgs {
  return { description: `Private subnets of ${plan.identifier}`, subnetIds: [...subnetIds] };
}

/** The platform's user: it signs in with its IAM role, and there is no password. */
export function cacheUserArgs(plan: SharedCachePlan): UserArgs {
  return {
    userId: plan.userId,
    // ElastiCache asks for the same name and id where IAM signs the user in.
    userName: plan.userId,
    engine: "valkey",
    accessString: plan.accessString,
    authenticationMode: { type: "iam" },
  };
}

/** Who may sign in: the one user. A group of engine `valkey` has no default user without a password. */
export function cacheUserGroupArgs(plan: SharedCachePlan, userId: Input<string>): UserGroupArgs {
  return { userGroupId: `${plan.identifier}-users`, engine: "valkey", userIds: [userId] };
}

type GroupRefs = {
  readonly subnetGroup: Input<string>;
  readonly securityGroupId: Input<string>;
  readonly userGroup: Input<string>;
  readonly storageKeyArn: Input<string>;
};

/** The primary and its replicas. */
export function replicationGroupArgs(plan: SharedCachePlan, refs: GroupRefs): ReplicationGroupArgs {
  return {
    replicationGroupId: plan.identifier,
    description: `Shared cache of ${plan.identifier}`,
    engine: "valkey",
    engineVersion: plan.engineVersion,
    nodeType: plan.nodeType,
    port: VALKEY_PORT,
    numCacheClusters: plan.nodes,
    preferredCacheClusterAzs: [...plan.zones],
    automaticFailoverEnabled: plan.automaticFailover,
    multiAzEnabled: plan.automaticFailover,
    subnetGroupName: refs.subnetGroup,
    securityGroupIds: [refs.securityGroupId],
    userGroupIds: [refs.userGroup],
    transitEncryptionEnabled: true,
    transitEncryptionMode: "required",
    atRestEncryptionEnabled: true,
    kmsKeyId: refs.storageKeyArn,
    snapshotRetentionLimit: plan.snapshotRetentionDays,
    snapshotWindow: "02:00-03:00",
    maintenanceWindow: "sun:04:00-sun:05:00",
    finalSnapshotIdentifier: `${plan.identifier}-final`,
    autoMinorVersionUpgrade: plan.autoMinorVersionUpgrade,
  };
}
