// Cases of backup-enabled.
import {
  CACHE,
  CLUSTER_INSTANCE,
  cacheProps,
  clusterInstanceProps,
  DATABASE,
  DATABASE_CLUSTER,
  databaseClusterProps,
  databaseProps,
} from "../fixtures/aws.ts";
import { LATER, type RuleCases, resource, UNKNOWN_TEXT } from "./rule-cases.ts";

const instances = ["a", "b"].map((name) => resource(CLUSTER_INSTANCE, clusterInstanceProps, { name }));
const database = (props: object) => [resource(DATABASE, { ...databaseProps, ...props })];
const cluster = (props: object) => [
  resource(DATABASE_CLUSTER, { ...databaseClusterProps, ...props }),
  ...instances,
];
const cache = (snapshotRetentionLimit: unknown) => [
  resource(CACHE, { ...cacheProps, snapshotRetentionLimit }),
];
const table = (pointInTimeRecovery: unknown) => [
  resource("aws:dynamodb/table:Table", { pointInTimeRecovery }),
];
const plan = (...deleteAfter: readonly unknown[]) => [
  resource("aws:backup/plan:Plan", {
    rules: deleteAfter.map((days) => ({ ruleName: "daily", lifecycle: { deleteAfter: days } })),
  }),
];
const few = (path: string, days = 7) =>
  ["mandatory", `${path}: copies are kept for fewer than ${days} days`] as const;
const inEnvironment = (environment: string, more: object = {}) => ({
  "backup-enabled": { environment, ...more },
});

export const cases: RuleCases = {
  rule: "backup-enabled",
  pass: [
    { title: "a database with a week of copies", resources: database({ backupRetentionPeriod: 7 }) },
    { title: "a cluster with two weeks of copies", resources: cluster({}) },
    {
      title: "a replica, which its source is copied for",
      resources: database({
        replicateSourceDb: "control",
        backupRetentionPeriod: 0,
        deletionProtection: false,
      }),
    },
    {
      title: "a replica of another cluster",
      resources: cluster({ replicationSourceIdentifier: "control", backupRetentionPeriod: 0 }),
    },
    { title: "a cache with copies", resources: cache(7) },
    { title: "a table with copies", resources: table({ enabled: true }) },
    { title: "a plan of a week and one for ever", resources: plan(7, undefined) },
    {
      title: "a day of copies outside production, without protection",
      resources: database({ backupRetentionPeriod: 1, deletionProtection: false, skipFinalSnapshot: true }),
      config: inEnvironment("staging"),
    },
    {
      title: "fewer days that the configuration allows",
      resources: database({ backupRetentionPeriod: 3 }),
      config: { "backup-enabled": { fewestDays: 3 } },
    },
  ],
  fail: [
    {
      title: "a database without copies",
      resources: database({ backupRetentionPeriod: 0 }),
      expected: [few("backupRetentionPeriod")],
    },
    {
      title: "a database that does not say",
      resources: database({ backupRetentionPeriod: undefined }),
      expected: [few("backupRetentionPeriod")],
    },
    {
      title: "a cluster with too few",
      resources: cluster({ backupRetentionPeriod: 6 }),
      expected: [few("backupRetentionPeriod")],
    },
    {
      title: "a database without copies in dev",
      resources: database({ backupRetentionPeriod: 0 }),
      config: inEnvironment("dev"),
      expected: [["advisory", few("backupRetentionPeriod", 1)[1]]],
    },
    {
      title: "a database without copies in staging",
      resources: database({ backupRetentionPeriod: 0 }),
      config: inEnvironment("staging"),
      expected: [few("backupRetentionPeriod", 1)],
    },
    {
      title: "no last copy",
      resources: database({ skipFinalSnapshot: true }),
      expected: [["mandatory", "skipFinalSnapshot: nothing is left when it is deleted"]],
    },
    {
      title: "no protection",
      resources: cluster({ deletionProtection: undefined }),
      expected: [["mandatory", "deletionProtection: it can be deleted with its stack"]],
    },
    {
      title: "a cache without copies",
      resources: cache(undefined),
      expected: [few("snapshotRetentionLimit")],
    },
    {
      title: "a table without copies",
      resources: table(undefined),
      expected: [["mandatory", "pointInTimeRecovery.enabled: no copies of the table"]],
    },
    { title: "a plan of a day", resources: plan(30, 1), expected: [few("rules[1].lifecycle.deleteAfter")] },
  ],
  unknown: [
    {
      title: "the days",
      resources: database({ backupRetentionPeriod: UNKNOWN_TEXT }),
      expected: [["advisory", `backupRetentionPeriod: ${LATER}`]],
    },
    {
      title: "a plan's days",
      resources: plan(UNKNOWN_TEXT),
      expected: [["advisory", `rules[0].lifecycle.deleteAfter: ${LATER}`]],
    },
  ],
};
