// What the load balancer controller may do in AWS: its published policy, without what this platform does not use,
// and bound to load balancers and security groups that carry this cluster's tag.
import { type Input, interpolate } from "@pulumi/pulumi";
import type { IamStatement } from "../kit/iam-policy.ts";

/** Tag that the controller puts on all it makes. */
const CLUSTER_TAG = "elbv2.k8s.aws/cluster";
const ELB = "elasticloadbalancing";
const SECURITY_GROUPS = "arn:aws:ec2:*:*:security-group/*";
const LOAD_BALANCERS = `arn:aws:${ELB}:*:*:loadbalancer/app/*/*`;
const TARGET_GROUPS = `arn:aws:${ELB}:*:*:targetgroup/*/*`;
const LISTENERS = `arn:aws:${ELB}:*:*:listener/app/*/*/*`;
const RULES = `arn:aws:${ELB}:*:*:listener-rule/app/*/*/*/*`;

export type ControllerAccess = {
  readonly clusterName: Input<string>;
  readonly vpcId: Input<string>;
  /** Security group of nodes and pods, which load balancers must be let into. */
  readonly clusterSecurityGroupId: Input<string>;
};

/** Statements for the role of `CONTROLLER_ACCOUNT`. Source: AWS Load Balancer Controller 3.4, `iam_policy.json`. */
export function controllerPermissions(access: ControllerAccess): IamStatement[] {
  return [...readStatements(), ...securityGroupStatements(access), ...loadBalancerStatements(access)];
}

/** Made by this cluster. */
function made(clusterName: Input<string>): NonNullable<IamStatement["conditions"]> {
  return { StringEquals: { [`aws:ResourceTag/${CLUSTER_TAG}`]: clusterName } };
}

/** Made by this cluster, and to stay so: the tag itself is out of reach. */
function retagging(clusterName: Input<string>): NonNullable<IamStatement["conditions"]> {
  return { ...made(clusterName), Null: { [`aws:RequestTag/${CLUSTER_TAG}`]: "true" } };
}

/** About to be made by this cluster. */
function making(clusterName: Input<string>): Readonly<Record<string, Input<string>>> {
  return { [`aws:RequestTag/${CLUSTER_TAG}`]: clusterName };
}

function readStatements(): IamStatement[] {
  const ec2 = [
    "DescribeAccountAttributes",
    "DescribeAvailabilityZones",
    "DescribeInstances",
    "DescribeInternetGateways",
    "DescribeNetworkInterfaces",
    "DescribeRouteTables",
    "DescribeSecurityGroups",
    "DescribeSubnets",
    "DescribeTags",
    "DescribeVpcs",
    "GetSecurityGroupsForVpc",
  ];
  const elb = [
    "DescribeCapacityReservation",
    "DescribeListenerAttributes",
    "DescribeListenerCertificates",
    "DescribeListeners",
    "DescribeLoadBalancerAttributes",
    "DescribeLoadBalancers",
    "DescribeRules",
    "DescribeSSLPolicies",
    "DescribeTags",
    "DescribeTargetGroupAttributes",
    "DescribeTargetGroups",
    "DescribeTargetHealth",
  ];
  return [
    { sid: "ReadNetwork", actions: ec2.map((action) => `ec2:${action}`), resources: ["*"] },
    { sid: "ReadLoadBalancers", actions: elb.map((action) => `${ELB}:${action}`), resources: ["*"] },
    {
      sid: "CreateServiceRole",
      actions: ["iam:CreateServiceLinkedRole"],
      resources: ["arn:aws:iam::*:role/aws-service-role/elasticloadbalancing.amazonaws.com/*"],
      conditions: { StringEquals: { "iam:AWSServiceName": "elasticloadbalancing.amazonaws.com" } },
    },
  ];
}

function securityGroupStatements(access: ControllerAccess): IamStatement[] {
  const { clusterName, vpcId, clusterSecurityGroupId } = access;
  const rules = ["ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"];
  return [
    {
      sid: "OpenNodes",
      actions: rules,
      resources: [interpolate`arn:aws:ec2:*:*:security-group/${clusterSecurityGroupId}`],
    },
    {
      sid: "CreateSecurityGroup",
      actions: ["ec2:CreateSecurityGroup"],
      resources: [interpolate`arn:aws:ec2:*:*:vpc/${vpcId}`, SECURITY_GROUPS],
    },
    {
      sid: "TagNewSecurityGroup",
      actions: ["ec2:CreateTags"],
      resources: [SECURITY_GROUPS],
      conditions: {
        StringEquals: { "ec2:CreateAction": "CreateSecurityGroup", ...making(clusterName) },
      },
    },
    {
      sid: "TagOwnSecurityGroups",
      actions: ["ec2:CreateTags", "ec2:DeleteTags"],
      resources: [SECURITY_GROUPS],
      conditions: retagging(clusterName),
    },
    {
      sid: "ChangeOwnSecurityGroups",
      actions: [...rules, "ec2:DeleteSecurityGroup"],
      resources: [SECURITY_GROUPS],
      conditions: made(clusterName),
    },
  ];
}

const CREATE = ["CreateLoadBalancer", "CreateTargetGroup", "CreateListener", "CreateRule"];

const CHANGE = [
  "AddListenerCertificates",
  "DeleteListener",
  "DeleteLoadBalancer",
  "DeleteRule",
  "DeleteTargetGroup",
  "DeregisterTargets",
  "ModifyCapacityReservation",
  "ModifyListener",
  "ModifyListenerAttributes",
  "ModifyLoadBalancerAttributes",
  "ModifyRule",
  "ModifyTargetGroup",
  "ModifyTargetGroupAttributes",
  "RegisterTargets",
  "RemoveListenerCertificates",
  "SetIpAddressType",
  "SetRulePriorities",
  "SetSecurityGroups",
  "SetSubnets",
];

function loadBalancerStatements({ clusterName }: ControllerAccess): IamStatement[] {
  const resources = [LOAD_BALANCERS, TARGET_GROUPS, LISTENERS, RULES];
  const toActions = (names: readonly string[]) => names.map((name) => `${ELB}:${name}`);
  return [
    {
      sid: "Create",
      actions: toActions(CREATE),
      resources,
      conditions: { StringEquals: making(clusterName) },
    },
    {
      // Not with any call that tags: tagged as its own, a load balancer of others would be its own.
      sid: "TagNew",
      actions: toActions(["AddTags"]),
      resources,
      conditions: { StringEquals: { [`${ELB}:CreateAction`]: CREATE, ...making(clusterName) } },
    },
    {
      sid: "TagOwn",
      actions: toActions(["AddTags", "RemoveTags"]),
      resources,
      conditions: retagging(clusterName),
    },
    { sid: "ChangeOwn", actions: toActions(CHANGE), resources, conditions: made(clusterName) },
  ];
}
