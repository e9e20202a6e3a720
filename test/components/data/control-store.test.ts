// ControlStore: Postgres that is encrypted, private, backed up, and has no password in the state.
import { Provider as AwsProvider } from "@pulumi/aws/provider.js";
import { output } from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { type ControlStoreArgs, controlStoreSettings } from "../../../components/data/control-store.args.ts";
import { databaseUserArn, planControlStore } from "../../../components/data/control-store.plan.ts";
import { ControlStore } from "../../../components/data/control-store.ts";
import { ownership } from "../../kit/component-owner.ts";
import { recordResources } from "../../kit/record-resources.ts";

const zones = ["eu-central-1a", "eu-central-1b", "eu-central-1c"];
const base = { ownership, prefix: "rampa-dev", zones };
const production = { ...base, ownership: { ...ownership, environment: "prod" }, prefix: "rampa-prod" };
const refs = {
  vpcId: "vpc-1",
  subnetIds: ["subnet-a", "subnet-b", "subnet-c"],
  clients: { cluster: "sg-cluster" },
  storageKeyArn: "arn:aws:kms:eu-central-1:111111111111:key/storage",
  secretsKeyArn: "arn:aws:kms:eu-central-1:111111111111:key/secrets",
  logsKeyArn: "arn:aws:kms:eu-central-1:111111111111:key/logs",
};

const planOf = (settings: object) => planControlStore(controlStoreSettings.parse({ ...base, ...settings }));

describe("planControlStore", () => {
  it("spreads Aurora's instances over the zones and lets one reader follow the writer's capacity", () => {
    const plan = planOf({ engine: { kind: "aurora", instances: 4 } });
    expect(plan).toMatchObject({
      identifier: "rampa-dev-control",
      family: "aurora-postgresql17",
      engine: {
        minCapacity: 0.5,
        maxCapacity: 8,
        pauseAfterSeconds: undefined,
        instances: [
          { suffix: "1", zone: "eu-central-1a", tier: 0 },
          { suffix: "2", zone: "eu-central-1b", tier: 1 },
          { suffix: "3", zone: "eu-central-1c", tier: 1 },
          { suffix: "4", zone: "eu-central-1a", tier: 1 },
        ],
      },
    });
  });

  it("pauses an idle store only where its least capacity is 0", () => {
    expect(planOf({ engine: { kind: "aurora", minCapacity: 0 } }).engine).toMatchObject({
      pauseAfterSeconds: 300,
    });
  });

  it("puts a single RDS instance into the first zone, and leaves the choice to RDS with a standby", () => {
    expect(planOf({ engine: { kind: "rds", multiAz: false } }).engine).toMatchObject({
      zone: "eu-central-1a",
    });
    expect(planOf({ engine: { kind: "rds" } }).engine).toMatchObject({ multiAz: true, zone: undefined });
  });

  it("names the log groups as RDS writes to them", () => {
    expect(planOf({}).logs.map(({ group }) => group)).toEqual([
      "/aws/rds/cluster/rampa-dev-control/postgresql",
    ]);
    expect(planOf({ engine: { kind: "rds" } }).logs.map(({ group }) => group)).toEqual([
      "/aws/rds/instance/rampa-dev-control/postgresql",
      "/aws/rds/instance/rampa-dev-control/upgrade",
    ]);
  });

  it("takes the family from the major version", () => {
    expect(
      planOf({ engine: { kind: "rds" }, engineVersion: "16.9", autoMinorVersionUpgrade: false }).family,
    ).toBe("postgres16");
  });
});

describe("databaseUserArn", () => {
  it("names one database user of one store", () => {
    const arn = "arn:aws-cn:rds:cn-north-1:111111111111:cluster:rampa-prod-control";
    expect(databaseUserArn(arn, "cluster-ABC", "rampa_app")).toBe(
      "arn:aws-cn:rds-db:cn-north-1:111111111111:dbuser:cluster-ABC/rampa_app",
    );
  });
});

const STORE_ARN = "arn:aws:rds:eu-central-1:111111111111:cluster:rampa-dev-control";
/** What AWS answers. */
const computed = {
  "aws:rds/subnetGroup:SubnetGroup": { name: "subnets-1" },
  "aws:rds/clusterParameterGroup:ClusterParameterGroup": { name: "parameters-1" },
  "aws:rds/cluster:Cluster": {
    arn: STORE_ARN,
    clusterResourceId: "cluster-ABC",
    endpoint: "control.rds.example",
    masterUserSecrets: [{ secretArn: "arn:secret", kmsKeyId: "key", secretStatus: "active" }],
  },
};

const record = (args: Partial<ControlStoreArgs>, preview = false) =>
  recordResources(
    () =>
      new ControlStore(
        "control",
        { ...base, refs, ...args },
        { providers: [new AwsProvider("aws", { region: "eu-central-1" })] },
      ),
    { stack: "dev", project: "rampa", preview, computed },
  );

const CHILDREN = ["control-access", "control-from-cluster", "control-parameters", "control-subnets"];

describe("ControlStore", () => {
  it("creates an Aurora cluster with its children under itself and protects what holds data", async () => {
    const [, component, ...children] = await record({});
    expect(component).toMatchObject({ type: "rampa:data:ControlStore", props: {} });
    expect(children.map(({ name }) => name).sort()).toEqual(
      [
        ...CHILDREN,
        "control-cluster",
        "control-instance-1",
        "control-instance-2",
        "control-postgresql-log",
      ].sort(),
    );
    expect(new Set(children.map((it) => it.parent))).toEqual(new Set([component?.urn]));
    expect(
      children
        .filter((it) => it.protect)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(["control-cluster", "control-instance-1", "control-instance-2"]);
  });

  it("encrypts, backs up and guards the cluster, and holds no password", async () => {
    const cluster = (await record({})).find(({ name }) => name === "control-cluster");
    expect(cluster?.props).toEqual({
      clusterIdentifier: "rampa-dev-control",
      engine: "aurora-postgresql",
      engineMode: "provisioned",
      engineVersion: "17",
      engineLifecycleSupport: "open-source-rds-extended-support-disabled",
      port: 5432,
      databaseName: "rampa",
      masterUsername: "rampa_admin",
      manageMasterUserPassword: true,
      masterUserSecretKmsKeyId: refs.secretsKeyArn,
      iamDatabaseAuthenticationEnabled: true,
      storageEncrypted: true,
      kmsKeyId: refs.storageKeyArn,
      dbSubnetGroupName: "subnets-1",
      dbClusterParameterGroupName: "parameters-1",
      vpcSecurityGroupIds: ["control-access-id"],
      serverlessv2ScalingConfiguration: { minCapacity: 0.5, maxCapacity: 8 },
      backupRetentionPeriod: 14,
      preferredBackupWindow: "02:00-03:00",
      preferredMaintenanceWindow: "sun:04:00-sun:05:00",
      copyTagsToSnapshot: true,
      deleteAutomatedBackups: false,
      deletionProtection: true,
      skipFinalSnapshot: false,
      finalSnapshotIdentifier: "rampa-dev-control-final",
      enabledCloudwatchLogsExports: ["postgresql"],
    });
    expect(cluster?.dependencies.some((urn) => urn.endsWith("::control-postgresql-log"))).toBe(true);
  });

  it("lets in one port from the named security groups and nobody else", async () => {
    const resources = await record({});
    const access = resources.find(({ name }) => name === "control-access")?.props;
    expect(access).toMatchObject({ vpcId: "vpc-1" });
    expect(Object.keys(access ?? {})).not.toContain("ingress");
    expect(Object.keys(access ?? {})).not.toContain("egress");
    expect(resources.find(({ name }) => name === "control-from-cluster")?.props).toEqual({
      securityGroupId: "control-access-id",
      referencedSecurityGroupId: "sg-cluster",
      ipProtocol: "tcp",
      fromPort: 5432,
      toPort: 5432,
      description: "from cluster",
    });
  });

  it.each(["aurora", "rds"] as const)("forces TLS by the parameter group of %s", async (kind) => {
    const parameters = (await record({ engine: { kind } })).find(({ name }) => name === "control-parameters");
    expect(parameters?.type).toBe(
      kind === "aurora"
        ? "aws:rds/clusterParameterGroup:ClusterParameterGroup"
        : "aws:rds/parameterGroup:ParameterGroup",
    );
    expect(parameters?.props.parameters).toEqual([{ name: "rds.force_ssl", value: "1" }]);
  });

  it("keeps the log encrypted and for a bounded time", async () => {
    const log = (await record({})).find(({ name }) => name === "control-postgresql-log");
    expect(log?.props).toMatchObject({ retentionInDays: 90, kmsKeyId: refs.logsKeyArn });
  });

  it("creates one RDS instance with a standby, as guarded as the cluster", async () => {
    const resources = await record({ engine: { kind: "rds" } });
    const instance = resources.find(({ name }) => name === "control-instance");
    expect(resources.map(({ name }) => name)).not.toContain("control-cluster");
    expect(instance?.protect).toBe(true);
    expect(instance?.props).toMatchObject({
      identifier: "rampa-dev-control",
      engine: "postgres",
      instanceClass: "db.m7g.large",
      multiAz: true,
      storageEncrypted: true,
      storageType: "gp3",
      allocatedStorage: 50,
      maxAllocatedStorage: 500,
      publiclyAccessible: false,
      manageMasterUserPassword: true,
      iamDatabaseAuthenticationEnabled: true,
      deletionProtection: true,
      skipFinalSnapshot: false,
      performanceInsightsEnabled: true,
    });
  });

  it("tells where the store is, which secret holds its password, and what a role needs to connect", async () => {
    const seen: unknown[] = [];
    await recordResources(
      () => {
        const aws = new AwsProvider("aws", { region: "eu-central-1" });
        const store = new ControlStore("control", { ...base, refs }, { providers: [aws] });
        const { endpoint, port, database, masterSecretArn, securityGroupId, connectArn, arn } = store;
        output({ endpoint, port, database, masterSecretArn, securityGroupId, connectArn, arn }).apply((it) =>
          seen.push(it),
        );
      },
      { stack: "dev", project: "rampa", computed },
    );
    expect(seen).toEqual([
      {
        endpoint: "control.rds.example",
        port: 5432,
        database: "rampa",
        masterSecretArn: "arn:secret",
        securityGroupId: "control-access-id",
        arn: STORE_ARN,
        connectArn: "arn:aws:rds-db:eu-central-1:111111111111:dbuser:cluster-ABC/rampa_app",
      },
    ]);
  });

  it("can be planned while nothing exists", async () => {
    expect((await record({}, true)).map(({ name }) => name)).toContain("control-cluster");
  });

  it("lets a caller change one child", async () => {
    const resources = await record({ override: { clusterInstance: { monitoringInterval: 30 } } });
    const changed = resources.filter(({ props }) => props.monitoringInterval === 30);
    expect(changed.map(({ name }) => name)).toEqual(["control-instance-1", "control-instance-2"]);
  });
});

const BACKUP = "whole days from 0 to 35; longer is what a BackupPlan is for";
const ACU = "Aurora capacity units from 0 to 256 in steps of 0.5";

describe("settings of the control store", () => {
  it.each<readonly [string, object, string]>([
    [
      "one zone",
      { zones: ["eu-central-1a"] },
      "zones: at least two zones: AWS takes no subnet group of a store in fewer",
    ],
    ["a zone twice", { zones: ["eu-central-1a", "eu-central-1a"] }, "zones: each zone once"],
    [
      "no zone's name",
      { zones: ["a", "eu-central-1a"] },
      "zones.0: an availability zone, e.g. eu-central-1a",
    ],
    ["a long prefix", { prefix: `r${"x".repeat(24)}` }, "prefix: at most 24 characters"],
    [
      "less capacity at most than at least",
      { engine: { kind: "aurora", minCapacity: 4, maxCapacity: 2 } },
      "engine.maxCapacity: at least `minCapacity`",
    ],
    ["an odd capacity", { engine: { kind: "aurora", maxCapacity: 1.3 } }, `engine.maxCapacity: ${ACU}`],
    ["too much capacity", { engine: { kind: "aurora", maxCapacity: 257 } }, `engine.maxCapacity: ${ACU}`],
    [
      "a pause of a store that keeps capacity",
      { engine: { kind: "aurora", pauseAfterSeconds: 600 } },
      "engine.pauseAfterSeconds: only with `minCapacity` 0: a store that keeps capacity is never paused",
    ],
    ["no instance", { engine: { kind: "aurora", instances: 0 } }, "engine.instances: at least 1, the writer"],
    [
      "storage that shrinks",
      { engine: { kind: "rds", storageGib: 100, maxStorageGib: 50 } },
      "engine.maxStorageGib: at least `storageGib`",
    ],
    [
      "no class",
      { engine: { kind: "rds", instanceClass: "m7g.large" } },
      "engine.instanceClass: a class of RDS instances, e.g. db.m7g.large",
    ],
    ["36 days of backups", { backupRetentionDays: 36 }, `backupRetentionDays: ${BACKUP}`],
    [
      "Aurora without backups",
      { backupRetentionDays: 0 },
      "backupRetentionDays: at least 1: Aurora has no store without backups",
    ],
    [
      "a minor version that AWS upgrades",
      { engineVersion: "17.5" },
      "engineVersion: the major version alone, or `autoMinorVersionUpgrade` false",
    ],
    [
      "a major version that nobody upgrades",
      { autoMinorVersionUpgrade: false },
      "engineVersion: the minor version too, as nobody upgrades it",
    ],
    [
      "a window without its end",
      { backupWindow: "02:00" },
      "backupWindow: a daily window in UTC, e.g. 02:00-03:00",
    ],
    [
      "a database with a dash",
      { database: "my-db" },
      "database: lower-case letters, digits and underscores, starting with a letter",
    ],
    [
      "prod without backups",
      { ...production, backupRetentionDays: 0 },
      "backupRetentionDays: at least 7 in prod",
    ],
    [
      "prod on one instance",
      { ...production, engine: { kind: "aurora", instances: 1 } },
      "engine.instances: at least 2 in prod",
    ],
    [
      "prod without a standby",
      { ...production, engine: { kind: "rds", multiAz: false } },
      "engine.multiAz: true in prod",
    ],
    [
      "prod that pauses",
      { ...production, engine: { kind: "aurora", minCapacity: 0 } },
      "engine.minCapacity: above 0 in prod: a paused store takes about 15 s to answer",
    ],
    [
      "prod that AWS may delete",
      { ...production, deletionProtection: false },
      "deletionProtection: true in prod",
    ],
    ["prod that Pulumi may delete", { ...production, protect: false }, "protect: true in prod"],
  ])("refuse %s", (_name, change, problem) => {
    const result = controlStoreSettings.safeParse({ ...base, ...change });
    expect(result.error?.issues.map((it) => `${it.path.join(".")}: ${it.message}`)).toEqual([problem]);
  });

  it.each<readonly [string, object]>([
    ["backups of 35 days", { backupRetentionDays: 35 }],
    ["a pinned minor version", { engineVersion: "17.5", autoMinorVersionUpgrade: false }],
    ["an RDS store without backups outside of prod", { engine: { kind: "rds" }, backupRetentionDays: 0 }],
    ["the defaults in prod", production],
  ])("accept %s", (_name, change) => {
    expect(controlStoreSettings.safeParse({ ...base, ...change }).success).toBe(true);
  });

  it("are reported all at once, and nothing is created", async () => {
    const wrong = { zones: ["x"], prefix: "X", backupRetentionDays: 99 };
    await expect(record(wrong)).rejects.toThrow('rampa:data:ControlStore "control": 4 problems');
  });
});
