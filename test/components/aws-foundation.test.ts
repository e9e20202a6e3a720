// Network, keys, registry and buckets as a stack puts them together: their outputs fit, and the policies have no objection.
import { VpcEndpoint } from "@pulumi/aws/ec2/vpcEndpoint.js";
import { Provider as AwsProvider } from "@pulumi/aws/provider.js";
import { afterAll, beforeAll, expect, it } from "vitest";
import { EncryptionKey } from "../../components/encryption/encryption.ts";
import { ModelBucket } from "../../components/model-bucket/model-bucket.ts";
import { ImageRegistry } from "../../components/registry/registry.ts";
import { Vpc } from "../../components/vpc/vpc.ts";
import { type Analyser, startAnalyser } from "../../policies/harness/analyser.ts";
import { ownership } from "../kit/component-owner.ts";
import { recordResources } from "../kit/record-resources.ts";
import { createPack, type PackFixture } from "../policies/pack-fixture.ts";

const PURPOSES = ["secrets", "volumes", "logs", "models", "records", "images", "data"] as const;

const place = { ownership, prefix: "rampa-prod", account: "123456789012", region: "eu-central-1" };

/** What only AWS can tell. */
const COMPUTED = {
  "aws:kms/key:Key": { arn: "arn:aws:kms:eu-central-1:123456789012:key/1" },
  "aws:cloudwatch/logGroup:LogGroup": { arn: "arn:aws:logs:eu-central-1:123456789012:log-group:flow" },
  "aws:iam/role:Role": { arn: "arn:aws:iam::123456789012:role/flow", name: "flow" },
  "aws:s3/bucket:Bucket": { arn: "arn:aws:s3:::bucket" },
  "aws:ecr/repository:Repository": { arn: "arn:aws:ecr:repository", repositoryUrl: "registry/repository" },
};

let pack: PackFixture;
let analyser: Analyser;

beforeAll(async () => {
  pack = createPack([]);
  analyser = await startAnalyser(pack.folder);
});

afterAll(async () => {
  await analyser.close();
  pack.remove();
});

function deploy(): void {
  const options = { provider: new AwsProvider("aws", { region: place.region }) };
  const keys = PURPOSES.map((purpose) => new EncryptionKey(`${purpose}-key`, { ...place, purpose }, options));
  const [, , logs, models, records, images] = keys.map(({ keyArn }) => ({ keyArn }));
  if (!logs || !models || !records || !images) throw new Error("a purpose is missing");
  const zones = ["eu-central-1a", "eu-central-1b", "eu-central-1c"];
  const vpc = new Vpc("vpc", { ...place, zones, refs: { logsKeyArn: logs.keyArn } }, options);
  const registry = new ImageRegistry(
    "registry",
    { ownership, prefix: place.prefix, pullAccounts: ["210987654321"], refs: images },
    options,
  );
  const weights = new ModelBucket("weights", { ...place, purpose: "models", refs: models }, options);
  const kept = new ModelBucket("records", { ...place, purpose: "records", refs: records }, options);
  const tags = {
    url: registry.repositoryUrl,
    repository: registry.repositoryArn,
    weights: weights.bucketName,
    weightsArn: weights.bucketArn,
    records: kept.bucketName,
  };
  new VpcEndpoint("outputs", { vpcId: vpc.vpcId, tags }, options);
}

const record = (preview: boolean) =>
  recordResources(deploy, { stack: "prod", project: "rampa", computed: COMPUTED, preview });

it("gives out what others need to refer to", async () => {
  const outputs = (await record(false)).find(({ name }) => name === "outputs");
  expect(outputs?.props.tags).toEqual({
    url: "registry/repository",
    repository: "arn:aws:ecr:repository",
    weights: "rampa-prod-models-123456789012-eu-central-1",
    weightsArn: "arn:aws:s3:::bucket",
    records: "rampa-prod-records-123456789012-eu-central-1",
  });
});

it("gives each key to what it is for", async () => {
  const resources = await record(false);
  const arn = COMPUTED["aws:kms/key:Key"].arn;
  const props = (name: string) => resources.find((each) => each.name === name)?.props;
  expect(props("vpc-flow-log-group")?.kmsKeyId).toBe(arn);
  expect(props("registry-repository")?.encryptionConfigurations).toEqual([
    { encryptionType: "KMS", kmsKey: arn },
  ]);
  expect(JSON.stringify(props("weights-encryption")?.rules)).toContain(arn);
  expect(JSON.stringify(props("records-encryption")?.rules)).toContain(arn);
});

it("breaks no policy in prod", async () => {
  const resources = await record(false);
  expect(resources.length).toBeGreaterThan(80);
  expect(await analyser.judge(resources)).toEqual([]);
});

it("is judged whole in the first preview: nothing has to wait for the deployment", async () => {
  expect(await analyser.judge(await record(true))).toEqual([]);
});
