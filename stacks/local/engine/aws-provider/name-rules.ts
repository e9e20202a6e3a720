// How AWS wants the things named that this platform names: length and characters. Pure.
import { isUnknown, type PropertyMap } from "../property-values.ts";
import type { CheckProblem } from "../provider-messages.ts";

type NameRule = { readonly property: string; readonly pattern: RegExp; readonly want: string };

const RDS_IDENTIFIER = /^(?=.{1,63}$)[a-z](?:-?[a-z0-9])*$/;
const RDS_WANT =
  "1 to 63 lower-case letters, digits and single hyphens, beginning with a letter and not ending with a hyphen";
const rds = (property: string): NameRule => ({ property, pattern: RDS_IDENTIFIER, want: RDS_WANT });
const IAM_WANT = "letters, digits and +=,.@_-";
const iam = (most: number): NameRule => ({
  property: "name",
  pattern: new RegExp(`^[\\w+=,.@-]{1,${most}}$`),
  want: `1 to ${most} ${IAM_WANT}`,
});

const NAMES: Readonly<Record<string, NameRule>> = {
  "aws:eks/cluster:Cluster": {
    property: "name",
    pattern: /^[0-9A-Za-z][\w-]{0,99}$/,
    want: "1 to 100 letters, digits, hyphens and underscores, beginning with a letter or digit",
  },
  "aws:eks/nodeGroup:NodeGroup": {
    property: "nodeGroupName",
    pattern: /^[0-9A-Za-z][\w-]{0,62}$/,
    want: "1 to 63 letters, digits, hyphens and underscores, beginning with a letter or digit",
  },
  "aws:s3/bucket:Bucket": {
    property: "bucket",
    pattern:
      /^(?!xn--|sthree-)(?!(?:\d+\.){3}\d+$)(?!.*\.\.)(?!.*-s3alias$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
    want: "3 to 63 lower-case letters, digits, hyphens and single dots, beginning and ending with a letter or digit",
  },
  "aws:ecr/repository:Repository": {
    property: "name",
    pattern: /^(?=.{2,256}$)[a-z0-9]+(?:[._-][a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-][a-z0-9]+)*)*$/,
    want: "2 to 256 lower-case letters and digits, with single . _ - between them, in parts divided by /",
  },
  "aws:rds/instance:Instance": rds("identifier"),
  "aws:rds/cluster:Cluster": rds("clusterIdentifier"),
  "aws:rds/clusterInstance:ClusterInstance": rds("identifier"),
  "aws:rds/subnetGroup:SubnetGroup": {
    property: "name",
    pattern: /^(?!default$)[a-z0-9._ -]{1,255}$/,
    want: "1 to 255 lower-case letters, digits, dots, underscores, spaces and hyphens, and not the word default",
  },
  "aws:elasticache/replicationGroup:ReplicationGroup": {
    property: "replicationGroupId",
    pattern: /^(?=.{1,40}$)[a-z](?:-?[a-z0-9])*$/,
    want: "1 to 40 lower-case letters, digits and single hyphens, beginning with a letter and not ending with a hyphen",
  },
  "aws:iam/role:Role": iam(64),
  "aws:iam/policy:Policy": iam(128),
  "aws:iam/instanceProfile:InstanceProfile": iam(128),
  "aws:kms/alias:Alias": {
    property: "name",
    pattern: /^alias\/(?!aws\/)[\w/-]{1,250}$/,
    want: "alias/ and then up to 250 letters, digits, slashes, underscores and hyphens, not beginning with aws/",
  },
  "aws:secretsmanager/secret:Secret": {
    property: "name",
    pattern: /^[\w/+=.@-]{1,512}$/,
    want: "1 to 512 letters, digits and /_+=.@-",
  },
  "aws:sqs/queue:Queue": {
    property: "name",
    pattern: /^[\w-]{1,75}\.fifo$|^[\w-]{1,80}$/,
    want: "1 to 80 letters, digits, hyphens and underscores",
  },
  "aws:cloudwatch/logGroup:LogGroup": {
    property: "name",
    pattern: /^[\w./#-]{1,512}$/,
    want: "1 to 512 letters, digits and _-/.#",
  },
  "aws:ec2/launchTemplate:LaunchTemplate": {
    property: "name",
    pattern: /^[\w()./-]{3,128}$/,
    want: "3 to 128 letters, digits and ()./-_",
  },
  "aws:ec2/securityGroup:SecurityGroup": {
    property: "name",
    pattern: /^(?!sg-)[\w .:/()#,@[\]+=&;{}!$*-]{1,255}$/,
    want: "1 to 255 characters, not beginning with sg-",
  },
};

/** Inputs without secret wrappers, names filled in. */
export function checkNames(type: string, inputs: PropertyMap): readonly CheckProblem[] {
  const rule = NAMES[type];
  const name = rule && inputs[rule.property];
  if (rule === undefined || typeof name !== "string" || isUnknown(name) || rule.pattern.test(name)) return [];
  return [{ property: rule.property, reason: `got ${JSON.stringify(name)}, want ${rule.want}` }];
}
