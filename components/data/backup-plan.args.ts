// Settings of the backup plan: how often copies are made, how long they live, and whether anybody may delete them.
import type { PlanArgs } from "@pulumi/aws/backup/plan.js";
import type { SelectionArgs } from "@pulumi/aws/backup/selection.js";
import type { VaultArgs } from "@pulumi/aws/backup/vault.js";
import type { Input } from "@pulumi/pulumi";
import { z } from "zod";
import type { Override } from "../kit/override.ts";
import { ownership } from "../kit/ownership.ts";
import { storePrefix } from "./private-store.ts";

const DAYS = "whole days, at least 1";
const days = z.int(DAYS).min(1, DAYS);

/** Longest time that AWS Backup keeps continuous backups, and so the furthest point in time. */
const LONGEST_CONTINUOUS_DAYS = 35;
/** A grace time before a lock holds; AWS asks for three days at least. */
const SHORTEST_GRACE_DAYS = 3;

const rule = z
  .strictObject({
    schedule: z
      .string()
      .regex(/^cron\(\S+ \S+ \S+ \S+ \S+ \S+\)$/, "six fields of an AWS cron, e.g. cron(0 3 * * ? *)")
      .describe("When a copy is made, in UTC."),
    retentionDays: days.describe("Days after which a copy is deleted."),
    continuous: z
      .boolean()
      .default(false)
      .describe("Any second can be restored, not only the copies; where the service can."),
    startWithinMinutes: z
      .int("whole minutes")
      .min(60, "at least 60")
      .default(60)
      .describe("Time within which a copy has to begin; later it has failed."),
  })
  .refine((it) => !it.continuous || it.retentionDays <= LONGEST_CONTINUOUS_DAYS, {
    path: ["retentionDays"],
    message: `at most ${LONGEST_CONTINUOUS_DAYS} for a continuous backup; add a second rule for longer`,
  });

const lock = z
  .strictObject({
    minRetentionDays: days.describe("No copy is deleted before."),
    maxRetentionDays: days.describe("No copy is kept longer."),
    graceDays: z
      .int(DAYS)
      .min(SHORTEST_GRACE_DAYS, `at least ${SHORTEST_GRACE_DAYS}`)
      .optional()
      .describe(
        "Days after which nobody, the account's root included, can take the lock away; while left out, an administrator can.",
      ),
  })
  .refine((it) => it.maxRetentionDays >= it.minRetentionDays, {
    path: ["maxRetentionDays"],
    message: "at least `minRetentionDays`",
  });

export const backupPlanFields = z.strictObject({
  ownership,
  prefix: storePrefix.describe("Start of the physical names, e.g. `rampa-prod`."),
  rules: z
    .record(z.string().regex(/^[a-z][a-z0-9-]{0,48}[a-z0-9]$/, "lower-case letters, digits and dashes"), rule)
    .refine((rules) => Object.keys(rules).length > 0, "at least one rule")
    .default({
      daily: { schedule: "cron(0 3 * * ? *)", retentionDays: 35, continuous: true, startWithinMinutes: 60 },
      monthly: {
        schedule: "cron(0 4 1 * ? *)",
        retentionDays: 365,
        continuous: false,
        startWithinMinutes: 60,
      },
    })
    .describe("By name: copies every day for 35 days and every month for a year when left out."),
  select: z
    .discriminatedUnion("by", [
      z.strictObject({
        by: z.literal("tag").describe("What carries a tag is backed up."),
        key: z
          .string()
          .min(1, "a tag's name")
          .max(128, "at most 128 characters")
          .describe("Name of the tag."),
        value: z.string().max(256, "at most 256 characters").describe("Its value."),
      }),
      z.strictObject({ by: z.literal("arn").describe("What `refs.resources` names is backed up.") }),
    ])
    .prefault({ by: "arn" })
    .describe("What is backed up."),
  lock: lock.optional().describe("Keeps copies from being deleted early; none when left out."),
  protect: z.boolean().default(true).describe("Pulumi refuses to delete or replace the vault."),
});

export const backupPlanSettings = backupPlanFields.superRefine(({ rules, lock: limits }, context) => {
  // A lock that is upside down has its own message; no rule could satisfy it.
  if (limits === undefined || limits.maxRetentionDays < limits.minRetentionDays) return;
  const { minRetentionDays: least, maxRetentionDays: most } = limits;
  for (const [name, { retentionDays }] of Object.entries(rules)) {
    if (retentionDays >= least && retentionDays <= most) continue;
    const message = `from ${least} to ${most}, as the vault is locked`;
    context.addIssue({ code: "custom", path: ["rules", name, "retentionDays"], message });
  }
});

export type BackupPlanSettings = z.output<typeof backupPlanFields>;

export type BackupPlanRefs = {
  readonly keyArn: Input<string>;
  /** ARNs of what is backed up, with `select.by` "arn". */
  readonly resources?: readonly Input<string>[];
};

export type BackupPlanOverride = {
  readonly vault?: Override<VaultArgs>;
  readonly plan?: Override<PlanArgs>;
  readonly selection?: Override<SelectionArgs>;
};

export type BackupPlanArgs = z.input<typeof backupPlanSettings> & {
  readonly refs: BackupPlanRefs;
  /** Changes to single children, by name. */
  readonly override?: BackupPlanOverride;
};
