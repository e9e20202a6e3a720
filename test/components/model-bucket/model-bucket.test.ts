// ModelBucket: private, versioned, encrypted, by TLS only; records that nobody can change before their time.
import { Provider as AwsProvider } from "@pulumi/aws/provider.js";
import { describe, expect, it } from "vitest";
import {
  type ModelBucketArgs,
  modelBucketSettings,
} from "../../../components/model-bucket/model-bucket.args.ts";
import { planModelBucket } from "../../../components/model-bucket/model-bucket.plan.ts";
import { ModelBucket } from "../../../components/model-bucket/model-bucket.ts";
import { ownership } from "../../kit/component-owner.ts";
import { recordResources } from "../../kit/record-resources.ts";

const place = { ownership, prefix: "rampa-dev", account: "123456789012", region: "eu-central-1" };
const models = { ...place, purpose: "models" } as const;
const records = { ...place, purpose: "records" } as const;
const refs = { keyArn: "arn:key" };
const NAME = "rampa-dev-models-123456789012-eu-central-1";

async function record(args: ModelBucketArgs) {
  const resources = await recordResources(
    () => {
      const provider = new AwsProvider("aws", { region: "eu-central-1" });
      new ModelBucket("weights", args, { provider });
    },
    { stack: "test", project: "rampa" },
  );
  const named = (suffix: string) => resources.find(({ name }) => name === `weights-${suffix}`);
  return { component: resources[1], children: resources.slice(2), named };
}

describe("planModelBucket", () => {
  it("keeps weights until somebody deletes them, and old versions for a while", () => {
    expect(planModelBucket(modelBucketSettings.parse(models))).toEqual({
      bucket: NAME,
      ownKeys: "arn:aws:kms:eu-central-1:123456789012:key/*",
      expiry: { incompleteUploadDays: 7, oldVersionDays: 90, objectDays: undefined },
      lock: undefined,
      accessLogs: undefined,
      protect: true,
    });
  });

  it("locks records for six months", () => {
    const plan = planModelBucket(modelBucketSettings.parse(records));
    expect(plan.bucket).toBe("rampa-dev-records-123456789012-eu-central-1");
    expect(plan.lock).toEqual({ mode: "GOVERNANCE", days: 184 });
    expect(plan.expiry.objectDays).toBeUndefined();
  });

  it("locks records against everybody where that is wished, and deletes them in the end", () => {
    const settings = { ...records, retention: { mode: "compliance", days: 365 }, expireAfterDays: 365 };
    const plan = planModelBucket(modelBucketSettings.parse(settings));
    expect(plan.lock).toEqual({ mode: "COMPLIANCE", days: 365 });
    expect(plan.expiry.objectDays).toBe(365);
  });
});

describe("ModelBucket", () => {
  it("creates the children of its contract, which stay with the bucket", async () => {
    const { component, children } = await record({ ...models, refs });
    expect(component).toMatchObject({ type: "rampa:model-bucket:ModelBucket", props: {} });
    expect(children.map(({ name }) => name.replace("weights-", "")).toSorted()).toEqual([
      "bucket",
      "encryption",
      "lifecycle",
      "ownership",
      "policy",
      "public-access-block",
      "versioning",
    ]);
    for (const child of children) {
      expect(child).toMatchObject({ parent: component?.urn, retainOnDelete: true });
      expect([child.name, child.protect]).toEqual([child.name, child.name === "weights-bucket"]);
      expect(child.props.bucket).toBe(NAME);
    }
  });

  it("lets nothing be public, and lets no uploader keep an object for himself", async () => {
    const { named } = await record({ ...models, refs });
    expect(named("public-access-block")?.props).toEqual({
      bucket: NAME,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    expect(named("ownership")?.props.rule).toEqual({ objectOwnership: "BucketOwnerEnforced" });
  });

  it("keeps every version, encrypts with the key, and is not deleted with its objects", async () => {
    const { named } = await record({ ...models, refs });
    expect(named("bucket")?.props).toEqual({ bucket: NAME, forceDestroy: false, objectLockEnabled: false });
    expect(named("versioning")?.props.versioningConfiguration).toEqual({ status: "Enabled" });
    expect(named("encryption")?.props.rules).toEqual([
      {
        applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: "arn:key" },
        bucketKeyEnabled: true,
        blockedEncryptionTypes: ["SSE-C"],
      },
    ]);
  });

  it("refuses calls without TLS, and uploads with another encryption or with a stranger's key", async () => {
    const { named } = await record({ ...models, refs });
    const bucket = `arn:aws:s3:::${NAME}`;
    const deny = { Effect: "Deny", Principal: "*" };
    const sse = "s3:x-amz-server-side-encryption";
    const everything = { ...deny, Action: ["s3:*"], Resource: [bucket, `${bucket}/*`] };
    const upload = { ...deny, Action: ["s3:PutObject"], Resource: [`${bucket}/*`] };
    expect(JSON.parse(String(named("policy")?.props.policy))).toEqual({
      Version: "2012-10-17",
      Statement: [
        { ...everything, Sid: "DenyWithoutTls", Condition: { Bool: { "aws:SecureTransport": "false" } } },
        { ...everything, Sid: "DenyOldTls", Condition: { NumericLessThan: { "s3:TlsVersion": "1.2" } } },
        {
          ...upload,
          Sid: "DenyOtherEncryption",
          Condition: { StringNotEquals: { [sse]: "aws:kms" }, Null: { [sse]: "false" } },
        },
        {
          ...upload,
          Sid: "DenyKeysOfOthers",
          Condition: {
            ArnNotLike: { [`${sse}-aws-kms-key-id`]: "arn:aws:kms:eu-central-1:123456789012:key/*" },
            Null: { [`${sse}-aws-kms-key-id`]: "false" },
          },
        },
      ],
    });
    expect(named("policy")?.dependencies).toContain(named("public-access-block")?.urn);
  });

  it("deletes what is left over from uploads and old versions, once versions are kept", async () => {
    const { named } = await record({ ...models, refs, oldVersionDays: 30, incompleteUploadDays: 2 });
    const rule = { status: "Enabled", filter: { prefix: "" } };
    expect(named("lifecycle")?.props.rules).toEqual([
      { ...rule, id: "incomplete-uploads", abortIncompleteMultipartUpload: { daysAfterInitiation: 2 } },
      {
        ...rule,
        id: "old-versions",
        noncurrentVersionExpiration: { noncurrentDays: 30 },
        expiration: { expiredObjectDeleteMarker: true },
      },
    ]);
    expect(named("lifecycle")?.dependencies).toContain(named("versioning")?.urn);
  });

  it("locks records from the start and deletes them at the end", async () => {
    const { named } = await record({ ...records, refs, retention: { days: 200 }, expireAfterDays: 400 });
    expect(named("bucket")?.props.objectLockEnabled).toBe(true);
    expect(named("object-lock")?.props).toEqual({
      bucket: "rampa-dev-records-123456789012-eu-central-1",
      rule: { defaultRetention: { mode: "GOVERNANCE", days: 200 } },
    });
    expect(named("object-lock")?.dependencies).toContain(named("versioning")?.urn);
    expect(named("lifecycle")?.props.rules).toContainEqual({
      id: "objects",
      status: "Enabled",
      filter: { prefix: "" },
      expiration: { days: 400 },
    });
  });

  it("logs requests under its own name where there is a bucket for that", async () => {
    const { named } = await record({ ...models, refs, accessLogs: { bucket: "company-access-logs" } });
    expect(named("access-log")?.props).toEqual({
      bucket: NAME,
      targetBucket: "company-access-logs",
      targetPrefix: `${NAME}/`,
    });
  });

  it("can be deleted with the stack where it need not be protected", async () => {
    const { children } = await record({ ...models, refs, protect: false });
    expect(children.some(({ protect, retainOnDelete }) => protect || retainOnDelete)).toBe(false);
  });

  it("lets a caller change single children; the others follow the bucket's name", async () => {
    const { named } = await record({
      ...models,
      refs,
      override: {
        bucket: { bucket: "other-name" },
        encryption: { expectedBucketOwner: "1" },
        lifecycle: { expectedBucketOwner: "2" },
        policy: (it) => ({ ...it, region: "eu-west-1" }),
      },
    });
    expect(named("bucket")?.props).toMatchObject({ bucket: "other-name", forceDestroy: false });
    expect(named("encryption")?.props).toMatchObject({ bucket: "other-name", expectedBucketOwner: "1" });
    expect(named("lifecycle")?.props).toMatchObject({ bucket: "other-name", expectedBucketOwner: "2" });
    expect(named("policy")?.props).toMatchObject({ bucket: "other-name", region: "eu-west-1" });
    expect(String(named("policy")?.props.policy)).toContain("arn:aws:s3:::other-name/*");
  });

  it.each<[string, ModelBucketArgs, string]>([
    [
      "a name that is too long",
      { ...models, refs, prefix: "p".repeat(40) },
      `prefix: got "${"p".repeat(40)}", want at most 30 characters: with purpose, account and region a bucket's name has 63 at most`,
    ],
    [
      "no days",
      { ...models, refs, oldVersionDays: 0 },
      "oldVersionDays: got 0, want a whole number of days from 1 to 3650",
    ],
    [
      "records that are deleted while they are locked",
      { ...records, refs, expireAfterDays: 100 },
      "expireAfterDays: got 100, want at least 184, the days for which records are locked (`retention.days`)",
    ],
    [
      "a log bucket that is none",
      { ...models, refs, accessLogs: { bucket: "Logs" } },
      'accessLogs.bucket: got "Logs", want the name of a bucket',
    ],
  ])("refuses %s", async (_what, args, message) => {
    await expect(record(args)).rejects.toThrow(message);
  });

  it("refuses a lock of weights, and another purpose", () => {
    const locked = modelBucketSettings.safeParse({ ...models, retention: { days: 1 } });
    expect(locked.error?.issues[0]).toMatchObject({ code: "unrecognized_keys", keys: ["retention"] });
    const other = modelBucketSettings.safeParse({ ...place, purpose: "data" });
    expect(other.error?.issues[0]).toMatchObject({ code: "invalid_union", path: ["purpose"] });
  });

  it("reports every wrong setting at once", async () => {
    const wrong = { ...models, refs, account: "1", region: "x", oldVersionDays: 0 };
    await expect(record(wrong)).rejects.toThrow('rampa:model-bucket:ModelBucket "weights": 3 problems');
  });
});
