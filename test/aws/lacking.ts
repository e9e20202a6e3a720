// What moto cannot hold: calls whose parameters AWS's models check alone, and resources without a call of their own.
import type { Step } from "./api-row.ts";

export type Lacking = { readonly service: string; readonly step: Step; readonly reason: string };

/** Types whose call botocore's models judge, and nobody carries out. */
export const CHECKED_ONLY: Readonly<Record<string, Lacking>> = {
  "aws:eks/accessEntry:AccessEntry": {
    service: "eks",
    step: { call: "create_access_entry", with: { tags: "$tags" } },
    reason: "moto has clusters, node groups and Fargate profiles of EKS, no access entries",
  },
  "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": {
    service: "eks",
    step: { call: "associate_access_policy" },
    reason: "moto has no access entries of EKS",
  },
  "aws:eks/addon:Addon": {
    service: "eks",
    step: {
      call: "create_addon",
      as: { resolveConflictsOnCreate: "resolveConflicts" },
      // The other half of the pair goes into `update_addon`.
      means: ["resolveConflictsOnUpdate"],
      with: { tags: "$tags" },
    },
    reason: "moto has no add-ons of EKS",
  },
  "aws:eks/podIdentityAssociation:PodIdentityAssociation": {
    service: "eks",
    step: { call: "create_pod_identity_association", with: { tags: "$tags" } },
    reason: "moto has no Pod Identity",
  },
  "aws:elasticache/userGroup:UserGroup": {
    service: "elasticache",
    step: { call: "create_user_group", with: { Tags: "$tags" } },
    reason: "moto has users of ElastiCache, no groups of users",
  },
  "aws:backup/selection:Selection": {
    service: "backup",
    step: {
      call: "create_backup_selection",
      as: {
        planId: "BackupPlanId",
        name: "BackupSelection.SelectionName",
        iamRoleArn: "BackupSelection.IamRoleArn",
        resources: "BackupSelection.Resources",
      },
    },
    reason: "moto has plans and vaults of AWS Backup, no selections",
  },
};

/** Types that no single call of AWS's API stands for. */
export const WITHOUT_CALL: Readonly<Record<string, string>> = {
  "pulumi:providers:aws": "the provider's own settings; its region, account and tags are used for every call",
  "aws:acm/certificateValidation:CertificateValidation":
    "only waits until the certificate is issued: moto issues it at once",
};
