// Which inputs of which types AWS cannot change, so that a change makes a new resource. Pure.
import { isWithin } from "../changed-paths.ts";
import type { PropertyMap, PropertyValue } from "../property-values.ts";
import { isList } from "../property-values.ts";
import type { Declaration } from "./declarations.ts";

const DATABASE = ["engine", "storageEncrypted", "kmsKeyId", "snapshotIdentifier"];

/** Type token → paths below which nothing changes in place. `region` and the name never do, for any type. */
const RULES: Readonly<Record<string, readonly string[]>> = {
  "aws:ec2/vpc:Vpc": ["cidrBlock", "ipv4IpamPoolId", "ipv4NetmaskLength"],
  "aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation": ["vpcId", "cidrBlock"],
  "aws:ec2/subnet:Subnet": ["vpcId", "cidrBlock", "availabilityZone", "availabilityZoneId", "outpostArn"],
  "aws:ec2/internetGateway:InternetGateway": [],
  "aws:ec2/natGateway:NatGateway": ["allocationId", "connectivityType", "privateIp", "subnetId", "vpcId"],
  "aws:ec2/eip:Eip": ["domain", "address", "publicIpv4Pool", "networkBorderGroup"],
  "aws:ec2/routeTable:RouteTable": ["vpcId"],
  "aws:ec2/route:Route": ["routeTableId", "destinationCidrBlock", "destinationPrefixListId"],
  "aws:ec2/routeTableAssociation:RouteTableAssociation": ["subnetId", "gatewayId"],
  "aws:ec2/securityGroup:SecurityGroup": ["vpcId", "description"],
  "aws:ec2/securityGroupRule:SecurityGroupRule": [
    "type",
    "protocol",
    "fromPort",
    "toPort",
    "cidrBlocks",
    "securityGroupId",
    "sourceSecurityGroupId",
    "self",
  ],
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": ["securityGroupId"],
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": ["securityGroupId"],
  "aws:ec2/vpcEndpoint:VpcEndpoint": ["vpcId", "serviceName", "vpcEndpointType"],
  "aws:ec2/flowLog:FlowLog": [
    "vpcId",
    "subnetId",
    "trafficType",
    "logDestination",
    "logDestinationType",
    "iamRoleArn",
  ],
  "aws:eks/cluster:Cluster": [
    "roleArn",
    "bootstrapSelfManagedAddons",
    "accessConfig.bootstrapClusterCreatorAdminPermissions",
    "kubernetesNetworkConfig.ipFamily",
    "kubernetesNetworkConfig.serviceIpv4Cidr",
    "outpostConfig",
  ],
  "aws:eks/nodeGroup:NodeGroup": [
    "clusterName",
    "nodeRoleArn",
    "subnetIds",
    "instanceTypes",
    "amiType",
    "capacityType",
    "diskSize",
    "remoteAccess",
    "launchTemplate.id",
    "launchTemplate.name",
  ],
  "aws:eks/addon:Addon": ["clusterName", "addonName"],
  "aws:eks/accessEntry:AccessEntry": ["clusterName", "principalArn", "type"],
  "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": [
    "clusterName",
    "principalArn",
    "policyArn",
    "accessScope",
  ],
  "aws:eks/podIdentityAssociation:PodIdentityAssociation": ["clusterName", "namespace", "serviceAccount"],
  "aws:rds/instance:Instance": [
    ...DATABASE,
    "username",
    "dbName",
    "availabilityZone",
    "characterSetName",
    "timezone",
  ],
  "aws:rds/cluster:Cluster": [
    ...DATABASE,
    "dbSubnetGroupName",
    "availabilityZones",
    "masterUsername",
    "databaseName",
    "engineMode",
  ],
  "aws:rds/clusterInstance:ClusterInstance": [
    "clusterIdentifier",
    "engine",
    "dbSubnetGroupName",
    "availabilityZone",
  ],
  "aws:rds/subnetGroup:SubnetGroup": [],
  "aws:rds/parameterGroup:ParameterGroup": ["family", "description"],
  "aws:elasticache/replicationGroup:ReplicationGroup": [
    "atRestEncryptionEnabled",
    "kmsKeyId",
    "subnetGroupName",
    "port",
    "snapshotName",
  ],
  "aws:s3/bucket:Bucket": ["objectLockEnabled", "bucketNamespace"],
  "aws:ecr/repository:Repository": ["encryptionConfigurations"],
  "aws:ecr/lifecyclePolicy:LifecyclePolicy": ["repository"],
  "aws:kms/key:Key": ["keyUsage", "customerMasterKeySpec", "multiRegion", "customKeyStoreId", "xksKeyId"],
  "aws:kms/alias:Alias": [],
  "aws:iam/role:Role": ["path"],
  "aws:iam/policy:Policy": ["path", "description"],
  "aws:iam/rolePolicy:RolePolicy": ["role"],
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment": ["role", "policyArn"],
  "aws:iam/instanceProfile:InstanceProfile": ["path"],
  "aws:secretsmanager/secret:Secret": [],
  "aws:secretsmanager/secretVersion:SecretVersion": [
    "secretId",
    "secretString",
    "secretBinary",
    "secretStringWoVersion",
  ],
  "aws:cloudwatch/logGroup:LogGroup": ["logGroupClass"],
  "aws:sqs/queue:Queue": ["fifoQueue"],
};

/** What belongs to one bucket moves to another one only anew. */
const OF_A_BUCKET = /^aws:s3\/bucket[A-Z]/;

/** Phrases by which the SDK's documentation says it, where no condition follows. */
const DOCUMENTED =
  /\bforces (?:a )?(?:new resource|replacement)(?! (?:for|when|with|if (?!modified|changed)))|\bchanging this(?: \w+)? (?:will )?(?:forces?|creates?|re-?creates?|requires creating)(?: \w+){0,4} (?:new|resource|recreation|replacement)\b|\bcannot be (?:changed|modified) after creation/i;

export type ReplaceQuestion = {
  readonly type: string;
  readonly nameProperty: string | undefined;
  readonly declared: Declaration;
};

/** Whether a change at `path` needs a new resource. */
export function needsReplacement(path: string, { type, nameProperty, declared }: ReplaceQuestion): boolean {
  const top = /^[^.[]+/.exec(path)?.[0] ?? path;
  if (top === "region" || top === nameProperty || top === `${nameProperty}Prefix`) return true;
  if (top === "bucket" && OF_A_BUCKET.test(type)) return true;
  const rules = RULES[type];
  if (rules !== undefined) return rules.some((rule) => isWithin(rule, path) || isWithin(path, rule));
  return path === top && DOCUMENTED.test(declared.get(top)?.doc ?? "");
}

/** A cluster takes encryption of its secrets in place, and never loses it again. */
export function losesEncryption(type: string, olds: PropertyMap, news: PropertyMap): boolean {
  const has = (value: PropertyValue | undefined): boolean =>
    value !== undefined && value !== null && !(isList(value) && value.length === 0);
  return type === "aws:eks/cluster:Cluster" && has(olds.encryptionConfig) && !has(news.encryptionConfig);
}
