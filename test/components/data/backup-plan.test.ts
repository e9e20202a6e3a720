// BackupPlan: copies on a schedule, in an encrypted vault that can be locked.
import { Provider as AwsProvider } from "@pulumi/aws/provider.js";
import { describe, expect, it } from "vitest";
import { type BackupPlanArgs, backupPlanSettings } from "../../../components/data/backup-plan.args.ts";
import { planBackups } from "../../../components/data/backup-plan.plan.ts";
import { BackupPlan } from "../../../components/data/backup-plan.ts";
import { ownership } from "../../kit/component-owner.ts";
import { recordResources } from "../../kit/record-resources.ts";

const base = { ownership, prefix: "rampa-dev" };
const refs = {
  keyArn: "arn:aws:kms:eu-central-1:111111111111:key/backup",
  resources: ["arn:aws:rds:eu-central-1:111111111111:cluster:rampa-dev-control"],
};
const daily = { schedule: "cron(0 3 * * ? *)", retentionDays: 30 };

describe("planBackups", () => {
  it("orders the rules by name, whatever order they are written in", () => {
    const names = (rules: object) =>
      planBackups(backupPlanSettings.parse({ ...base, rules })).rules.map(({ name }) => name);
    expect(names({ weekly: daily, daily })).toEqual(["daily", "weekly"]);
    expect(names({ daily, weekly: daily })).toEqual(["daily", "weekly"]);
  });
});

const ROLE_ARN = "arn:aws:iam::111111111111:role/backup";

const record = (args: Partial<BackupPlanArgs>) =>
  recordResources(
    () =>
      new BackupPlan(
        "backup",
        { ...base, refs, ...args },
        { providers: [new AwsProvider("aws", { region: "eu-central-1" })] },
      ),
    { stack: "dev", project: "rampa", computed: { "aws:iam/role:Role": { arn: ROLE_ARN, name: "backup" } } },
  );

const CHILDREN = [
  "backup-plan",
  "backup-role",
  "backup-role-backup",
  "backup-role-restore",
  "backup-selection",
  "backup-vault",
];

describe("BackupPlan", () => {
  it("creates its children under itself and protects the vault", async () => {
    const [, component, ...children] = await record({});
    expect(component).toMatchObject({ type: "rampa:data:BackupPlan", props: {} });
    expect(children.map(({ name }) => name).sort()).toEqual(CHILDREN);
    expect(new Set(children.map((it) => it.parent))).toEqual(new Set([component?.urn]));
    expect(children.filter((it) => it.protect).map(({ name }) => name)).toEqual(["backup-vault"]);
  });

  it("copies every day to the second and every month for a year, into an encrypted vault", async () => {
    const resources = await record({});
    expect(resources.find(({ name }) => name === "backup-vault")?.props).toEqual({
      name: "rampa-dev-backup",
      kmsKeyArn: refs.keyArn,
      forceDestroy: false,
    });
    expect(resources.find(({ name }) => name === "backup-plan")?.props.rules).toEqual([
      {
        ruleName: "daily",
        targetVaultName: "rampa-dev-backup",
        schedule: "cron(0 3 * * ? *)",
        startWindow: 60,
        enableContinuousBackup: true,
        lifecycle: { deleteAfter: 35 },
      },
      {
        ruleName: "monthly",
        targetVaultName: "rampa-dev-backup",
        schedule: "cron(0 4 1 * ? *)",
        startWindow: 60,
        enableContinuousBackup: false,
        lifecycle: { deleteAfter: 365 },
      },
    ]);
  });

  it("works as a role that only AWS Backup may take, before anything is selected", async () => {
    const resources = await record({});
    const trust = resources.find(({ name }) => name === "backup-role")?.props.assumeRolePolicy;
    expect(JSON.parse(String(trust)).Statement).toEqual([
      {
        Sid: "AllowService",
        Effect: "Allow",
        Principal: { Service: "backup.amazonaws.com" },
        Action: ["sts:AssumeRole"],
      },
    ]);
    const selection = resources.find(({ name }) => name === "backup-selection");
    expect(selection?.dependencies.map((urn) => urn.split("::").at(-1))).toEqual(
      expect.arrayContaining(["backup-role-backup", "backup-role-restore"]),
    );
  });

  it.each<readonly [string, Partial<BackupPlanArgs>, object]>([
    ["name", {}, { resources: refs.resources }],
    [
      "tag",
      { select: { by: "tag", key: "backup", value: "yes" } },
      { selectionTags: [{ type: "STRINGEQUALS", key: "backup", value: "yes" }] },
    ],
  ])("selects by %s", async (_by, args, expected) => {
    const { name, planId, iamRoleArn, ...selected } =
      (await record(args)).find((it) => it.name === "backup-selection")?.props ?? {};
    expect({ name, planId, selected }).toEqual({
      name: "rampa-dev-backup",
      planId: "backup-plan-id",
      selected: expected,
    });
    expect(iamRoleArn).toBe(ROLE_ARN);
  });

  it.each([
    [{ minRetentionDays: 7, maxRetentionDays: 400 }, {}],
    [{ minRetentionDays: 7, maxRetentionDays: 400, graceDays: 5 }, { changeableForDays: 5 }],
  ])("locks the vault by %o", async (lock, more) => {
    const found = (await record({ lock })).find(({ name }) => name === "backup-lock");
    expect(found?.protect).toBe(true);
    expect(found?.props).toEqual({
      backupVaultName: "rampa-dev-backup",
      minRetentionDays: 7,
      maxRetentionDays: 400,
      ...more,
    });
  });

  it("lets a caller change one child", async () => {
    const resources = await record({ override: { vault: { tags: { team: "x" } } } });
    expect(resources.find(({ name }) => name === "backup-vault")?.props.tags).toEqual({ team: "x" });
  });

  it("creates nothing on wrong settings", async () => {
    await expect(record({ prefix: "-", rules: {} })).rejects.toThrow(
      'rampa:data:BackupPlan "backup": 2 problems',
    );
  });
});

describe("settings of the backup plan", () => {
  it.each<readonly [string, object, readonly string[]]>([
    [
      "continuous copies for longer than AWS keeps them",
      { rules: { daily: { ...daily, continuous: true, retentionDays: 36 } } },
      ["rules.daily.retentionDays: at most 35 for a continuous backup; add a second rule for longer"],
    ],
    [
      "a schedule of five fields",
      { rules: { daily: { ...daily, schedule: "cron(0 3 * * *)" } } },
      ["rules.daily.schedule: six fields of an AWS cron, e.g. cron(0 3 * * ? *)"],
    ],
    ["no rule", { rules: {} }, ["rules: at least one rule"]],
    [
      "a lock that is upside down",
      { rules: { daily }, lock: { minRetentionDays: 40, maxRetentionDays: 20 } },
      ["lock.maxRetentionDays: at least `minRetentionDays`"],
    ],
    [
      "a lock without grace",
      { rules: { daily }, lock: { minRetentionDays: 7, maxRetentionDays: 60, graceDays: 1 } },
      ["lock.graceDays: at least 3"],
    ],
    [
      "rules outside of the lock",
      { lock: { minRetentionDays: 40, maxRetentionDays: 300 } },
      [
        "rules.daily.retentionDays: from 40 to 300, as the vault is locked",
        "rules.monthly.retentionDays: from 40 to 300, as the vault is locked",
      ],
    ],
    [
      "a start window below AWS's",
      { rules: { daily: { ...daily, startWithinMinutes: 10 } } },
      ["rules.daily.startWithinMinutes: at least 60"],
    ],
  ])("refuse %s", (_name, change, problems) => {
    const result = backupPlanSettings.safeParse({ ...base, ...change });
    expect(result.error?.issues.map((it) => `${it.path.join(".")}: ${it.message}`)).toEqual(problems);
  });
});
