// Plan of a network → arguments of the VPC, its subnets, gateways, endpoints and flow logs.
import type { LogGroupArgs } from "@pulumi/aws/cloudwatch/logGroup.js";
import type { FlowLogArgs } from "@pulumi/aws/ec2/flowLog.js";
import type { SubnetArgs } from "@pulumi/aws/ec2/subnet.js";
import type { VpcArgs } from "@pulumi/aws/ec2/vpc.js";
import type { VpcEndpointArgs } from "@pulumi/aws/ec2/vpcEndpoint.js";
import type { RoleArgs } from "@pulumi/aws/iam/role.js";
import type { SecurityGroupIngressRuleArgs } from "@pulumi/aws/vpc/securityGroupIngressRule.js";
import { type Input, interpolate, type Output } from "@pulumi/pulumi";
import { iamPolicy } from "../kit/iam-policy.ts";
import type { VpcPlan, ZonePlan } from "./vpc.plan.ts";

/** Everywhere: only ever the destination of a route. */
export const ANYWHERE = "0.0.0.0/0";

/** The tag by which a person finds a resource in the console. */
export function nameTag(plan: VpcPlan, ...parts: readonly string[]): { Name: string } {
  return { Name: [plan.prefix, ...parts].join("-") };
}

/** Names inside the network are needed by private endpoints. */
export function networkArgs(plan: VpcPlan): VpcArgs {
  return {
    cidrBlock: plan.cidr,
    enableDnsSupport: true,
    enableDnsHostnames: true,
    tags: nameTag(plan),
  };
}

/** Where nodes and pods are; the tags tell load balancers and Karpenter. */
export function privateSubnetArgs(plan: VpcPlan, zone: ZonePlan, vpcId: Input<string>): SubnetArgs {
  return {
    vpcId,
    availabilityZone: zone.zone,
    cidrBlock: zone.privateCidr,
    mapPublicIpOnLaunch: false,
    tags: {
      ...nameTag(plan, "private", zone.zone),
      "kubernetes.io/role/internal-elb": "1",
      "karpenter.sh/discovery": plan.prefix,
    },
  };
}

/** Where NAT gateways and load balancers are. These bring their own addresses, so nothing else gets a public one. */
export function publicSubnetArgs(
  plan: VpcPlan,
  zone: { readonly zone: string; readonly cidr: string },
  vpcId: Input<string>,
): SubnetArgs {
  return {
    vpcId,
    availabilityZone: zone.zone,
    cidrBlock: zone.cidr,
    mapPublicIpOnLaunch: false,
    tags: { ...nameTag(plan, "public", zone.zone), "kubernetes.io/role/elb": "1" },
  };
}

type EndpointRefs = {
  readonly vpcId: Input<string>;
  readonly subnetIds: readonly Input<string>[];
  readonly securityGroupId: Input<string>;
};

/** A service's own addresses inside the private subnets, under its usual name. */
export function interfaceEndpointArgs(plan: VpcPlan, service: string, refs: EndpointRefs): VpcEndpointArgs {
  return {
    vpcId: refs.vpcId,
    serviceName: `com.amazonaws.${plan.region}.${service}`,
    vpcEndpointType: "Interface",
    subnetIds: [...refs.subnetIds],
    securityGroupIds: [refs.securityGroupId],
    privateDnsEnabled: true,
    tags: nameTag(plan, service),
  };
}

/** S3 by a route: weights and image layers cost no NAT traffic. */
export function s3EndpointArgs(
  plan: VpcPlan,
  refs: { readonly vpcId: Input<string>; readonly routeTableIds: readonly Input<string>[] },
): VpcEndpointArgs {
  return {
    vpcId: refs.vpcId,
    serviceName: `com.amazonaws.${plan.region}.s3`,
    vpcEndpointType: "Gateway",
    routeTableIds: [...refs.routeTableIds],
    tags: nameTag(plan, "s3"),
  };
}

/** HTTPS from inside the network, and nothing else. */
export function endpointIngressArgs(
  plan: VpcPlan,
  securityGroupId: Input<string>,
): SecurityGroupIngressRuleArgs {
  return {
    securityGroupId,
    description: "HTTPS from the VPC",
    cidrIpv4: plan.cidr,
    ipProtocol: "tcp",
    fromPort: 443,
    toPort: 443,
  };
}

/** Encrypted, and deleted after its days. */
export function flowLogGroupArgs(
  flowLogs: NonNullable<VpcPlan["flowLogs"]>,
  keyArn: Input<string>,
): LogGroupArgs {
  return { name: flowLogs.logGroup, retentionInDays: flowLogs.retentionInDays, kmsKeyId: keyArn };
}

/** Taken by flow logs of this account and region only, so that no other account's can be sent through it. */
export function flowLogRoleArgs(plan: VpcPlan): RoleArgs {
  return {
    description: `${plan.prefix}: writes VPC flow logs`,
    assumeRolePolicy: iamPolicy([
      {
        sid: "AllowFlowLogsOfAccount",
        principals: { Service: "vpc-flow-logs.amazonaws.com" },
        actions: ["sts:AssumeRole"],
        conditions: {
          StringEquals: { "aws:SourceAccount": plan.account },
          ArnLike: { "aws:SourceArn": `arn:aws:ec2:${plan.region}:${plan.account}:vpc-flow-log/*` },
        },
      },
    ]),
  };
}

/**
 * By the group's name, which a preview knows, so that the policies can judge it there. Source: VPC user guide, "IAM role
 * for publishing flow logs", without the right to create log groups.
 */
export function flowLogPolicy(plan: VpcPlan, logGroup: Input<string>): Output<string> {
  const logGroups = `arn:aws:logs:${plan.region}:${plan.account}:log-group`;
  const own = interpolate`${logGroups}:${logGroup}`;
  return iamPolicy([
    {
      sid: "WriteOwnGroup",
      actions: ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
      resources: [own, interpolate`${own}:log-stream:*`],
    },
    { sid: "FindGroups", actions: ["logs:DescribeLogGroups"], resources: [`${logGroups}:*`] },
  ]);
}

type FlowLogRefs = {
  readonly vpcId: Input<string>;
  readonly logGroupArn: Input<string>;
  readonly roleArn: Input<string>;
};

/** All traffic, accepted and refused. */
export function flowLogArgs(plan: VpcPlan, refs: FlowLogRefs): FlowLogArgs {
  return {
    vpcId: refs.vpcId,
    trafficType: "ALL",
    logDestinationType: "cloud-watch-logs",
    logDestination: refs.logGroupArn,
    iamRoleArn: refs.roleArn,
    maxAggregationInterval: 600,
    tags: nameTag(plan),
  };
}
