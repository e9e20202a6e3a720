// Rule prod-availability: what answers requests in production survives the loss of a pod, a node and a zone.
import { podOf } from "../../kubernetes/pods.ts";
import {
  budgetsNear,
  fewestCopies,
  isBudgetOf,
  servedWorkloads,
  WORKLOADS,
} from "../../kubernetes/workloads.ts";
import { about, type Finding, type Rule, type Subject, unknownAmong, violation } from "../../rule.ts";
import type { Value } from "../../value.ts";

const ZONE = "topology.kubernetes.io/zone";
const FEWEST = 2;

export const prodAvailability: Rule = {
  name: "prod-availability",
  title: "Workloads behind a Service survive the loss of a pod, a node and a zone.",
  severity: "high",
  framework: {
    name: "AWS Well-Architected",
    version: "2025",
    reference: "REL10-BP01",
    specification: "Deploy the workload to multiple locations.",
  },
  tags: ["availability", "production"],
  why: "A single copy, copies in one zone, or a drain that takes all of them at once is an outage that everybody planned for except the manifest.",
  fix: "At least 2 replicas (or an autoscaler's minimum), a PodDisruptionBudget, a topologySpreadConstraint over zones, readiness and start-up probes, and a priority class.",
  url: "https://kubernetes.io/docs/concepts/workloads/pods/disruptions/",
  levels: { default: "disabled", staging: "advisory", prod: "mandatory" },
  whenUnknown: "defer",
  types: WORKLOADS,
  checkStack: (subjects) =>
    servedWorkloads(subjects).flatMap((workload) => about(workload, checkWorkload(workload, subjects))),
};

function checkWorkload(workload: Subject, subjects: readonly Subject[]): readonly Finding[] {
  const { spec } = podOf(workload);
  return [
    ...checkReplicas(workload, subjects),
    ...checkBudget(workload, subjects),
    ...checkSpread(spec.at("topologySpreadConstraints")),
    ...spec.at("containers").items().flatMap(checkProbes),
    ...need(spec.at("priorityClassName"), "no priority class"),
  ];
}

function checkReplicas(workload: Subject, subjects: readonly Subject[]): readonly Finding[] {
  const lowest = fewestCopies(workload, subjects);
  if (lowest.state === "unknown") return unknownAmong([lowest]);
  const enough = (lowest.number() ?? 1) >= FEWEST;
  return enough ? [] : [violation(lowest, `fewer than ${FEWEST} replicas at the least`)];
}

function checkBudget(workload: Subject, subjects: readonly Subject[]): readonly Finding[] {
  const labels = podOf(workload).metadata.at("labels");
  const budgets = budgetsNear(workload, subjects);
  if (budgets.some((budget) => isBudgetOf(budget, workload))) return [];
  return [labels, ...budgets.map(({ props }) => props.at("spec", "selector"))].some(hasUnknown)
    ? [{ kind: "unknown", path: labels.path }]
    : [violation(labels, "no PodDisruptionBudget selects these pods")];
}

function checkSpread(constraints: Value): readonly Finding[] {
  const keys = constraints.items().map((constraint) => constraint.at("topologyKey"));
  if (keys.some((key) => key.text() === ZONE)) return [];
  const unknown = unknownAmong([constraints, ...keys]);
  return unknown.length > 0 ? unknown : [violation(constraints, "not spread over zones")];
}

/** Sidecars without ports answer nothing and need no probe. */
function checkProbes(container: Value): readonly Finding[] {
  if (container.at("ports").items().length === 0) return [];
  return [
    ...need(container.at("readinessProbe"), "no readiness probe"),
    ...need(container.at("startupProbe"), "no start-up probe"),
    ...(container.at("startupProbe").state === "known"
      ? need(container.at("startupProbe", "failureThreshold"), "no start-up budget: the default is 3 periods")
      : []),
  ];
}

function need(value: Value, message: string): readonly Finding[] {
  if (value.state === "unknown") return unknownAmong([value]);
  return value.state === "absent" || value.text() === "" ? [violation(value, message)] : [];
}

function hasUnknown(value: Value): boolean {
  return value.unknowns().length > 0;
}
