// Rule nodepool-disruption-budget: Karpenter takes nodes away in steps, and GPU nodes only when they are empty.
import { GPU_TAINT } from "../../kubernetes/gpus.ts";
import { isGpuPool, NODE_POOLS } from "../../kubernetes/node-pools.ts";
import { type Finding, type Rule, unknownAmong, violation } from "../../rule.ts";
import type { Value } from "../../value.ts";

export const nodepoolDisruptionBudget: Rule = {
  name: "nodepool-disruption-budget",
  title:
    "A NodePool has a disruption budget; one with GPUs consolidates empty nodes only and is limited in GPUs.",
  severity: "medium",
  framework: {
    name: "AWS Well-Architected",
    version: "2025",
    reference: "REL05-BP01",
    specification: "Implement graceful degradation: planned changes take a part of the capacity at a time.",
  },
  tags: ["gpu", "availability", "cost", "karpenter"],
  why: "Consolidation counts a GPU node whose model is still loading as underused and moves the pod, which starts to load again; a pool without a limit buys GPUs for as long as pods are pending.",
  fix: `Set a budget without schedule and reasons below 100%; for GPUs consolidationPolicy WhenEmpty, a consolidateAfter above 0 and limits of ${GPU_TAINT}.`,
  url: "https://karpenter.sh/docs/concepts/disruption/#nodepool-disruption-budgets",
  levels: { default: "advisory", prod: "mandatory" },
  whenUnknown: "defer",
  types: NODE_POOLS,
  check: (subject) => [
    ...checkBudgets(subject.props.at("spec", "disruption", "budgets")),
    ...(isGpuPool(subject) ? checkGpuPool(subject.props.at("spec")) : []),
  ],
};

/** Of several budgets the strictest holds, so one that always does is enough. */
function checkBudgets(budgets: Value): readonly Finding[] {
  const items = budgets.items();
  if (items.some(isBounding)) return [];
  const unknown = unknownAmong([budgets, ...items, ...items.map((item) => item.at("nodes"))]);
  if (unknown.length > 0) return unknown;
  return items.length === 0
    ? [violation(budgets, "no disruption budget")]
    : [violation(budgets, "no budget below 100% that holds at all times and for every reason")];
}

function isBounding(budget: Value): boolean {
  const nodes = budget.at("nodes").text();
  const isAlways = [budget.at("schedule"), budget.at("reasons")].every(({ state }) => state === "absent");
  return isAlways && nodes !== undefined && nodes !== "100%";
}

function checkGpuPool(spec: Value): readonly Finding[] {
  const policy = spec.at("disruption", "consolidationPolicy");
  const wait = spec.at("disruption", "consolidateAfter");
  const limit = limitOf(spec);
  const isEmptyOnly = policy.text() === "WhenEmpty";
  const waits = /[1-9]/.test(wait.text() ?? "");
  const unknown = unknownAmong([policy, wait, limit]);
  // `Never` turns consolidation off, whatever the policy.
  if (wait.text() === "Never") return [...unknownAmong([limit]), ...checkLimit(limit)];
  return [
    ...unknown,
    ...(isEmptyOnly || policy.state === "unknown"
      ? []
      : [violation(policy, "GPU nodes are consolidated while pods run on them")]),
    ...(waits || wait.state === "unknown" ? [] : [violation(wait, "GPU nodes go as soon as they are empty")]),
    ...checkLimit(limit),
  ];
}

/** The limit itself, or what is unknown above it. */
function limitOf(spec: Value): Value {
  const limits = spec.at("limits");
  return limits.state === "unknown" ? limits : limits.at(GPU_TAINT);
}

function checkLimit(limit: Value): readonly Finding[] {
  return limit.state === "absent" ? [violation(limit, "no limit of GPUs")] : [];
}
