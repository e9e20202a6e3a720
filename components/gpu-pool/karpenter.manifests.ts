// Plan of Karpenter → arguments of its roles, queue, event rules and release.
import type { EventRuleArgs } from "@pulumi/aws/cloudwatch/eventRule.js";
import type { RoleArgs } from "@pulumi/aws/iam/role.js";
import type { QueueArgs } from "@pulumi/aws/sqs/queue.js";
import type { ReleaseArgs } from "@pulumi/kubernetes/helm/v3/index.js";
import type { Input, Output } from "@pulumi/pulumi";
import { LABELS } from "../contract/labels.ts";
import { chartReleaseArgs } from "../kit/chart-release.ts";
import { iamPolicy, trustPolicy } from "../kit/iam-policy.ts";
import { podTrust } from "../kit/pod-trust.ts";
import type { KarpenterPlan } from "./gpu-support.plan.ts";

export const SERVICE_ACCOUNT = { namespace: "kube-system", name: "karpenter" } as const;

/** The controller's role, which only its own ServiceAccount in this cluster can take. */
export function controllerRoleArgs(
  plan: KarpenterPlan,
  cluster: { readonly clusterName: Input<string>; readonly clusterArn: Input<string> },
): RoleArgs {
  return {
    description: `Karpenter of ${plan.prefix}`,
    assumeRolePolicy: podTrust({
      ...cluster,
      namespace: SERVICE_ACCOUNT.namespace,
      serviceAccount: SERVICE_ACCOUNT.name,
      accountId: plan.accountId,
    }),
  };
}

/** The role of Karpenter's nodes: they join and pull images. Pods' network and identity have roles of their own. */
export function nodeRoleArgs(plan: KarpenterPlan): RoleArgs {
  return {
    description: `Karpenter nodes of ${plan.prefix}`,
    assumeRolePolicy: trustPolicy("ec2.amazonaws.com"),
  };
}

/** Source: EKS User Guide, "Amazon EKS node IAM role". */
export const NODE_POLICIES = ["AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly"] as const;

/** A message is worth nothing once its machine is gone. */
const RETENTION_SECONDS = 300;

export function queueArgs(plan: KarpenterPlan): QueueArgs {
  return {
    messageRetentionSeconds: RETENTION_SECONDS,
    sqsManagedSseEnabled: true,
    tags: { ...plan.tags },
  };
}

/** Only the rules may send, and nobody in clear. */
export function queuePolicy(queueArn: Input<string>, ruleArns: readonly Input<string>[]): Output<string> {
  return iamPolicy([
    {
      sid: "AllowRules",
      principals: { Service: "events.amazonaws.com" },
      actions: ["sqs:SendMessage"],
      resources: [queueArn],
      conditions: { ArnEquals: { "aws:SourceArn": ruleArns } },
    },
    {
      sid: "DenyClearText",
      effect: "Deny",
      principals: "*",
      actions: ["sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage"],
      resources: [queueArn],
      conditions: { Bool: { "aws:SecureTransport": "false" } },
    },
  ]);
}

type Event = { readonly source: string; readonly type: string };

/** What Karpenter understands of what happens to machines. Source: its interruption controller. */
export const EVENTS = {
  "health-event": { source: "aws.health", type: "AWS Health Event" },
  "spot-interruption": { source: "aws.ec2", type: "EC2 Spot Instance Interruption Warning" },
  "rebalance-recommendation": { source: "aws.ec2", type: "EC2 Instance Rebalance Recommendation" },
  "state-change": { source: "aws.ec2", type: "EC2 Instance State-change Notification" },
  "reservation-interruption": {
    source: "aws.ec2",
    type: "EC2 Capacity Reservation Instance Interruption Warning",
  },
} as const satisfies Record<string, Event>;

export function eventRuleArgs({ source, type }: Event): EventRuleArgs {
  return {
    description: `Karpenter: ${type}`,
    eventPattern: JSON.stringify({ source: [source], "detail-type": [type] }),
  };
}

type ReleaseRefs = { readonly clusterName: Input<string>; readonly queueName: Input<string> };

/** Two replicas on system nodes: a Karpenter on its own nodes could take them away from under itself. */
export function karpenterReleaseArgs(plan: KarpenterPlan, refs: ReleaseRefs): ReleaseArgs {
  const args = chartReleaseArgs("karpenter", {
    replicas: 2,
    additionalLabels: { ...plan.labels },
    serviceAccount: { name: SERVICE_ACCOUNT.name },
    nodeSelector: { "kubernetes.io/os": "linux", [LABELS.pool]: "system" },
    controller: { resources: RESOURCES },
    settings: {
      clusterName: refs.clusterName,
      interruptionQueue: refs.queueName,
      eksControlPlane: true,
      featureGates: { nodeRepair: plan.nodeRepair },
    },
  });
  return { ...args, skipCrds: true };
}

const RESOURCES = {
  requests: { cpu: "500m", memory: "1Gi" },
  limits: { cpu: "1", memory: "1Gi" },
};
