// Who may take a pod's role: EKS Pod Identity, for the pods of one ServiceAccount of one cluster.
import type { Input, Output } from "@pulumi/pulumi";
import { iamPolicy } from "./iam-policy.ts";

const POD_IDENTITY = "pods.eks.amazonaws.com";

export type PodTrust = {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly clusterName?: Input<string> | undefined;
  /** Ties the role to this very cluster, not only to clusters of its name. */
  readonly clusterArn?: Input<string> | undefined;
  /** Account that Pod Identity must be acting for. */
  readonly accountId?: Input<string> | undefined;
};

/** Trust by session tags. Source: EKS User Guide, "Create IAM role with trust policy required by EKS Pod Identity". */
export function podTrust({ namespace, serviceAccount, ...cluster }: PodTrust): Output<string> {
  const { clusterName, clusterArn, accountId } = cluster;
  return iamPolicy([
    {
      sid: "AllowPodIdentity",
      principals: { Service: POD_IDENTITY },
      actions: ["sts:AssumeRole", "sts:TagSession"],
      conditions: {
        StringEquals: {
          ...(clusterName !== undefined && { "aws:RequestTag/eks-cluster-name": clusterName }),
          "aws:RequestTag/kubernetes-namespace": namespace,
          "aws:RequestTag/kubernetes-service-account": serviceAccount,
          ...(clusterArn !== undefined && { "aws:RequestTag/eks-cluster-arn": clusterArn }),
          ...(accountId !== undefined && { "aws:SourceAccount": accountId }),
        },
      },
    },
  ]);
}
