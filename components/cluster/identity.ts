// IAM documents of a cluster: who may take its roles, and what its roles may do with which key.
import type { Input, Output } from "@pulumi/pulumi";
import { type IamStatement, iamPolicy } from "../kit/iam-policy.ts";

type PodIdentity = {
  readonly clusterArn: Input<string>;
  readonly namespace: string;
  readonly serviceAccount: string;
};

/** Trust in one ServiceAccount of one cluster. Source: EKS, "Create IAM role with trust policy required by Pod Identity". */
export function podTrust({ clusterArn, namespace, serviceAccount }: PodIdentity): Output<string> {
  return iamPolicy([
    {
      sid: "AllowPod",
      principals: { Service: "pods.eks.amazonaws.com" },
      actions: ["sts:AssumeRole", "sts:TagSession"],
      conditions: {
        StringEquals: {
          "aws:RequestTag/eks-cluster-arn": clusterArn,
          "aws:RequestTag/kubernetes-namespace": namespace,
          "aws:RequestTag/kubernetes-service-account": serviceAccount,
        },
      },
    },
  ]);
}

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
