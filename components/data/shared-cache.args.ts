// Settings of the shared cache: ElastiCache for Valkey, one primary and its replicas.
import type { ReplicationGroupArgs } from "@pulumi/aws/elasticache/replicationGroup.js";
import type { UserArgs } from "@pulumi/aws/elasticache/user.js";
import { z } from "zod";
import type { Override } from "../kit/override.ts";
import { ownership } from "../kit/ownership.ts";
import { PRODUCTION, type StoreRefs, storePrefix, zoneList } from "./private-store.ts";

const REPLICAS = "whole replicas from 0 to 5";
const SNAPSHOT_DAYS = "whole days from 0 to 35";

export const sharedCacheFields = z.strictObject({
  ownership,
  prefix: storePrefix.describe("Start of the physical names, e.g. `rampa-prod`."),
  zones: zoneList.describe("Availability zones of the subnets, in their order."),
  engineVersion: z
    .string()
    .regex(/^(7\.2|[89]\.\d+)$/, "a Valkey version, e.g. 8.1")
    .default("8.1")
    .describe("Version of Valkey."),
  nodeType: z
    .string()
    .regex(/^cache\.[a-z][a-z0-9-]*\.[a-z0-9]+$/, "a type of cache nodes, e.g. cache.t4g.small")
    .default("cache.t4g.small")
    .describe("Type of every node."),
  replicas: z
    .int(REPLICAS)
    .min(0, REPLICAS)
    .max(5, REPLICAS)
    .default(1)
    .describe("Copies of the primary, in other zones while there are any."),
  automaticFailover: z
    .boolean()
    .default(true)
    .describe("A replica becomes the primary by itself when the primary is lost."),
  keyPrefix: z
    .string()
    .regex(/^[a-z][a-z0-9-]*:$/, "lower-case letters, digits and dashes, then a colon, e.g. rampa:")
    .default("rampa:")
    .describe("What every key and channel of the platform starts with; others are refused."),
  snapshotRetentionDays: z
    .int(SNAPSHOT_DAYS)
    .min(0, SNAPSHOT_DAYS)
    .max(35, SNAPSHOT_DAYS)
    .default(7)
    .describe("Days that daily snapshots are kept; with 0 none are made."),
  autoMinorVersionUpgrade: z
    .boolean()
    .default(true)
    .describe("AWS installs patch versions in the maintenance window."),
  protect: z
    .boolean()
    .default(true)
    .describe("Pulumi refuses to delete or replace the cache; a final snapshot is taken in any case."),
});

export const sharedCacheSettings = sharedCacheFields.superRefine((settings, context) => {
  const isProduction = settings.ownership.environment === PRODUCTION;
  const { replicas, automaticFailover } = settings;
  const report = (path: string, message: string): void => {
    context.addIssue({ code: "custom", path: [path], message });
  };
  if (automaticFailover && replicas === 0) {
    report("automaticFailover", "false, or at least 1 replica: without one nothing can take over");
  }
  if (isProduction && replicas === 0) report("replicas", "at least 1 in prod");
  if (isProduction && !automaticFailover) report("automaticFailover", "true in prod");
});

export type SharedCacheSettings = z.output<typeof sharedCacheFields>;

export type SharedCacheOverride = {
  readonly group?: Override<ReplicationGroupArgs>;
  readonly user?: Override<UserArgs>;
};

export type SharedCacheArgs = z.input<typeof sharedCacheSettings> & {
  readonly refs: StoreRefs;
  /** Changes to single children, by name. */
  readonly override?: SharedCacheOverride;
};
