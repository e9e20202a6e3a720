// SharedCache: Valkey over TLS, signed in to by IAM, with a replica in another zone.
import { Provider as AwsProvider } from "@pulumi/aws/provider.js";
import { describe, expect, it } from "vitest";
import { type SharedCacheArgs, sharedCacheSettings } from "../../../components/data/shared-cache.args.ts";
import { planSharedCache } from "../../../components/data/shared-cache.plan.ts";
import { SharedCache } from "../../../components/data/shared-cache.ts";
import { ownership } from "../../kit/component-owner.ts";
import { recordResources } from "../../kit/record-resources.ts";

const base = { ownership, prefix: "rampa-dev", zones: ["eu-central-1a", "eu-central-1b"] };
const production = { ...base, ownership: { ...ownership, environment: "prod" } };
const refs = {
  vpcId: "vpc-1",
  subnetIds: ["subnet-a", "subnet-b"],
  clients: { cluster: "sg-cluster" },
  storageKeyArn: "arn:aws:kms:eu-central-1:111111111111:key/storage",
};

describe("planSharedCache", () => {
  it("spreads primary and replicas over the zones", () => {
    const plan = planSharedCache(sharedCacheSettings.parse({ ...base, replicas: 2 }));
    expect(plan).toMatchObject({
      identifier: "rampa-dev-cache",
      nodes: 3,
      zones: ["eu-central-1a", "eu-central-1b", "eu-central-1a"],
    });
  });

  it("lets the user at its own keys only, and at no command that reads or empties all", () => {
    expect(planSharedCache(sharedCacheSettings.parse(base)).accessString).toBe(
      "on ~rampa:* &rampa:* +@all -@admin -@dangerous +info",
    );
  });
});

const record = (args: Partial<SharedCacheArgs>) =>
  recordResources(
    () =>
      new SharedCache(
        "cache",
        { ...base, refs, ...args },
        { providers: [new AwsProvider("aws", { region: "eu-central-1" })] },
      ),
    { stack: "dev", project: "rampa" },
  );

describe("SharedCache", () => {
  it("creates its children under itself and protects the cache", async () => {
    const [, component, ...children] = await record({});
    expect(component).toMatchObject({ type: "rampa:data:SharedCache", props: {} });
    expect(children.map(({ name }) => name).sort()).toEqual([
      "cache-access",
      "cache-from-cluster",
      "cache-group",
      "cache-subnets",
      "cache-user",
      "cache-users",
    ]);
    expect(new Set(children.map((it) => it.parent))).toEqual(new Set([component?.urn]));
    expect(children.filter((it) => it.protect).map(({ name }) => name)).toEqual(["cache-group"]);
  });

  it("encrypts both ways, fails over by itself and keeps snapshots", async () => {
    const group = (await record({})).find(({ name }) => name === "cache-group");
    expect(group?.props).toMatchObject({
      replicationGroupId: "rampa-dev-cache",
      engine: "valkey",
      engineVersion: "8.1",
      numCacheClusters: 2,
      preferredCacheClusterAzs: ["eu-central-1a", "eu-central-1b"],
      automaticFailoverEnabled: true,
      multiAzEnabled: true,
      transitEncryptionEnabled: true,
      transitEncryptionMode: "required",
      atRestEncryptionEnabled: true,
      kmsKeyId: refs.storageKeyArn,
      userGroupIds: ["rampa-dev-cache-users"],
      securityGroupIds: ["cache-access-id"],
      snapshotRetentionLimit: 7,
      finalSnapshotIdentifier: "rampa-dev-cache-final",
    });
  });

  it("has one user, which signs in by IAM and has no password", async () => {
    const resources = await record({});
    expect(resources.find(({ name }) => name === "cache-user")?.props).toEqual({
      userId: "rampa-dev-cache-user",
      userName: "rampa-dev-cache-user",
      engine: "valkey",
      accessString: "on ~rampa:* &rampa:* +@all -@admin -@dangerous +info",
      authenticationMode: { type: "iam" },
    });
    expect(resources.find(({ name }) => name === "cache-users")?.props.userIds).toEqual([
      "rampa-dev-cache-user",
    ]);
  });

  it("lets in Valkey's port from the named security groups and nobody else", async () => {
    const resources = await record({});
    const access = resources.find(({ name }) => name === "cache-access")?.props;
    expect(Object.keys(access ?? {})).not.toContain("ingress");
    expect(Object.keys(access ?? {})).not.toContain("egress");
    expect(resources.find(({ name }) => name === "cache-from-cluster")?.props).toMatchObject({
      referencedSecurityGroupId: "sg-cluster",
      fromPort: 6379,
      toPort: 6379,
    });
  });

  it("lets a caller change one child", async () => {
    const resources = await record({ override: { group: { maintenanceWindow: "mon:04:00-mon:05:00" } } });
    expect(resources.find(({ name }) => name === "cache-group")?.props.maintenanceWindow).toBe(
      "mon:04:00-mon:05:00",
    );
  });

  it("creates nothing on wrong settings", async () => {
    await expect(record({ replicas: 9, keyPrefix: "x" })).rejects.toThrow(
      'rampa:data:SharedCache "cache": 2 problems',
    );
  });
});

describe("settings of the shared cache", () => {
  it.each<readonly [string, object, readonly string[]]>([
    [
      "failover without a replica",
      { replicas: 0 },
      ["automaticFailover: false, or at least 1 replica: without one nothing can take over"],
    ],
    ["too many replicas", { replicas: 6 }, ["replicas: whole replicas from 0 to 5"]],
    [
      "36 days of snapshots",
      { snapshotRetentionDays: 36 },
      ["snapshotRetentionDays: whole days from 0 to 35"],
    ],
    [
      "an engine that is not Valkey's",
      { engineVersion: "6.2" },
      ["engineVersion: a Valkey version, e.g. 8.1"],
    ],
    [
      "a key prefix that ends nowhere",
      { keyPrefix: "rampa" },
      ["keyPrefix: lower-case letters, digits and dashes, then a colon, e.g. rampa:"],
    ],
    [
      "prod on one node",
      { ...production, replicas: 0, automaticFailover: false },
      ["replicas: at least 1 in prod", "automaticFailover: true in prod"],
    ],
  ])("refuse %s", (_name, change, problems) => {
    const result = sharedCacheSettings.safeParse({ ...base, ...change });
    expect(result.error?.issues.map((it) => `${it.path.join(".")}: ${it.message}`)).toEqual(problems);
  });

  it("accept a single node where nothing is said to take over", () => {
    expect(sharedCacheSettings.safeParse({ ...base, replicas: 0, automaticFailover: false }).success).toBe(
      true,
    );
  });
});
