// Settings of the control store: Postgres as Aurora Serverless v2 or as an RDS instance.
import type { ClusterArgs } from "@pulumi/aws/rds/cluster.js";
import type { ClusterInstanceArgs } from "@pulumi/aws/rds/clusterInstance.js";
import type { InstanceArgs } from "@pulumi/aws/rds/instance.js";
import type { Input } from "@pulumi/pulumi";
import { z } from "zod";
import type { Override } from "../kit/override.ts";
import { ownership } from "../kit/ownership.ts";
import { PRODUCTION, type StoreRefs, storePrefix, zoneList } from "./private-store.ts";

const ACU = "Aurora capacity units from 0 to 256 in steps of 0.5";
const BACKUP_DAYS = "whole days from 0 to 35; longer is what a BackupPlan is for";
const FEWEST_PRODUCTION_DAYS = 7;

const capacityUnits = z.number(ACU).min(0, ACU).max(256, ACU).multipleOf(0.5, ACU);

const aurora = z
  .strictObject({
    kind: z.literal("aurora").describe("Aurora PostgreSQL, Serverless v2."),
    minCapacity: capacityUnits
      .default(0.5)
      .describe("Least Aurora capacity units of each instance; with 0 an idle store is paused."),
    maxCapacity: capacityUnits.min(1, "1 or more").default(8).describe("Most Aurora capacity units of each."),
    instances: z
      .int("a whole number of instances")
      .min(1, "at least 1, the writer")
      .max(16, "at most 16")
      .default(2)
      .describe("Writer and readers, spread over the zones; a reader takes over when the writer is lost."),
    pauseAfterSeconds: z
      .int("whole seconds")
      .min(300, "at least 300")
      .max(86_400, "at most 86400")
      .optional()
      .describe(
        "Idle time after which the store is paused; only with `minCapacity` 0, then 300 when left out.",
      ),
  })
  .refine((it) => it.maxCapacity >= it.minCapacity, {
    path: ["maxCapacity"],
    message: "at least `minCapacity`",
  })
  .refine((it) => it.pauseAfterSeconds === undefined || it.minCapacity === 0, {
    path: ["pauseAfterSeconds"],
    message: "only with `minCapacity` 0: a store that keeps capacity is never paused",
  });

const GIB = "whole GiB from 20 to 65536";
const storageGib = z.int(GIB).min(20, GIB).max(65_536, GIB);

const rds = z
  .strictObject({
    kind: z.literal("rds").describe("RDS for PostgreSQL."),
    instanceClass: z
      .string()
      .regex(/^db\.[a-z][a-z0-9-]*\.[a-z0-9]+$/, "a class of RDS instances, e.g. db.m7g.large")
      .default("db.m7g.large")
      .describe("Class of the instance."),
    multiAz: z.boolean().default(true).describe("A standby in the second zone that takes over by itself."),
    storageGib: storageGib.default(50).describe("Storage to begin with."),
    maxStorageGib: storageGib.default(500).describe("Storage that RDS may grow to by itself."),
  })
  .refine((it) => it.maxStorageGib >= it.storageGib, {
    path: ["maxStorageGib"],
    message: "at least `storageGib`",
  });

export const controlStoreFields = z.strictObject({
  ownership,
  prefix: storePrefix.describe("Start of the physical names, e.g. `rampa-prod`."),
  zones: zoneList.describe("Availability zones of the subnets, in their order."),
  engine: z
    .discriminatedUnion("kind", [aurora, rds])
    .prefault({ kind: "aurora" })
    .describe("Which Postgres; Aurora Serverless v2 when left out."),
  engineVersion: z
    .string()
    .regex(/^1[3-9](\.\d+)?$/, "a Postgres version from 13, e.g. 17, or 17.5 where AWS may not upgrade it")
    .default("17")
    .describe("Major version of Postgres, or the exact one with `autoMinorVersionUpgrade` false."),
  autoMinorVersionUpgrade: z
    .boolean()
    .default(true)
    .describe("AWS installs minor versions in the maintenance window."),
  database: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,62}$/, "lower-case letters, digits and underscores, starting with a letter")
    .default("rampa")
    .describe("Database that is created with the store."),
  applicationUser: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,62}$/, "lower-case letters, digits and underscores, starting with a letter")
    .default("rampa_app")
    .describe("Database user that pods connect as by IAM; `connectArn` allows this user and no other."),
  backupRetentionDays: z
    .int(BACKUP_DAYS)
    .min(0, BACKUP_DAYS)
    .max(35, BACKUP_DAYS)
    .default(14)
    .describe("Days that the store can be taken back to, to the second."),
  backupWindow: z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$/, "a daily window in UTC, e.g. 02:00-03:00")
    .default("02:00-03:00")
    .describe("Daily time of the snapshot, in UTC."),
  maintenanceWindow: z
    .string()
    .regex(
      /^(mon|tue|wed|thu|fri|sat|sun):([01]\d|2[0-3]):[0-5]\d-(mon|tue|wed|thu|fri|sat|sun):([01]\d|2[0-3]):[0-5]\d$/,
      "a weekly window in UTC, e.g. sun:04:00-sun:05:00",
    )
    .default("sun:04:00-sun:05:00")
    .describe("Weekly time at which AWS may restart instances, in UTC."),
  logRetentionDays: z
    .literal([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1827])
    .default(90)
    .describe("Days that the Postgres log is kept in CloudWatch."),
  deletionProtection: z.boolean().default(true).describe("AWS refuses to delete the store."),
  protect: z
    .boolean()
    .default(true)
    .describe("Pulumi refuses to delete or replace the store; a final snapshot is taken in any case."),
});

type Problem = readonly [path: readonly string[], message: string];

export const controlStoreSettings = controlStoreFields.superRefine((settings, context) => {
  for (const [path, message] of [...versionProblems(settings), ...backupProblems(settings)]) {
    context.addIssue({ code: "custom", path: [...path], message });
  }
});

export type ControlStoreSettings = z.output<typeof controlStoreFields>;

/** A version to the minor that AWS upgrades by itself would be taken for a change, and a downgrade asked for. */
function versionProblems(settings: ControlStoreSettings): readonly Problem[] {
  const { engineVersion, autoMinorVersionUpgrade } = settings;
  if (engineVersion.includes(".") === !autoMinorVersionUpgrade) return [];
  const message = autoMinorVersionUpgrade
    ? "the major version alone, or `autoMinorVersionUpgrade` false"
    : "the minor version too, as nobody upgrades it";
  return [[["engineVersion"], message]];
}

function backupProblems(settings: ControlStoreSettings): readonly Problem[] {
  const { engine, backupRetentionDays: days, ownership: owner } = settings;
  if (owner.environment === PRODUCTION) return productionProblems(settings);
  if (engine.kind === "aurora" && days === 0)
    return [[["backupRetentionDays"], "at least 1: Aurora has no store without backups"]];
  return [];
}

function productionProblems(settings: ControlStoreSettings): readonly Problem[] {
  const { engine, backupRetentionDays: days, deletionProtection, protect } = settings;
  const problems: readonly (readonly [boolean, Problem])[] = [
    [days < FEWEST_PRODUCTION_DAYS, [["backupRetentionDays"], `at least ${FEWEST_PRODUCTION_DAYS} in prod`]],
    [!deletionProtection, [["deletionProtection"], "true in prod"]],
    [!protect, [["protect"], "true in prod"]],
    [engine.kind === "rds" && !engine.multiAz, [["engine", "multiAz"], "true in prod"]],
    [engine.kind === "aurora" && engine.instances < 2, [["engine", "instances"], "at least 2 in prod"]],
    [
      engine.kind === "aurora" && engine.minCapacity === 0,
      [["engine", "minCapacity"], "above 0 in prod: a paused store takes about 15 s to answer"],
    ],
  ];
  return problems.filter(([isWrong]) => isWrong).map(([, problem]) => problem);
}

export type ControlStoreRefs = StoreRefs & {
  /** Encrypts the master password in Secrets Manager. */
  readonly secretsKeyArn: Input<string>;
  readonly logsKeyArn: Input<string>;
};

export type ControlStoreOverride = {
  readonly cluster?: Override<ClusterArgs>;
  /** Every instance of an Aurora cluster. */
  readonly clusterInstance?: Override<ClusterInstanceArgs>;
  readonly instance?: Override<InstanceArgs>;
};

export type ControlStoreArgs = z.input<typeof controlStoreSettings> & {
  readonly refs: ControlStoreRefs;
  /** Changes to single children, by name. */
  readonly override?: ControlStoreOverride;
};
