// What Karpenter may do in the account: launch and end machines of its own cluster, and read what is for sale.
import { type Input, interpolate, type Output } from "@pulumi/pulumi";
import type { IamStatement } from "../kit/iam-policy.ts";

export type KarpenterScope = {
  readonly accountId: string;
  readonly region: string;
  readonly clusterName: Input<string>;
  readonly clusterArn: Input<string>;
  readonly subnetIds: readonly Input<string>[];
  readonly securityGroupId: Input<string>;
  readonly volumesKeyArn: Input<string>;
  readonly nodeRoleArn: Input<string>;
  readonly instanceProfileArn: Input<string>;
  readonly queueArn: Input<string>;
};

/** Tags that Karpenter gives to all it makes. */
const CLUSTER_TAG = "eks:eks-cluster-name";
const POOL_TAG = "karpenter.sh/nodepool";
const CLAIM_TAG = "karpenter.sh/nodeclaim";

/** The statements of its role. Source: Karpenter's own policy, narrowed to the subnets, group, key and profile of one cluster. */
export function karpenterStatements(scope: KarpenterScope): readonly IamStatement[] {
  return [
    ...launchStatements(scope),
    ...ownedStatements(scope),
    ...readStatements(scope),
    ...useStatements(scope),
  ];
}

function launchStatements(scope: KarpenterScope): readonly IamStatement[] {
  const ec2 = (kind: string) => `arn:aws:ec2:${scope.region}:${scope.accountId}:${kind}/*`;
  const launch = ["ec2:RunInstances", "ec2:CreateFleet"];
  return [
    {
      sid: "LaunchIntoTheCluster",
      actions: launch,
      resources: [
        `arn:aws:ec2:${scope.region}::image/*`,
        `arn:aws:ec2:${scope.region}:*:snapshot/*`,
        ...scope.subnetIds.map((id) => ec2Arn(scope, "subnet", id)),
        ec2Arn(scope, "security-group", scope.securityGroupId),
        ec2("capacity-reservation"),
        ec2("placement-group"),
      ],
    },
    {
      sid: "LaunchFromOwnTemplates",
      actions: launch,
      resources: [ec2("launch-template")],
      conditions: owned(scope, "ResourceTag"),
    },
    {
      sid: "LaunchWithTags",
      actions: [...launch, "ec2:CreateLaunchTemplate"],
      resources: CREATED.map(ec2),
      conditions: owned(scope, "RequestTag"),
    },
  ];
}

const CREATED = [
  "fleet",
  "instance",
  "volume",
  "network-interface",
  "launch-template",
  "spot-instances-request",
];

function ec2Arn({ region, accountId }: KarpenterScope, kind: string, id: Input<string>): Output<string> {
  return interpolate`arn:aws:ec2:${region}:${accountId}:${kind}/${id}`;
}

function owned(
  { clusterName }: KarpenterScope,
  whose: "RequestTag" | "ResourceTag",
): NonNullable<IamStatement["conditions"]> {
  return {
    StringEquals: { [`aws:${whose}/${CLUSTER_TAG}`]: clusterName },
    StringLike: { [`aws:${whose}/${POOL_TAG}`]: "*" },
  };
}

/** What it does to what it has made itself. */
function ownedStatements(scope: KarpenterScope): readonly IamStatement[] {
  const ec2 = (kind: string) => `arn:aws:ec2:${scope.region}:${scope.accountId}:${kind}/*`;
  const created = owned(scope, "RequestTag");
  return [
    {
      sid: "TagWhatItCreates",
      actions: ["ec2:CreateTags"],
      resources: CREATED.map(ec2),
      conditions: {
        ...created,
        StringEquals: {
          ...created.StringEquals,
          "ec2:CreateAction": ["RunInstances", "CreateFleet", "CreateLaunchTemplate"],
        },
      },
    },
    {
      sid: "TagOwnMachines",
      actions: ["ec2:CreateTags"],
      resources: [ec2("instance")],
      conditions: {
        ...owned(scope, "ResourceTag"),
        "ForAllValues:StringEquals": { "aws:TagKeys": [CLUSTER_TAG, CLAIM_TAG, "Name"] },
      },
    },
    {
      sid: "EndOwnMachines",
      actions: ["ec2:TerminateInstances", "ec2:DeleteLaunchTemplate"],
      resources: [ec2("instance"), ec2("launch-template")],
      conditions: owned(scope, "ResourceTag"),
    },
  ];
}

/** AWS takes most of these reads for all resources only. */
function readStatements(scope: KarpenterScope): readonly IamStatement[] {
  return [
    {
      sid: "ReadTheRegion",
      actions: READS.map((action) => `ec2:${action}`),
      resources: ["*"],
      conditions: { StringEquals: { "aws:RequestedRegion": scope.region } },
    },
    { sid: "ReadPrices", actions: ["pricing:GetProducts"], resources: ["*"] },
    {
      sid: "ReadNodeImages",
      actions: ["ssm:GetParameter"],
      resources: [`arn:aws:ssm:${scope.region}::parameter/aws/service/*`],
    },
    { sid: "ReadTheCluster", actions: ["eks:DescribeCluster"], resources: [scope.clusterArn] },
    { sid: "ReadTheProfile", actions: ["iam:GetInstanceProfile"], resources: [scope.instanceProfileArn] },
    {
      // It looks for profiles of its own to clean up; here it has none.
      sid: "ListOwnProfiles",
      actions: ["iam:ListInstanceProfiles"],
      resources: [`arn:aws:iam::${scope.accountId}:instance-profile/*`],
    },
  ];
}

const READS = [
  "DescribeCapacityReservations",
  "DescribeImages",
  "DescribeInstances",
  "DescribeInstanceStatus",
  "DescribeInstanceTypeOfferings",
  "DescribeInstanceTypes",
  "DescribeLaunchTemplates",
  "DescribePlacementGroups",
  "DescribeSecurityGroups",
  "DescribeSpotPriceHistory",
  "DescribeSubnets",
];

/** What machines need to start, and the news that they are about to go. */
function useStatements(scope: KarpenterScope): readonly IamStatement[] {
  const viaEc2 = { StringEquals: { "kms:ViaService": `ec2.${scope.region}.amazonaws.com` } };
  return [
    {
      sid: "GiveNodesTheirRole",
      actions: ["iam:PassRole"],
      resources: [scope.nodeRoleArn],
      conditions: { StringEquals: { "iam:PassedToService": "ec2.amazonaws.com" } },
    },
    {
      sid: "EncryptDisks",
      actions: [
        "kms:DescribeKey",
        "kms:GenerateDataKeyWithoutPlaintext",
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
      ],
      resources: [scope.volumesKeyArn],
      conditions: viaEc2,
    },
    {
      sid: "LetDisksUseTheKey",
      actions: ["kms:CreateGrant"],
      resources: [scope.volumesKeyArn],
      conditions: { ...viaEc2, Bool: { "kms:GrantIsForAWSResource": "true" } },
    },
    {
      sid: "HearOfInterruptions",
      actions: ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ReceiveMessage"],
      resources: [scope.queueArn],
    },
  ];
}
