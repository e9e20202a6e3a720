// Plan of the backups → arguments of vault, lock, role, plan and selection.
import type { PlanArgs } from "@pulumi/aws/backup/plan.js";
import type { SelectionArgs } from "@pulumi/aws/backup/selection.js";
import type { VaultArgs } from "@pulumi/aws/backup/vault.js";
import type { VaultLockConfigurationArgs } from "@pulumi/aws/backup/vaultLockConfiguration.js";
import type { RoleArgs } from "@pulumi/aws/iam/role.js";
import type { Input } from "@pulumi/pulumi";
import { trustPolicy } from "../kit/iam-policy.ts";
import type { BackupPlanRefs } from "./backup-plan.args.ts";
import type { BackupPlanPlan } from "./backup-plan.plan.ts";

/** AWS's own policies for AWS Backup: they grow with the services it can copy. */
export const BACKUP_POLICIES = {
  backup: "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup",
  restore: "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForRestores",
} as const;

/** Where copies lie, encrypted with a key of their own. */
export function vaultArgs(plan: BackupPlanPlan, keyArn: Input<string>): VaultArgs {
  return { name: plan.name, kmsKeyArn: keyArn, forceDestroy: false };
}

/** Bounds on how long copies live. */
export function vaultLockArgs(
  lock: NonNullable<BackupPlanPlan["lock"]>,
  vault: Input<string>,
): VaultLockConfigurationArgs {
  const { minRetentionDays, maxRetentionDays, graceDays } = lock;
  return {
    backupVaultName: vault,
    minRetentionDays,
    maxRetentionDays,
    ...(graceDays !== undefined && { changeableForDays: graceDays }),
  };
}

/** What AWS Backup works as. */
export function backupRoleArgs(plan: BackupPlanPlan): RoleArgs {
  return {
    description: `AWS Backup for ${plan.name}`,
    assumeRolePolicy: trustPolicy("backup.amazonaws.com"),
  };
}

/** When copies are made and how long they are kept. */
export function backupPlanArgs(plan: BackupPlanPlan, vault: Input<string>): PlanArgs {
  return {
    name: plan.name,
    rules: plan.rules.map((rule) => ({
      ruleName: rule.name,
      targetVaultName: vault,
      schedule: rule.schedule,
      startWindow: rule.startWithinMinutes,
      enableContinuousBackup: rule.continuous,
      lifecycle: { deleteAfter: rule.retentionDays },
    })),
  };
}

type SelectionRefs = Pick<BackupPlanRefs, "resources"> & {
  readonly planId: Input<string>;
  readonly roleArn: Input<string>;
};

/** What is backed up: by tag or by name. */
export function selectionArgs(plan: BackupPlanPlan, refs: SelectionRefs): SelectionArgs {
  const { select } = plan;
  const common = { name: plan.name, planId: refs.planId, iamRoleArn: refs.roleArn };
  if (select.by === "arn") return { ...common, resources: [...(refs.resources ?? [])] };
  return { ...common, selectionTags: [{ type: "STRINGEQUALS", key: select.key, value: select.value }] };
}
