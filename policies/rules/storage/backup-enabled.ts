// Rule backup-enabled: what cannot be made again is copied every day and not deleted with its stack.
import { anyType } from "../../any-type.ts";
import { isOn, mustBe } from "../../must-be.ts";
import type { Finding, Rule, RuleContext } from "../../rule.ts";
import type { Value } from "../../value.ts";

const DATABASES = /^aws:rds\/instance:Instance$/;
const DATABASE_CLUSTERS = /^aws:rds\/cluster:Cluster$/;
const CACHES = /^aws:elasticache\/replicationGroup:ReplicationGroup$/;
const TABLES = /^aws:dynamodb\/table:Table$/;
const PLANS = /^aws:backup\/plan:Plan$/;

/** Days that copies are kept, by environment. */
const FEWEST_DAYS: Readonly<Record<string, number>> = { prod: 7 };
const OTHERWISE = 1;

export const backupEnabled: Rule = {
  name: "backup-enabled",
  title: "Databases, caches and tables have daily copies, and production ones outlive a deleted stack.",
  severity: "high",
  framework: {
    name: "AWS Foundational Security Best Practices",
    version: "1.0.0",
    reference: "RDS.11, DynamoDB.2, ElastiCache.1",
    specification: "Automatic backups should be enabled, with a retention period of at least seven days.",
  },
  tags: ["aws", "storage", "recovery"],
  why: "Records, approvals and feedback exist once; a wrong migration, a deleted table or a stack that is taken down by mistake is final without a copy from before.",
  fix: "Set `backupRetentionPeriod` (RDS), `snapshotRetentionLimit` (ElastiCache), `pointInTimeRecovery.enabled` (DynamoDB) or `lifecycle.deleteAfter` (Backup) to the days of this environment; in prod leave `skipFinalSnapshot` out and set `deletionProtection`.",
  url: "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.html",
  levels: { default: "advisory", staging: "mandatory", prod: "mandatory" },
  whenUnknown: "defer",
  settings: {
    fewestDays: {
      type: "number",
      description: "Least days that copies are kept; 7 in prod, else 1 when left out.",
    },
  },
  types: anyType(DATABASES, DATABASE_CLUSTERS, CACHES, TABLES, PLANS),
  check: ({ type, props }, context) => {
    if (DATABASES.test(type)) return checkDatabase(props, props.at("replicateSourceDb"), context);
    if (DATABASE_CLUSTERS.test(type))
      return checkDatabase(props, props.at("replicationSourceIdentifier"), context);
    if (CACHES.test(type)) return checkDays(props.at("snapshotRetentionLimit"), context);
    if (TABLES.test(type))
      return mustBe(props.at("pointInTimeRecovery", "enabled"), isOn, "no copies of the table");
    return PLANS.test(type) ? checkPlan(props.at("rules"), context) : [];
  },
};

/** A replica is copied with the database that it follows. */
function checkDatabase(props: Value, source: Value, context: RuleContext): readonly Finding[] {
  if (source.state !== "absent") return [];
  return [
    ...checkDays(props.at("backupRetentionPeriod"), context),
    ...(context.environment === "prod" ? checkDeletion(props) : []),
  ];
}

function checkDeletion(props: Value): readonly Finding[] {
  return [
    ...mustBe(props.at("skipFinalSnapshot"), (skip) => !isOn(skip), "nothing is left when it is deleted"),
    ...mustBe(props.at("deletionProtection"), isOn, "it can be deleted with its stack"),
  ];
}

function checkPlan(rules: Value, context: RuleContext): readonly Finding[] {
  // Left out, copies are kept for ever.
  return rules
    .items()
    .map((rule) => rule.at("lifecycle", "deleteAfter"))
    .filter(({ state }) => state !== "absent")
    .flatMap((days) => checkDays(days, context));
}

function checkDays(days: Value, { config, environment }: RuleContext): readonly Finding[] {
  const fewest = config.at("fewestDays").number() ?? FEWEST_DAYS[environment] ?? OTHERWISE;
  return mustBe(
    days,
    (each) => (each.number() ?? 0) >= fewest,
    `copies are kept for fewer than ${fewest} days`,
  );
}
