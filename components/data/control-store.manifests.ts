// Plan of the control store → arguments of its subnet group, parameter group, log groups, cluster and instances.
import type { LogGroupArgs } from "@pulumi/aws/cloudwatch/logGroup.js";
import type { ClusterArgs } from "@pulumi/aws/rds/cluster.js";
import type { ClusterInstanceArgs } from "@pulumi/aws/rds/clusterInstance.js";
import type { InstanceArgs } from "@pulumi/aws/rds/instance.js";
import type { ParameterGroupArgs } from "@pulumi/aws/rds/parameterGroup.js";
import type { SubnetGroupArgs } from "@pulumi/aws/rds/subnetGroup.js";
import type { Input } from "@pulumi/pulumi";
import type { ControlStoreRefs } from "./control-store.args.ts";
import { type AuroraPlan, type ControlStorePlan, POSTGRES_PORT, type RdsPlan } from "./control-store.plan.ts";

const MASTER_USER = "rampa_admin";
/** Days of query statistics that AWS keeps free of charge. */
const INSIGHTS_DAYS = 7;

/** Where the store may have addresses: the private subnets. */
export function subnetGroupArgs(plan: ControlStorePlan, refs: ControlStoreRefs): SubnetGroupArgs {
  return { description: `Private subnets of ${plan.identifier}`, subnetIds: [...refs.subnetIds] };
}

/** Refuses connections without TLS; the same for a cluster's and an instance's parameter group. */
export function parameterGroupArgs(plan: ControlStorePlan): ParameterGroupArgs {
  return {
    family: plan.family,
    description: `TLS only, for ${plan.identifier}`,
    parameters: [{ name: "rds.force_ssl", value: "1" }],
  };
}

/** The group that RDS writes one log to. */
export function logGroupArgs(plan: ControlStorePlan, group: string, logsKeyArn: Input<string>): LogGroupArgs {
  return { name: group, retentionInDays: plan.logRetentionDays, kmsKeyId: logsKeyArn };
}

export type StorePlaces = {
  readonly subnetGroup: Input<string>;
  readonly parameterGroup: Input<string>;
  readonly securityGroupId: Input<string>;
};

/** What cluster and instance have in common. */
function storeArgs(plan: ControlStorePlan, refs: ControlStoreRefs, places: StorePlaces) {
  return {
    engineVersion: plan.engineVersion,
    port: POSTGRES_PORT,
    dbSubnetGroupName: places.subnetGroup,
    vpcSecurityGroupIds: [places.securityGroupId],
    storageEncrypted: true,
    kmsKeyId: refs.storageKeyArn,
    iamDatabaseAuthenticationEnabled: true,
    // RDS makes the password, rotates it and keeps it in Secrets Manager: the state never holds it.
    manageMasterUserPassword: true,
    masterUserSecretKmsKeyId: refs.secretsKeyArn,
    backupRetentionPeriod: plan.backupRetentionDays,
    copyTagsToSnapshot: true,
    // Backups outlive the store by their retention: a deletion by mistake can be undone to the second.
    deleteAutomatedBackups: false,
    skipFinalSnapshot: false,
    finalSnapshotIdentifier: `${plan.identifier}-final`,
    deletionProtection: plan.deletionProtection,
    enabledCloudwatchLogsExports: plan.logs.map(({ type }) => type),
    // Paid extended support is refused: a version out of support is to be upgraded, not paid for.
    engineLifecycleSupport: "open-source-rds-extended-support-disabled",
  };
}

/** The Aurora cluster: storage in three zones, capacity by demand. */
export function clusterArgs(
  plan: ControlStorePlan,
  engine: AuroraPlan,
  refs: ControlStoreRefs & { readonly places: StorePlaces },
): ClusterArgs {
  return {
    ...storeArgs(plan, refs, refs.places),
    clusterIdentifier: plan.identifier,
    engine: "aurora-postgresql",
    engineMode: "provisioned",
    databaseName: plan.database,
    masterUsername: MASTER_USER,
    dbClusterParameterGroupName: refs.places.parameterGroup,
    preferredBackupWindow: plan.backupWindow,
    preferredMaintenanceWindow: plan.maintenanceWindow,
    serverlessv2ScalingConfiguration: toScaling(engine),
  };
}

function toScaling({ minCapacity, maxCapacity, pauseAfterSeconds }: AuroraPlan) {
  return {
    minCapacity,
    maxCapacity,
    ...(pauseAfterSeconds !== undefined && { secondsUntilAutoPause: pauseAfterSeconds }),
  };
}

/** One instance of the Aurora cluster. */
export function clusterInstanceArgs(
  plan: ControlStorePlan,
  instance: AuroraPlan["instances"][number],
  refs: { readonly cluster: Input<string>; readonly storageKeyArn: Input<string> },
): ClusterInstanceArgs {
  return {
    identifier: `${plan.identifier}-${instance.suffix}`,
    clusterIdentifier: refs.cluster,
    engine: "aurora-postgresql",
    instanceClass: "db.serverless",
    availabilityZone: instance.zone,
    promotionTier: instance.tier,
    publiclyAccessible: false,
    autoMinorVersionUpgrade: plan.autoMinorVersionUpgrade,
    copyTagsToSnapshot: true,
    performanceInsightsEnabled: true,
    performanceInsightsKmsKeyId: refs.storageKeyArn,
    performanceInsightsRetentionPeriod: INSIGHTS_DAYS,
  };
}

/** The RDS instance, with its standby where `multiAz` is set. */
export function instanceArgs(
  plan: ControlStorePlan,
  engine: RdsPlan,
  refs: ControlStoreRefs & { readonly places: StorePlaces },
): InstanceArgs {
  return {
    ...storeArgs(plan, refs, refs.places),
    identifier: plan.identifier,
    engine: "postgres",
    instanceClass: engine.instanceClass,
    dbName: plan.database,
    username: MASTER_USER,
    multiAz: engine.multiAz,
    ...(engine.zone !== undefined && { availabilityZone: engine.zone }),
    publiclyAccessible: false,
    storageType: "gp3",
    allocatedStorage: engine.storageGib,
    maxAllocatedStorage: engine.maxStorageGib,
    parameterGroupName: refs.places.parameterGroup,
    backupWindow: plan.backupWindow,
    maintenanceWindow: plan.maintenanceWindow,
    autoMinorVersionUpgrade: plan.autoMinorVersionUpgrade,
    performanceInsightsEnabled: true,
    performanceInsightsKmsKeyId: refs.storageKeyArn,
    performanceInsightsRetentionPeriod: INSIGHTS_DAYS,
  };
}
