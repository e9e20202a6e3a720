// IAM statements of a cluster: what its roles may do with which key.
import type { Input } from "@pulumi/pulumi";
import type { IamStatement } from "../kit/iam-policy.ts";

/** What the control plane does with the key of the cluster's Secrets. */
export function secretsKeyStatement(keyArn: Input<string>): IamStatement {
  return {
    sid: "EncryptSecrets",
    actions: ["kms:Encrypt", "kms:Decrypt", "kms:ListGrants", "kms:DescribeKey"],
    resources: [keyArn],
  };
}

/** What a storage driver does with the key of the disks; grants only where EC2 asks for them. */
export function volumesKeyStatements(keyArn: Input<string>): readonly IamStatement[] {
  return [
    {
      sid: "GrantVolumes",
      actions: ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"],
      resources: [keyArn],
      conditions: { Bool: { "kms:GrantIsForAWSResource": "true" } },
    },
    {
      sid: "EncryptVolumes",
      actions: [
        "kms:Encrypt",
        "kms:Decrypt",
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
        "kms:GenerateDataKey",
        "kms:GenerateDataKeyWithoutPlaintext",
        "kms:DescribeKey",
      ],
      resources: [keyArn],
    },
  ];
}
