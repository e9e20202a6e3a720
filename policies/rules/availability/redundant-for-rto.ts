// Rule redundant-for-rto: no single node, update or eviction takes every copy, and stores fail over by themselves.
import { anyType } from "../../any-type.ts";
import { podOf } from "../../kubernetes/pods.ts";
import {
  budgetsNear,
  fewestCopies,
  isBudgetOf,
  servedWorkloads,
  WORKLOADS,
} from "../../kubernetes/workloads.ts";
import { isOn, mustBe } from "../../must-be.ts";
import { about, type Finding, type Rule, type Subject, unknownAmong, violation } from "../../rule.ts";
import type { Value } from "../../value.ts";

const DATABASES = /^aws:rds\/instance:Instance$/;
const DATABASE_CLUSTERS = /^aws:rds\/cluster:Cluster$/;
const CLUSTER_INSTANCES = /^aws:rds\/clusterInstance:ClusterInstance$/;
const CACHES = /^aws:elasticache\/replicationGroup:ReplicationGroup$/;
const PLACES = new Set(["topology.kubernetes.io/zone", "kubernetes.io/hostname"]);
const FEWEST = 2;

export const redundantForRto: Rule = {
  name: "redundant-for-rto",
  title: "No single node, update or eviction takes all copies, and databases and caches have a standby.",
  severity: "high",
  framework: {
    name: "AWS Well-Architected",
    version: "2025",
    reference: "REL13-BP02",
    specification: "Use defined recovery strategies to meet the recovery objectives.",
  },
  tags: ["availability", "production", "recovery"],
  why: "Two copies that may share a node, or that an update stops together, are one copy; a store without a standby is restored from a backup, which takes longer than five minutes.",
  fix: 'Spread with whenUnsatisfiable "DoNotSchedule", update by RollingUpdate with maxUnavailable below the number of copies, keep one copy by the disruption budget; multiAz, a second cluster instance, or automaticFailoverEnabled with multiAzEnabled for stores.',
  url: "https://docs.aws.amazon.com/wellarchitected/latest/reliability-pillar/plan-for-disaster-recovery-dr.html",
  levels: { default: "disabled", prod: "mandatory" },
  whenUnknown: "defer",
  types: anyType(WORKLOADS, DATABASES, DATABASE_CLUSTERS, CACHES),
  check: ({ type, props }) => {
    if (DATABASES.test(type)) return checkDatabase(props);
    return CACHES.test(type) ? checkCache(props) : [];
  },
  checkStack: (subjects) => [
    ...servedWorkloads(subjects).flatMap((each) => about(each, checkWorkload(each, subjects))),
    ...subjects
      .filter(({ type }) => DATABASE_CLUSTERS.test(type))
      .flatMap((cluster) => about(cluster, checkCluster(cluster, subjects))),
  ],
};

/** A replica of another database is a copy itself. */
function checkDatabase(props: Value): readonly Finding[] {
  if (props.at("replicateSourceDb").state !== "absent") return [];
  return mustBe(props.at("multiAz"), isOn, "no standby in another zone");
}

function checkCache(props: Value): readonly Finding[] {
  return [
    ...mustBe(props.at("automaticFailoverEnabled"), isOn, "no replica takes over by itself"),
    ...mustBe(props.at("multiAzEnabled"), isOn, "the replicas may share a zone"),
  ];
}

/** Instances name their cluster by an identifier that is often known after the deployment only; then each may be of it. */
function checkCluster(cluster: Subject, subjects: readonly Subject[]): readonly Finding[] {
  const name = cluster.props.at("clusterIdentifier").text();
  const instances = subjects.filter(({ type, props }) => {
    const of = props.at("clusterIdentifier").text();
    return CLUSTER_INSTANCES.test(type) && (name === undefined || of === undefined || of === name);
  });
  return instances.length >= FEWEST ? [] : [violation("", "fewer than 2 instances, so none takes over")];
}

function checkWorkload(workload: Subject, subjects: readonly Subject[]): readonly Finding[] {
  const copies = fewestCopies(workload, subjects).number() ?? 1;
  return [
    ...checkPlaces(podOf(workload).spec.at("topologySpreadConstraints")),
    ...checkUpdate(workload, copies),
    ...budgetsNear(workload, subjects)
      .filter((budget) => isBudgetOf(budget, workload))
      .flatMap(({ props }) => checkBudget(props.at("spec"), copies)),
  ];
}

/** A constraint that is only preferred is given up when nodes are short, which is when it counts. */
function checkPlaces(constraints: Value): readonly Finding[] {
  const hidden = constraints
    .items()
    .flatMap((each) => [each, each.at("topologyKey"), each.at("whenUnsatisfiable")]);
  const isRequired = constraints
    .items()
    .some(
      (each) =>
        PLACES.has(each.at("topologyKey").text() ?? "") &&
        each.at("whenUnsatisfiable").text() === "DoNotSchedule",
    );
  if (isRequired) return [];
  const unknown = unknownAmong([constraints, ...hidden]);
  return unknown.length > 0 ? unknown : [violation(constraints, "all copies may run on one node")];
}

function checkUpdate({ type, props }: Subject, copies: number): readonly Finding[] {
  if (!type.endsWith(":Deployment")) return [];
  const strategy = props.at("spec", "strategy");
  const most = strategy.at("rollingUpdate", "maxUnavailable");
  const unknown = unknownAmong([strategy.at("type"), most]);
  if (unknown.length > 0) return unknown;
  if (strategy.at("type").text() === "Recreate")
    return [violation(strategy.at("type"), "an update stops every copy")];
  return takesAll(most, copies) ? [violation(most, "an update may stop every copy at once")] : [];
}

function checkBudget(spec: Value, copies: number): readonly Finding[] {
  const most = spec.at("maxUnavailable");
  const least = spec.at("minAvailable");
  const unknown = unknownAmong([most, least]);
  if (unknown.length > 0) return unknown;
  const keepsNone = least.number() === 0 || least.text() === "0%";
  return [
    ...(takesAll(most, copies) ? [violation(most, "an eviction may take every copy at once")] : []),
    ...(keepsNone ? [violation(least, "an eviction may take every copy at once")] : []),
  ];
}

/** A single copy is not judged here: nothing could keep it. */
function takesAll(amount: Value, copies: number): boolean {
  return copies >= FEWEST && ((amount.number() ?? 0) >= copies || amount.text() === "100%");
}
