// Settings of an encryption key → its alias and its policy: who may manage it, who may use it and on what condition.
import type { IamStatement } from "../kit/iam-policy.ts";
import type { EncryptionKeySettings } from "./encryption.args.ts";

type Purpose = EncryptionKeySettings["purpose"];

export type EncryptionKeyPlan = {
  readonly alias: string;
  readonly description: string;
  readonly rotationPeriodInDays: number;
  readonly deletionWindowInDays: number;
  readonly protect: boolean;
  readonly policy: readonly IamStatement[];
};

const SUBJECTS: Readonly<Record<Purpose, string>> = {
  secrets: "Kubernetes Secrets",
  volumes: "disks of nodes and pods",
  logs: "log groups",
  models: "model weights",
  records: "records of requests",
  images: "container images",
  data: "databases, caches and secrets",
};

/** All that can be done with data, for a symmetric key. */
const USE = [
  "kms:Encrypt",
  "kms:Decrypt",
  "kms:ReEncryptFrom",
  "kms:ReEncryptTo",
  "kms:GenerateDataKey",
  "kms:GenerateDataKeyWithoutPlaintext",
  "kms:DescribeKey",
];

/** All that can be done to a symmetric key of one region, and to the grants by which AWS services use it. */
const MANAGE = [
  "kms:CancelKeyDeletion",
  "kms:CreateAlias",
  "kms:CreateGrant",
  "kms:DeleteAlias",
  "kms:DisableKey",
  "kms:DisableKeyRotation",
  "kms:EnableKey",
  "kms:EnableKeyRotation",
  "kms:GetKeyPolicy",
  "kms:GetKeyRotationStatus",
  "kms:ListGrants",
  "kms:ListKeyPolicies",
  "kms:ListKeyRotations",
  "kms:ListResourceTags",
  "kms:PutKeyPolicy",
  "kms:RetireGrant",
  "kms:RevokeGrant",
  "kms:RotateKeyOnDemand",
  "kms:ScheduleKeyDeletion",
  "kms:TagResource",
  "kms:UntagResource",
  "kms:UpdateAlias",
  "kms:UpdateKeyDescription",
];

/** In a key's policy `*` means the key itself. */
const THIS_KEY = ["*"];

/** Decides who may do what with the key. */
export function planEncryptionKey(settings: EncryptionKeySettings): EncryptionKeyPlan {
  const { prefix, purpose, rotationPeriodInDays, deletionWindowInDays, protect } = settings;
  return {
    alias: `alias/${prefix}-${purpose}`,
    description: `${prefix}: ${SUBJECTS[purpose]}`,
    rotationPeriodInDays,
    deletionWindowInDays,
    protect,
    policy: [...accountStatements(settings.account), ...serviceStatements(settings)],
  };
}

/** The account as principal gives nobody the key; it lets the account's own IAM policies give it, by name. */
function accountStatements(account: string): readonly IamStatement[] {
  const principals = { AWS: `arn:aws:iam::${account}:root` };
  return [
    { sid: "AllowIamToManage", principals, actions: MANAGE, resources: THIS_KEY },
    { sid: "AllowIamToUse", principals, actions: USE, resources: THIS_KEY },
  ];
}

function serviceStatements({ purpose, account, region }: EncryptionKeySettings): readonly IamStatement[] {
  switch (purpose) {
    case "logs":
      return logStatements(account, region);
    case "volumes":
      return volumeStatements(account);
    // The others are used with the rights of the role that calls, or by grants that this role makes.
    case "secrets":
    case "models":
    case "records":
    case "images":
    case "data":
      return [];
  }
}

/** Source: CloudWatch Logs user guide, "Encrypt log data using AWS KMS". */
function logStatements(account: string, region: string): readonly IamStatement[] {
  const logGroups = `arn:aws:logs:${region}:${account}:log-group:*`;
  return [
    {
      sid: "AllowLogGroupsOfAccount",
      principals: { Service: `logs.${region}.amazonaws.com` },
      actions: USE,
      resources: THIS_KEY,
      conditions: { ArnLike: { "kms:EncryptionContext:aws:logs:arn": logGroups } },
    },
  ];
}

/**
 * Managed node groups start their nodes through Auto Scaling, whose service-linked role has no rights of its own on
 * customer keys. Source: EC2 Auto Scaling user guide, "Required KMS key policy for use with encrypted volumes".
 */
function volumeStatements(account: string): readonly IamStatement[] {
  const role = "role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling";
  const principals = { AWS: `arn:aws:iam::${account}:${role}` };
  return [
    { sid: "AllowAutoScalingToUse", principals, actions: USE, resources: THIS_KEY },
    {
      sid: "AllowAutoScalingToAttach",
      principals,
      actions: ["kms:CreateGrant"],
      resources: THIS_KEY,
      conditions: { Bool: { "kms:GrantIsForAWSResource": "true" } },
    },
  ];
}
