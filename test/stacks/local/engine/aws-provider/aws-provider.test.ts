// The AWS stand-in over real gRPC: what it refuses and how, what it plans, and that it creates nothing.
import { afterEach, describe, expect, it } from "vitest";
import { awsProvider } from "../../../../../stacks/local/engine/aws-provider/provider.ts";
import type { EngineLog } from "../../../../../stacks/local/engine/plugin-server.ts";
import {
  isSecret,
  isUnknown,
  type PropertyMap,
  toSecret,
  UNKNOWN_STRING,
} from "../../../../../stacks/local/engine/property-values.ts";
import type { StandInWorld } from "../../../../../stacks/local/engine/stand-in-world.ts";
import { connectProvider, type ProviderClient, type Target } from "../provider-client.ts";

const SETTINGS = {
  region: "us-east-1",
  allowedAccountIds: '["210987654321"]',
  defaultTags: '{"tags":{"owner":"team"}}',
};

const TYPES = {
  cluster: "aws:eks/cluster:Cluster",
  nodes: "aws:eks/nodeGroup:NodeGroup",
  addon: "aws:eks/addon:Addon",
  role: "aws:iam/role:Role",
  bucket: "aws:s3/bucket:Bucket",
  vpc: "aws:ec2/vpc:Vpc",
  subnet: "aws:ec2/subnet:Subnet",
  key: "aws:kms/key:Key",
  database: "aws:rds/instance:Instance",
  secretVersion: "aws:secretsmanager/secretVersion:SecretVersion",
  repository: "aws:ecr/repository:Repository",
  template: "aws:ec2/launchTemplate:LaunchTemplate",
  endpoint: "aws:ec2/vpcEndpoint:VpcEndpoint",
} as const;

type Kind = keyof typeof TYPES;

const open: ProviderClient[] = [];
const warnings: string[] = [];
const log: EngineLog = {
  log: (severity, message) => void warnings.push(`${severity}: ${message}`),
  status: () => {},
};

async function start(world: StandInWorld = "real"): Promise<ProviderClient> {
  const client = await connectProvider(awsProvider(log, world));
  open.push(client);
  await client.configure(SETTINGS);
  return client;
}

afterEach(() => {
  for (const client of open.splice(0)) client.close();
  warnings.length = 0;
});

function target(kind: Kind, name = "x"): Target {
  return { type: TYPES[kind], name };
}

async function problemsOf(
  kind: Kind,
  inputs: PropertyMap,
  olds: PropertyMap = {},
): Promise<readonly string[]> {
  return (await (await start()).check(target(kind), inputs, olds)).problems;
}

const cluster = { name: "prod", roleArn: "arn", vpcConfig: { subnetIds: ["a", "b"] } };
const nodes = {
  clusterName: "prod",
  nodeRoleArn: "arn",
  subnetIds: ["a"],
  scalingConfig: { minSize: 1, desiredSize: 1, maxSize: 2 },
};
const trust = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "eks.amazonaws.com" } }],
});
const database = { instanceClass: "db.r7g.large", engine: "postgres", skipFinalSnapshot: true };

describe("the declarations of the SDK", () => {
  it.each<[string, Kind, PropertyMap, readonly string[]]>([
    ["a fitting cluster", "cluster", cluster, []],
    [
      "values that are not known yet",
      "cluster",
      { ...cluster, roleArn: UNKNOWN_STRING, vpcConfig: UNKNOWN_STRING },
      [],
    ],
    ["a secret of the right kind", "secretVersion", { secretId: "s", secretString: toSecret("k") }, []],
    [
      "a misspelt property at any depth, with the right one",
      "cluster",
      { ...cluster, versoin: "1.35", vpcConfig: { subnetIds: ["a", "b"], endpointPublicAcces: false } },
      [
        'versoin: got "versoin", which does not exist there, want version',
        'vpcConfig.endpointPublicAcces: got "endpointPublicAcces", which does not exist there, want endpointPublicAccess',
      ],
    ],
    [
      "everything that is missing or of the wrong kind, at once",
      "nodes",
      { clusterName: 5, scalingConfig: { minSize: "1", maxSize: 2 }, taints: [{ key: "k" }], subnetIds: "a" },
      [
        "clusterName: got 5, want a string",
        'scalingConfig.minSize: got "1", want a number',
        "scalingConfig.desiredSize: got nothing, want a number: it is required",
        'subnetIds: got "a", want a list of which each is a string',
        "taints[0].effect: got nothing, want a string: it is required",
        "nodeRoleArn: got nothing, want a string: it is required",
      ],
    ],
    [
      "a secret of the wrong kind, without showing it",
      "secretVersion",
      { secretId: "s", secretString: toSecret(12) },
      ["secretString: got a secret of another kind, want a string"],
    ],
    [
      "a property of which the SDK knows nothing alike, with those that there are",
      "subnet",
      { vpcId: "v", zzzzzz: 1 },
      [
        expect.stringMatching(
          /^zzzzzz: got "zzzzzz", which does not exist there, want one of .* and \d+ more$/,
        ),
      ],
    ],
  ])("are held against %s", async (_what, kind, inputs, problems) => {
    expect(await problemsOf(kind, inputs)).toEqual(problems);
  });

  it("decide which resources there are", async () => {
    const client = await start();
    await expect(client.check({ type: "aws:eks/clusster:Clusster", name: "x" }, {})).rejects.toThrow(
      /has no resource aws:eks\/clusster:Clusster/,
    );
  });
});

describe("what AWS itself refuses", () => {
  it.each<[string, Kind, PropertyMap, string]>([
    [
      "an unknown taint effect",
      "nodes",
      { ...nodes, taints: [{ key: "k", effect: "NoSchedule" }] },
      'taints[0].effect: got "NoSchedule", want one of "NO_SCHEDULE"',
    ],
    ["an AMI type that EKS does not have", "nodes", { ...nodes, amiType: "AL2_x86_64_GPU" }, "amiType: got"],
    [
      "a disk size beside a launch template",
      "nodes",
      { ...nodes, diskSize: 20, launchTemplate: { id: "l", version: "1" } },
      "diskSize: got 20, want nothing: the launch template says the size",
    ],
    [
      "a launch template without id or name",
      "nodes",
      { ...nodes, launchTemplate: { version: "1" } },
      "launchTemplate: got neither id nor name",
    ],
    [
      "a desired size outside of its bounds",
      "nodes",
      { ...nodes, scalingConfig: { minSize: 1, desiredSize: 5, maxSize: 2 } },
      "scalingConfig.desiredSize: got 5, want 1 to 2",
    ],
    [
      "a name and a prefix",
      "role",
      { assumeRolePolicy: trust, name: "a", namePrefix: "a" },
      "name: got both name and namePrefix, want one of them",
    ],
    [
      "a cluster name with a dot",
      "cluster",
      { ...cluster, name: "prod.eu" },
      'name: got "prod.eu", want 1 to 100 letters',
    ],
    [
      "a cluster with one subnet",
      "cluster",
      { ...cluster, vpcConfig: { subnetIds: ["a"] } },
      "vpcConfig.subnetIds: got 1, want subnets in two zones at least",
    ],
    [
      "a cluster without any endpoint",
      "cluster",
      { ...cluster, vpcConfig: { subnetIds: ["a", "b"], endpointPublicAccess: false } },
      "vpcConfig.endpointPrivateAccess: got no endpoint at all",
    ],
    [
      "a bucket in upper case",
      "bucket",
      { bucket: "Models" },
      'bucket: got "Models", want 3 to 63 lower-case letters',
    ],
    ["a bucket named like an address", "bucket", { bucket: "10.0.0.1" }, 'bucket: got "10.0.0.1"'],
    [
      "a repository with a double dash at its end",
      "repository",
      { name: "serving-" },
      'name: got "serving-"',
    ],
    [
      "a database identifier with an underscore",
      "database",
      { ...database, identifier: "a_b" },
      'identifier: got "a_b"',
    ],
    [
      "a database without a last snapshot",
      "database",
      { ...database, skipFinalSnapshot: false },
      "finalSnapshotIdentifier: got nothing, want a name",
    ],
    [
      "a key for a store that is not encrypted",
      "database",
      { ...database, kmsKeyId: "k" },
      "storageEncrypted: got nothing, want true beside kmsKeyId",
    ],
    [
      "a trust policy that is no JSON",
      "role",
      { assumeRolePolicy: "{" },
      'assumeRolePolicy: got "{", want JSON',
    ],
    [
      "a trust policy for nobody",
      "role",
      { assumeRolePolicy: '{"Statement":[{"Effect":"Allow","Action":"sts:AssumeRole"}]}' },
      "assumeRolePolicy.Statement[0]: got no Principal, want one",
    ],
    [
      "an effect that does not exist",
      "role",
      { assumeRolePolicy: trust.replace("Allow", "allow") },
      'assumeRolePolicy.Statement[0]: got Effect "allow"',
    ],
    [
      "an add-on's configuration that is no JSON",
      "addon",
      { clusterName: "p", addonName: "coredns", configurationValues: "a: 1" },
      'configurationValues: got "a: 1", want JSON',
    ],
    [
      "a write-only secret without a version",
      "secretVersion",
      { secretId: "s", secretStringWo: "x" },
      "secretStringWoVersion: got nothing, want a value: secretStringWo needs it",
    ],
    [
      "a range with an address inside of it",
      "vpc",
      { cidrBlock: "10.0.0.1/16" },
      'cidrBlock: got "10.0.0.1/16", want a range such as 10.0.0.0/16',
    ],
    [
      "a VPC of a size that AWS does not have",
      "vpc",
      { cidrBlock: "10.0.0.0/8" },
      'cidrBlock: got "10.0.0.0/8", want a size from /16 to /28',
    ],
    [
      "a key deleted tomorrow",
      "key",
      { deletionWindowInDays: 1 },
      "deletionWindowInDays: got 1, want 7 to 30",
    ],
    [
      "a gateway endpoint in subnets",
      "endpoint",
      { vpcId: "v", serviceName: "s3", subnetIds: ["a"] },
      "subnetIds: got a list of 1, want nothing for a Gateway endpoint",
    ],
  ])("is refused here: %s", async (_what, kind, inputs, problem) => {
    const problems = await problemsOf(kind, inputs);
    expect(problems).toHaveLength(1);
    expect(problems[0]?.slice(0, problem.length)).toBe(problem);
  });

  it("is refused here: a cluster that goes back, or skips a version", async () => {
    const olds = { ...cluster, version: "1.34" };
    expect(await problemsOf("cluster", { ...cluster, version: "1.33" }, olds)).toEqual([
      'version: got "1.33", want "1.34" or newer: EKS never goes back',
    ]);
    expect(await problemsOf("cluster", { ...cluster, version: "1.36" }, olds)).toEqual([
      'version: got "1.36", want the next after "1.34": EKS skips none',
    ]);
    expect(await problemsOf("cluster", { ...cluster, version: "1.35" }, olds)).toEqual([]);
  });
});

describe("resources among each other", () => {
  it("may not have one name in one account and region", async () => {
    const client = await start();
    expect((await client.check(target("cluster", "a"), cluster)).problems).toEqual([]);
    expect((await client.check(target("cluster", "b"), cluster)).problems).toEqual([
      "name: got prod, which a has already, want another",
    ]);
    expect((await client.check(target("cluster", "a"), cluster)).problems).toEqual([]);
    expect(
      (await client.check(target("cluster", "c"), { ...cluster, region: "eu-west-1" })).problems,
    ).toEqual([]);
  });

  it("are not confused while their names are not known", async () => {
    const client = await start();
    const addon = { clusterName: UNKNOWN_STRING, addonName: "coredns" };
    expect((await client.check(target("addon", "a"), addon)).problems).toEqual([]);
    expect((await client.check(target("addon", "b"), addon)).problems).toEqual([]);
  });

  it("lie inside of their VPC and apart", async () => {
    const client = await start();
    await client.check(target("vpc"), { cidrBlock: "10.0.0.0/16" });
    const check = async (name: string, cidrBlock: string) =>
      (await client.check(target("subnet", name), { vpcId: UNKNOWN_STRING, cidrBlock })).problems;
    expect(await check("a", "10.0.0.0/20")).toEqual([]);
    expect(await check("b", "10.1.0.0/20")).toEqual([
      'cidrBlock: got "10.1.0.0/20", want a range inside of the VPC\'s 10.0.0.0/16',
    ]);
    expect(await check("c", "10.0.8.0/24")).toEqual([
      'cidrBlock: got "10.0.8.0/24", want one that does not overlap 10.0.0.0/20 of a',
    ]);
  });
});

describe("names", () => {
  it("are chosen once and kept", async () => {
    const client = await start();
    const { inputs } = await client.check(target("bucket", "Models"), {});
    expect(inputs.bucket).toMatch(/^models-[0-9a-f]{7}$/);
    expect((await client.check(target("bucket", "Models"), {}, inputs)).inputs.bucket).toBe(inputs.bucket);
  });

  it("follow what the project says about them", async () => {
    const client = await start();
    const named = await client.check(target("bucket", "a"), {}, {}, { mode: "propose", name: "models-prod" });
    expect(named.inputs.bucket).toBe("models-prod");
    const without = await client.check(target("bucket", "b"), {}, {}, { mode: "disable" });
    expect(without.inputs.bucket).toBeUndefined();
  });

  it("are not chosen where the program gives one, or a prefix", async () => {
    const client = await start();
    expect((await client.check(target("bucket", "a"), { bucket: "mine" })).inputs.bucket).toBe("mine");
    const { inputs } = await client.check(target("role", "b"), { assumeRolePolicy: trust, namePrefix: "p" });
    expect(inputs.name).toBeUndefined();
  });
});

describe("changes", () => {
  it.each<[string, Kind, PropertyMap, PropertyMap, readonly string[], readonly string[]]>([
    [
      "the version of a cluster",
      "cluster",
      { ...cluster, version: "1.34" },
      { ...cluster, version: "1.35" },
      ["version"],
      [],
    ],
    ["the name of a cluster", "cluster", cluster, { ...cluster, name: "new" }, ["name"], ["name"]],
    [
      "the subnets of a cluster",
      "cluster",
      cluster,
      { ...cluster, vpcConfig: { subnetIds: ["a", "c"] } },
      ["vpcConfig.subnetIds[1]"],
      [],
    ],
    [
      "encryption of a cluster that had none",
      "cluster",
      cluster,
      { ...cluster, encryptionConfig: { provider: { keyArn: "k" }, resources: ["secrets"] } },
      ["encryptionConfig.provider.keyArn", "encryptionConfig.resources"],
      [],
    ],
    [
      "encryption taken from a cluster",
      "cluster",
      { ...cluster, encryptionConfig: { provider: { keyArn: "k" } } },
      cluster,
      ["encryptionConfig.provider.keyArn"],
      ["encryptionConfig"],
    ],
    [
      "access entries of a cluster",
      "cluster",
      cluster,
      { ...cluster, accessConfig: { authenticationMode: "API" } },
      ["accessConfig.authenticationMode"],
      [],
    ],
    [
      "the size of a node group",
      "nodes",
      nodes,
      { ...nodes, scalingConfig: { minSize: 1, desiredSize: 1, maxSize: 3 } },
      ["scalingConfig.maxSize"],
      [],
    ],
    [
      "the instances of a node group",
      "nodes",
      { ...nodes, instanceTypes: ["a"] },
      { ...nodes, instanceTypes: ["b"] },
      ["instanceTypes[0]"],
      ["instanceTypes"],
    ],
    [
      "the range of a VPC",
      "vpc",
      { cidrBlock: "10.0.0.0/16" },
      { cidrBlock: "10.1.0.0/16" },
      ["cidrBlock"],
      ["cidrBlock"],
    ],
    [
      "the engine version of a database",
      "database",
      { ...database, engineVersion: "17.4" },
      { ...database, engineVersion: "17.5" },
      ["engineVersion"],
      [],
    ],
    [
      "the encryption of a database",
      "database",
      database,
      { ...database, storageEncrypted: true },
      ["storageEncrypted"],
      ["storageEncrypted"],
    ],
    ["the rotation of a key", "key", {}, { enableKeyRotation: true }, ["enableKeyRotation"], []],
    [
      "the region of anything",
      "key",
      { region: "us-east-1" },
      { region: "eu-west-1" },
      ["region"],
      ["region"],
    ],
    [
      "a secret that stays the same",
      "secretVersion",
      { secretId: "s", secretString: toSecret("k") },
      { secretId: "s", secretString: "k" },
      [],
      [],
    ],
  ])("of %s are in place or not, as AWS does it", async (_what, kind, olds, news, changed, replaces) => {
    const client = await start();
    const response = await client.diff(target(kind), olds, news, { ...olds, tagsAll: { owner: "team" } });
    expect([...response.getDetaileddiffMap().getEntryList()].map(([path]) => path)).toEqual(changed);
    expect(response.getReplacesList()).toEqual(replaces);
  });

  it("of types without a row here follow the SDK's documentation", async () => {
    const client = await start();
    const at = { type: "aws:alb/targetGroupAttachment:TargetGroupAttachment", name: "x" };
    const replaced = async (olds: PropertyMap, news: PropertyMap) =>
      (await client.diff(at, olds, news)).getReplacesList();
    expect(await replaced({ quicServerId: "0x1" }, { quicServerId: "0x2" })).toEqual(["quicServerId"]);
    expect(await replaced({ port: 1 }, { port: 2 })).toEqual([]);
  });

  it("of a resource whose name the program gives delete it first", async () => {
    const client = await start();
    const given = await client.diff(
      target("database"),
      { ...database, identifier: "a" },
      { ...database, identifier: "a", engine: "mysql" },
    );
    expect(given.getDeletebeforereplace()).toBe(true);
    const chosen = { ...database, identifier: "a", __defaults: ["identifier"] };
    const kept = await client.diff(target("database"), chosen, { ...chosen, engine: "mysql" });
    expect(kept.getDeletebeforereplace()).toBe(false);
  });

  it("of the provider's tags reach every resource that has tags", async () => {
    const client = await start();
    const diff = await client.diff(target("key"), {}, {}, { tagsAll: { owner: "others" } });
    expect(diff.getReplacesList()).toEqual([]);
    expect([...diff.getDetaileddiffMap().getEntryList()].map(([path]) => path)).toEqual(["tagsAll.owner"]);
  });
});

describe("outputs", () => {
  it("are unknown in a preview exactly where AWS fills them in", async () => {
    const client = await start();
    const { id, outputs } = await client.create(target("cluster"), { ...cluster, tags: { a: "b" } }, true);
    expect(id).toBe("");
    expect(outputs).toMatchObject({ ...cluster, region: "us-east-1", tagsAll: { owner: "team", a: "b" } });
    expect(
      ["arn", "endpoint", "certificateAuthority", "status"].filter((key) => !isUnknown(outputs[key])),
    ).toEqual([]);
    expect(outputs).toHaveProperty(["vpcConfig", "clusterSecurityGroupId"], UNKNOWN_STRING);
    expect(outputs).toHaveProperty(["vpcConfig", "subnetIds"], ["a", "b"]);
    expect(outputs).not.toHaveProperty("encryptionConfig");
  });

  it("are of AWS's own form and the same every time in a simulation", async () => {
    const client = await start("simulate");
    const { id, outputs } = await client.create(target("cluster"), cluster, false);
    expect(id).toBe("prod");
    expect(outputs.arn).toBe("arn:aws:eks:us-east-1:210987654321:cluster/prod");
    expect(outputs.endpoint).toMatch(/^https:\/\/[0-9A-F]+\.gr7\.us-east-1\.eks\.amazonaws\.com$/);
    expect(outputs).toHaveProperty(["certificateAuthority", "data"], expect.any(String));
    expect(outputs).toHaveProperty(["vpcConfig", "clusterSecurityGroupId"], expect.stringMatching(/^sg-/));
    expect((await client.create(target("cluster"), cluster, false)).outputs).toEqual(outputs);
    expect((await client.create(target("vpc"), { cidrBlock: "10.0.0.0/16" }, false)).id).toMatch(
      /^vpc-[0-9a-f]{17}$/,
    );
  });

  it("keep secrets marked and hold no write-only value", async () => {
    const client = await start("simulate");
    const made = await client.create(
      target("secretVersion"),
      { secretId: "s", secretString: toSecret("k"), secretStringWo: toSecret("w") },
      false,
    );
    expect(isSecret(made.outputs.secretString)).toBe(true);
    expect(made.outputs).not.toHaveProperty("secretStringWo");
  });

  it("of an update are the old ones, but for what the change moves", async () => {
    const client = await start("simulate");
    const { outputs } = await client.create(target("template"), { name: "gpu" }, false);
    const planned = await client.update(
      target("template"),
      outputs,
      { name: "gpu", ebsOptimized: "true" },
      true,
    );
    expect(planned).toMatchObject({ arn: outputs.arn, latestVersion: UNKNOWN_STRING });
    const done = await client.update(
      target("template"),
      outputs,
      { name: "gpu", ebsOptimized: "true" },
      false,
    );
    expect([outputs.latestVersion, done.latestVersion]).toEqual([1, 2]);
  });
});

describe("outside of a simulation", () => {
  it.each(["real", "plan"] as const)("nothing is created, changed, read or deleted (%s)", async (world) => {
    const client = await start(world);
    const at = target("cluster", "prod");
    const refused = (done: string) =>
      new RegExp(
        `Cluster prod was not ${done}: .* plans only.\\nNext: .*pulumi plugin install resource aws \\d`,
      );
    await expect(client.create(at, cluster, false)).rejects.toThrow(refused("created"));
    await expect(client.update(at, cluster, cluster, false)).rejects.toThrow(refused("changed"));
    await expect(client.read(at, "prod", cluster)).rejects.toThrow(refused("read"));
    await expect(client.remove(at)).rejects.toThrow(refused("deleted"));
  });

  it("a simulation says so", async () => {
    const client = await start("simulate");
    await client.create(target("key"), {}, false);
    await client.remove(target("key"));
    expect(warnings).toEqual(["warning: simulated: nothing exists in AWS, only in this state"]);
  });
});

describe("the provider's settings", () => {
  it.each<[PropertyMap, readonly string[]]>([
    [
      {
        region: "us-east-1",
        defaultTags: '{"tags":{"a":"b"}}',
        skipMetadataApiCheck: "false",
        maxRetries: "3",
      },
      [],
    ],
    [{}, ["region: got nothing, want an AWS region such as us-east-1"]],
    [{ region: "Virginia" }, ['region: got "Virginia", want an AWS region such as us-east-1']],
    [
      { region: "us-east-1", defaultTags: '{"tag":{}}' },
      ['defaultTags.tag: got "tag", which does not exist there, want tags'],
    ],
  ])("%j have these problems", async (settings, problems) => {
    expect((await (await start()).checkConfig(settings)).problems).toEqual(problems);
  });
});

describe("functions", () => {
  it("answer for the configured region and account", async () => {
    const client = await start();
    const ask = async (token: string, args: PropertyMap = {}) => (await client.invoke(token, args)).result;
    expect(await ask("aws:index/getCallerIdentity:getCallerIdentity")).toMatchObject({
      accountId: "210987654321",
    });
    expect(await ask("aws:index/getRegion:getRegion")).toMatchObject({ region: "us-east-1" });
    expect(await ask("aws:index/getPartition:getPartition")).toMatchObject({ partition: "aws" });
    expect(
      await ask("aws:index/getAvailabilityZones:getAvailabilityZones", { excludeNames: ["us-east-1b"] }),
    ).toMatchObject({
      names: ["us-east-1a", "us-east-1c", "us-east-1d"],
      zoneIds: ["use1-az1", "use1-az3", "use1-az4"],
    });
    const addon = { addonName: "kube-proxy", kubernetesVersion: "1.35" };
    expect(await ask("aws:eks/getAddonVersion:getAddonVersion", addon)).toMatchObject({
      version: "v1.35.0-eksbuild.2",
    });
  });

  it("refuse wrong arguments, unknown add-ons and questions that only AWS can answer", async () => {
    const client = await start();
    const token = "aws:eks/getAddonVersion:getAddonVersion";
    expect((await client.invoke(token, { addonName: "coredns" })).problems).toEqual([
      "kubernetesVersion: got nothing, want a string: it is required",
    ]);
    await expect(client.invoke(token, { addonName: "nginx", kubernetesVersion: "1.35" })).rejects.toThrow(
      /no add-on nginx.*it knows kube-proxy, vpc-cni/,
    );
    await expect(client.invoke("aws:ec2/getAmi:getAmi", {})).rejects.toThrow(
      /only AWS can\. It answers getAddonVersion/,
    );
  });
});
