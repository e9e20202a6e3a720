// Ids and ARNs of AWS resources in AWS's own forms, made from names and URNs, so that they are the same every time. Pure.
import { createHash } from "node:crypto";
import type { PropertyMap } from "../property-values.ts";
import { stringAt } from "../property-values.ts";
import { nameOfUrn } from "../provider-messages.ts";
import type { Account } from "./account.ts";

export type Subject = {
  readonly type: string;
  readonly urn: string;
  readonly account: Account;
  readonly region: string;
  /** Without secret wrappers. */
  readonly inputs: PropertyMap;
  readonly nameProperty: string | undefined;
};

type Form = { readonly id: string; readonly arn?: string };

const ec2 = (prefix: string, kind: string): Form => ({
  id: `${prefix}-{hash}`,
  arn: `arn:{partition}:ec2:{region}:{account}:${kind}/{id}`,
});
const iam = (kind: string, id: string): Form => ({
  id,
  arn: `arn:{partition}:iam::{account}:${kind}/{name}`,
});

/** `{name}`, `{hash}`, `{id}`, `{account}`, `{region}`, `{partition}`, or an input such as `{clusterName}`. */
const FORMS: Readonly<Record<string, Form>> = {
  "aws:ec2/vpc:Vpc": ec2("vpc", "vpc"),
  "aws:ec2/subnet:Subnet": ec2("subnet", "subnet"),
  "aws:ec2/securityGroup:SecurityGroup": ec2("sg", "security-group"),
  "aws:ec2/routeTable:RouteTable": ec2("rtb", "route-table"),
  "aws:ec2/internetGateway:InternetGateway": ec2("igw", "internet-gateway"),
  "aws:ec2/natGateway:NatGateway": ec2("nat", "natgateway"),
  "aws:ec2/eip:Eip": ec2("eipalloc", "elastic-ip"),
  "aws:ec2/vpcEndpoint:VpcEndpoint": ec2("vpce", "vpc-endpoint"),
  "aws:ec2/launchTemplate:LaunchTemplate": ec2("lt", "launch-template"),
  "aws:ec2/flowLog:FlowLog": ec2("fl", "vpc-flow-log"),
  "aws:ec2/routeTableAssociation:RouteTableAssociation": { id: "rtbassoc-{hash}" },
  "aws:ec2/route:Route": { id: "r-{hash}" },
  "aws:eks/cluster:Cluster": { id: "{name}", arn: "arn:{partition}:eks:{region}:{account}:cluster/{name}" },
  "aws:eks/nodeGroup:NodeGroup": {
    id: "{clusterName}:{name}",
    arn: "arn:{partition}:eks:{region}:{account}:nodegroup/{clusterName}/{name}/{hash}",
  },
  "aws:eks/addon:Addon": {
    id: "{clusterName}:{addonName}",
    arn: "arn:{partition}:eks:{region}:{account}:addon/{clusterName}/{addonName}/{hash}",
  },
  "aws:eks/accessEntry:AccessEntry": { id: "{clusterName}:{principalArn}" },
  "aws:eks/podIdentityAssociation:PodIdentityAssociation": { id: "a-{hash}" },
  "aws:iam/role:Role": iam("role", "{name}"),
  "aws:iam/policy:Policy": iam("policy", "{arn}"),
  "aws:iam/instanceProfile:InstanceProfile": iam("instance-profile", "{name}"),
  "aws:iam/rolePolicy:RolePolicy": { id: "{role}:{name}" },
  "aws:kms/key:Key": { id: "{uuid}", arn: "arn:{partition}:kms:{region}:{account}:key/{id}" },
  "aws:kms/alias:Alias": { id: "{name}", arn: "arn:{partition}:kms:{region}:{account}:{name}" },
  "aws:s3/bucket:Bucket": { id: "{name}", arn: "arn:{partition}:s3:::{name}" },
  "aws:ecr/repository:Repository": {
    id: "{name}",
    arn: "arn:{partition}:ecr:{region}:{account}:repository/{name}",
  },
  "aws:rds/instance:Instance": { id: "db-{HASH}", arn: "arn:{partition}:rds:{region}:{account}:db:{name}" },
  "aws:rds/cluster:Cluster": { id: "{name}", arn: "arn:{partition}:rds:{region}:{account}:cluster:{name}" },
  "aws:rds/clusterInstance:ClusterInstance": {
    id: "{name}",
    arn: "arn:{partition}:rds:{region}:{account}:db:{name}",
  },
  "aws:rds/subnetGroup:SubnetGroup": {
    id: "{name}",
    arn: "arn:{partition}:rds:{region}:{account}:subgrp:{name}",
  },
  "aws:elasticache/replicationGroup:ReplicationGroup": {
    id: "{name}",
    arn: "arn:{partition}:elasticache:{region}:{account}:replicationgroup:{name}",
  },
  "aws:secretsmanager/secret:Secret": {
    id: "{arn}",
    arn: "arn:{partition}:secretsmanager:{region}:{account}:secret:{name}-{short}",
  },
  "aws:secretsmanager/secretVersion:SecretVersion": { id: "{secretId}|terraform-{hash}" },
  "aws:sqs/queue:Queue": {
    id: "https://sqs.{region}.amazonaws.com/{account}/{name}",
    arn: "arn:{partition}:sqs:{region}:{account}:{name}",
  },
  "aws:cloudwatch/logGroup:LogGroup": {
    id: "{name}",
    arn: "arn:{partition}:logs:{region}:{account}:log-group:{name}",
  },
};

/** Settings of one bucket have its name as their id. */
const OF_A_BUCKET = /^aws:s3\/bucket[A-Z]/;

export type Identity = {
  readonly id: string;
  readonly arn: string;
  readonly hash: string;
  readonly name: string;
};

export function identityOf(subject: Subject): Identity {
  const { type, urn, account, region, inputs } = subject;
  const [, module = "", kind = ""] = type.split(":");
  const name = (subject.nameProperty && stringAt(inputs, [subject.nameProperty])) ?? nameOfUrn(urn);
  const hex = createHash("sha256").update(`${account.id}/${region}/${urn}/${name}`).digest("hex");
  const hash = hex.slice(0, 17);
  const words: Readonly<Record<string, string>> = {
    name,
    hash,
    HASH: hex.slice(0, 26).toUpperCase(),
    short: hex.slice(0, 6),
    uuid: [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
      "-",
    ),
    account: account.id,
    region,
    partition: account.partition,
  };
  const fill = (form: string, more: Readonly<Record<string, string>>): string =>
    form.replaceAll(
      /\{(\w+)\}/g,
      (_, key: string) => more[key] ?? words[key] ?? stringAt(inputs, [key]) ?? hash,
    );
  const usual = `arn:{partition}:${module.split("/")[0]}:{region}:{account}:${kind.toLowerCase()}/{name}`;
  const form = OF_A_BUCKET.test(type) ? { id: "{bucket}" } : FORMS[type];
  const idForm = form?.id ?? (subject.nameProperty === undefined ? `{name}-{hash}` : "{name}");
  const id = idForm === "{arn}" ? "" : fill(idForm, {});
  const arn = fill(form?.arn ?? usual, { id });
  return { id: idForm === "{arn}" ? arn : id, arn, hash, name };
}
