// Settings of Postgres inside the cluster: its volume, its copies, who may connect.
import type { StatefulSetArgs } from "@pulumi/kubernetes/apps/v1/index.js";
import type { CronJobArgs } from "@pulumi/kubernetes/batch/v1/index.js";
import type { Input } from "@pulumi/pulumi";
import { z } from "zod";
import type { Override } from "../kit/override.ts";
import { storeFields, storeResources, storeVolume } from "./store-fields.ts";

const CONNECTIONS = "a whole number from 10 to 1000";
const COPIES = "a whole number from 1 to 365";

const backups = z
  .strictObject({
    schedule: z
      .string()
      .regex(/^\S+ \S+ \S+ \S+ \S+$/, "five fields of a crontab, e.g. 17 2 * * *")
      .default("17 2 * * *")
      .describe("When a copy is made, in UTC."),
    keep: z
      .int(COPIES)
      .min(1, COPIES)
      .max(365, COPIES)
      .default(14)
      .describe("Newest copies that are kept; older ones are deleted after a new one is complete."),
    volume: storeVolume("10Gi").describe("Volume of the copies, apart from that of the data."),
  })
  .prefault({})
  .describe("Copies of the database by `pg_dump`, and what they are restored from.");

export const clusterPostgresSettings = storeFields.extend({
  volume: storeVolume("10Gi").describe("Volume of the data."),
  resources: storeResources({ cpu: "1", cpuRequest: "50m", memory: "256Mi" }),
  maxConnections: z
    .int(CONNECTIONS)
    .min(10, CONNECTIONS)
    .max(1000, CONNECTIONS)
    .default(50)
    .describe("Connections at once; each may take some MiB of the memory."),
  backups,
  protect: z
    .boolean()
    .optional()
    .describe(
      "Pulumi refuses to delete or replace the volumes; when left out, true but in the environment `local`, whose volumes are directories that outlive it.",
    ),
});

export type ClusterPostgresSettings = z.output<typeof clusterPostgresSettings>;

export type ClusterPostgresRefs = {
  readonly namespace: Input<string>;
  /** By digest. Needs the programs of Postgres, and a shell. */
  readonly image: Input<string>;
  readonly priorityClass: Input<string>;
};

export type ClusterPostgresOverride = {
  readonly server?: Override<StatefulSetArgs>;
  readonly backup?: Override<CronJobArgs>;
};

export type ClusterPostgresArgs = z.input<typeof clusterPostgresSettings> & {
  readonly refs: ClusterPostgresRefs;
  /** Changes to single children, by name. */
  readonly override?: ClusterPostgresOverride;
};
