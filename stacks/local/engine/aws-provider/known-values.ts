// Values that AWS accepts where the SDK's types say only `string`: those of the types that this platform uses. Pure.
import { isList, isMap, isUnknown, type PropertyMap, type PropertyValue } from "../property-values.ts";
import type { CheckProblem } from "../provider-messages.ts";
import { describeValue } from "./check-inputs.ts";

const AMI_TYPES = [
  "AL2023_x86_64_STANDARD",
  "AL2023_ARM_64_STANDARD",
  "AL2023_x86_64_NVIDIA",
  "AL2023_ARM_64_NVIDIA",
  "AL2023_x86_64_NEURON",
  "BOTTLEROCKET_x86_64",
  "BOTTLEROCKET_ARM_64",
  "BOTTLEROCKET_x86_64_FIPS",
  "BOTTLEROCKET_ARM_64_FIPS",
  "BOTTLEROCKET_x86_64_NVIDIA",
  "BOTTLEROCKET_ARM_64_NVIDIA",
  "BOTTLEROCKET_x86_64_NVIDIA_FIPS",
  "BOTTLEROCKET_ARM_64_NVIDIA_FIPS",
  "CUSTOM",
];

const VOLUME_TYPES = ["gp3", "gp2", "io1", "io2", "st1", "sc1", "standard"];
const CONFLICTS = ["NONE", "OVERWRITE", "PRESERVE"];

/** Type token → path, `[]` standing for every item of a list → values. */
const VALUES: Readonly<Record<string, Readonly<Record<string, readonly (string | number)[]>>>> = {
  "aws:eks/cluster:Cluster": {
    "accessConfig.authenticationMode": ["API", "API_AND_CONFIG_MAP", "CONFIG_MAP"],
    "enabledClusterLogTypes[]": ["api", "audit", "authenticator", "controllerManager", "scheduler"],
    "encryptionConfig.resources[]": ["secrets"],
    "kubernetesNetworkConfig.ipFamily": ["ipv4", "ipv6"],
    "upgradePolicy.supportType": ["STANDARD", "EXTENDED"],
  },
  "aws:eks/nodeGroup:NodeGroup": {
    amiType: AMI_TYPES,
    capacityType: ["ON_DEMAND", "SPOT", "CAPACITY_BLOCK"],
    "taints[].effect": ["NO_SCHEDULE", "NO_EXECUTE", "PREFER_NO_SCHEDULE"],
  },
  "aws:eks/addon:Addon": {
    resolveConflictsOnCreate: ["NONE", "OVERWRITE"],
    resolveConflictsOnUpdate: CONFLICTS,
  },
  "aws:eks/accessEntry:AccessEntry": {
    type: ["STANDARD", "EC2_LINUX", "EC2_WINDOWS", "FARGATE_LINUX", "EC2", "HYBRID_LINUX", "HYPERPOD_LINUX"],
  },
  "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": { "accessScope.type": ["cluster", "namespace"] },
  "aws:ec2/launchTemplate:LaunchTemplate": {
    "metadataOptions.httpTokens": ["required", "optional"],
    "metadataOptions.httpEndpoint": ["enabled", "disabled"],
    "metadataOptions.instanceMetadataTags": ["enabled", "disabled"],
    "blockDeviceMappings[].ebs.volumeType": VOLUME_TYPES,
    "blockDeviceMappings[].ebs.encrypted": ["true", "false"],
    "blockDeviceMappings[].ebs.deleteOnTermination": ["true", "false"],
    "instanceMarketOptions.marketType": ["spot", "capacity-block"],
    "capacityReservationSpecification.capacityReservationPreference": [
      "open",
      "none",
      "capacity-reservations-only",
    ],
    "networkInterfaces[].interfaceType": ["interface", "efa", "efa-only"],
  },
  "aws:ec2/vpcEndpoint:VpcEndpoint": {
    vpcEndpointType: ["Gateway", "Interface", "GatewayLoadBalancer", "Resource", "ServiceNetwork"],
  },
  "aws:ec2/vpc:Vpc": { instanceTenancy: ["default", "dedicated"] },
  "aws:ec2/eip:Eip": { domain: ["vpc"] },
  "aws:ec2/flowLog:FlowLog": {
    trafficType: ["ACCEPT", "REJECT", "ALL"],
    logDestinationType: ["cloud-watch-logs", "s3", "kinesis-data-firehose"],
    maxAggregationInterval: [60, 600],
  },
  "aws:ecr/repository:Repository": {
    imageTagMutability: ["MUTABLE", "IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION", "MUTABLE_WITH_EXCLUSION"],
    "encryptionConfigurations[].encryptionType": ["AES256", "KMS", "KMS_DSSE"],
  },
  "aws:kms/key:Key": {
    keyUsage: ["ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT"],
  },
  "aws:cloudwatch/logGroup:LogGroup": {
    logGroupClass: ["STANDARD", "INFREQUENT_ACCESS", "DELIVERY"],
    retentionInDays: [
      0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
      3653,
    ],
  },
  "aws:s3/bucketVersioning:BucketVersioning": {
    "versioningConfiguration.status": ["Enabled", "Suspended", "Disabled"],
    "versioningConfiguration.mfaDelete": ["Enabled", "Disabled"],
  },
  "aws:s3/bucketOwnershipControls:BucketOwnershipControls": {
    "rule.objectOwnership": ["BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"],
  },
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": {
    "rules[].applyServerSideEncryptionByDefault.sseAlgorithm": [
      "AES256",
      "aws:kms",
      "aws:kms:dsse",
      "aws:fsx",
    ],
  },
  "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": {
    "rules[].status": ["Enabled", "Disabled"],
  },
  "aws:rds/instance:Instance": { storageType: ["gp3", "gp2", "io1", "io2", "standard"] },
  "aws:rds/cluster:Cluster": { storageType: ["", "aurora-iopt1", "io1", "io2", "gp3"] },
  "aws:elasticache/replicationGroup:ReplicationGroup": {
    engine: ["redis", "valkey"],
    transitEncryptionMode: ["preferred", "required"],
    clusterMode: ["enabled", "disabled", "compatible"],
  },
  "aws:acm/certificate:Certificate": { validationMethod: ["DNS", "EMAIL", "NONE"] },
};

/** Inputs without secret wrappers. */
export function checkKnownValues(type: string, inputs: PropertyMap): readonly CheckProblem[] {
  return Object.entries(VALUES[type] ?? {}).flatMap(([path, values]) =>
    valuesAt(inputs, path.split("."))
      .filter(({ value }) => !isUnknown(value) && !values.some((one) => one === value))
      .map(({ property, value }) => ({
        property,
        reason: `got ${describeValue(value)}, want one of ${values.map((one) => JSON.stringify(one)).join(", ")}`,
      })),
  );
}

export type Found = { readonly property: string; readonly value: PropertyValue };

/** What stands at a path of keys, of which `key[]` goes through a list; nothing where it is not given. */
export function valuesAt(value: PropertyValue, path: readonly string[], at = ""): Found[] {
  const [step, ...rest] = path;
  if (step === undefined) return [{ property: at, value }];
  const key = step.replace("[]", "");
  const inner = isMap(value) ? value[key] : undefined;
  if (inner === undefined || inner === null) return [];
  const here = at === "" ? key : `${at}.${key}`;
  if (!step.endsWith("[]")) return valuesAt(inner, rest, here);
  return isList(inner) ? inner.flatMap((item, index) => valuesAt(item, rest, `${here}[${index}]`)) : [];
}
