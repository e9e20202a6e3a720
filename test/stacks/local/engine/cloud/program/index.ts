// A cloud environment of the size of production: what the AWS stand-in is tried on by the real engine.
import { Repository } from "@pulumi/aws/ecr/repository.js";
import { ReplicationGroup } from "@pulumi/aws/elasticache/replicationGroup.js";
import { getCallerIdentityOutput } from "@pulumi/aws/getCallerIdentity.js";
import { Provider as AwsProvider } from "@pulumi/aws/provider.js";
import { Instance } from "@pulumi/aws/rds/instance.js";
import { SubnetGroup } from "@pulumi/aws/rds/subnetGroup.js";
import { Bucket } from "@pulumi/aws/s3/bucket.js";
import { BucketPolicy } from "@pulumi/aws/s3/bucketPolicy.js";
import { BucketVersioning } from "@pulumi/aws/s3/bucketVersioning.js";
import { Secret } from "@pulumi/aws/secretsmanager/secret.js";
import { SecretVersion } from "@pulumi/aws/secretsmanager/secretVersion.js";
import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource.js";
import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap.js";
import { Namespace } from "@pulumi/kubernetes/core/v1/namespace.js";
import { Secret as KubernetesSecret } from "@pulumi/kubernetes/core/v1/secret.js";
import { Release } from "@pulumi/kubernetes/helm/v3/release.js";
import { Provider as KubernetesProvider } from "@pulumi/kubernetes/provider.js";
import { Config, type CustomResourceOptions, jsonStringify, type Output } from "@pulumi/pulumi";
import { Provider as RandomProvider } from "@pulumi/random/provider.js";
import { RandomPassword } from "@pulumi/random/randomPassword.js";
import { createCluster } from "./cluster.ts";
import { createKey, createNetwork, type Network } from "./ground.ts";

const config = new Config();
const owner = config.get("owner") ?? "platform";
const aws = new AwsProvider("aws", {
  region: "us-east-1",
  allowedAccountIds: ["210987654321"],
  defaultTags: { tags: { owner } },
});
const inAws: CustomResourceOptions = { provider: aws };
const random = new RandomProvider("random");
const account = getCallerIdentityOutput({}, inAws).accountId;

const network = createNetwork(config.get("range") ?? "10.0.0.0/16", inAws);
const { cluster, kubeconfig } = createCluster(network, config, inAws);
const password = new RandomPassword("password", { length: 24, special: false }, { provider: random }).result;
const bucket = createBucket();
const database = createDatabase(network);
createObjects(password);
for (const name of ["serving", "gateway"]) {
  new Repository(name, { name: `prod/${name}`, imageTagMutability: "IMMUTABLE" }, inAws);
}

function createBucket(): Output<string> {
  const models = new Bucket("models", {}, { ...inAws, retainOnDelete: true });
  new BucketVersioning(
    "models",
    { bucket: models.id, versioningConfiguration: { status: "Enabled" } },
    inAws,
  );
  const statement = {
    Effect: "Deny",
    Principal: "*",
    Action: "s3:*",
    Resource: models.arn,
    Condition: { Bool: { "aws:SecureTransport": "false" } },
  };
  const policy = jsonStringify({ Version: "2012-10-17", Statement: [statement] });
  new BucketPolicy("models", { bucket: models.id, policy }, inAws);
  return models.bucket;
}

function createDatabase({ privateSubnetIds }: Network): Output<string> {
  const subnets = new SubnetGroup("data", { subnetIds: [...privateSubnetIds] }, inAws);
  const kmsKeyId = createKey("data", inAws);
  const instance = new Instance(
    "control",
    {
      identifier: "prod-control",
      engine: "postgres",
      engineVersion: "17.4",
      instanceClass: "db.r7g.large",
      allocatedStorage: 100,
      storageEncrypted: true,
      kmsKeyId,
      username: "rampa",
      passwordWo: password,
      passwordWoVersion: 1,
      dbSubnetGroupName: subnets.name,
      backupRetentionPeriod: 30,
      finalSnapshotIdentifier: "prod-control-final",
    },
    { ...inAws, protect: true },
  );
  const cache = { engine: "valkey", description: "shared", transitEncryptionEnabled: true, kmsKeyId };
  new ReplicationGroup("shared", { ...cache, replicationGroupId: "prod-shared" }, inAws);
  const secret = new Secret("client", { name: "prod/client", kmsKeyId }, inAws);
  new SecretVersion(
    "client",
    { secretId: secret.id, secretStringWo: password, secretStringWoVersion: 1 },
    inAws,
  );
  return instance.address;
}

function createObjects(key: Output<string>): void {
  const provider = new KubernetesProvider("cluster", { kubeconfig, clusterIdentifier: "prod" });
  const options = { provider };
  const namespace = new Namespace("serving", { metadata: { name: "serving" } }, options).metadata.name;
  new KubernetesSecret("key", { metadata: { name: "key", namespace }, stringData: { key } }, options);
  for (let index = 0; index < (config.getNumber("objects") ?? 70); index++) {
    const metadata = { name: `settings-${index}`, namespace };
    new ConfigMap(`settings-${index}`, { metadata, data: { value: config.get("value") ?? "one" } }, options);
  }
  const pool = {
    apiVersion: "karpenter.sh/v1",
    kind: "NodePool",
    metadata: { name: "gpu" },
    spec: { limits: { cpu: 100 } },
  };
  new CustomResource("pool", pool, options);
  new Release("karpenter", { name: "karpenter", namespace, chart: "karpenter", version: "1.8.1" }, options);
}

export const outputs = { account, bucket, database, endpoint: cluster.endpoint };
