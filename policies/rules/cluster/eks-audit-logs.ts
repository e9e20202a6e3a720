// Rule eks-audit-logs: what was asked of a cluster's API, and by whom, is written down.
import { type Finding, type Rule, unknownAmong, violation } from "../../rule.ts";
import type { Value } from "../../value.ts";

const NEEDED = ["api", "audit", "authenticator"] as const;

export const eksAuditLogs: Rule = {
  name: "eks-audit-logs",
  title: "An EKS cluster keeps the logs of its API server, its audit trail and its authenticator.",
  severity: "medium",
  framework: {
    name: "CIS Amazon EKS Benchmark",
    version: "1.7.0",
    reference: "2.1.1",
    specification: "Enable audit logs.",
  },
  tags: ["aws", "cluster", "logging"],
  why: "EKS keeps no log unless it is asked to; after an incident nobody can tell who read which secret, and logs cannot be had afterwards.",
  fix: `List ${NEEDED.join(", ")} in \`enabledClusterLogTypes\`, with a log group that has a retention.`,
  url: "https://docs.aws.amazon.com/eks/latest/userguide/control-plane-logs.html",
  levels: { default: "advisory", staging: "mandatory", prod: "mandatory" },
  whenUnknown: "defer",
  types: /^aws:eks\/cluster:Cluster$/,
  check: ({ props }) => checkLogs(props.at("enabledClusterLogTypes")),
};

function checkLogs(list: Value): readonly Finding[] {
  const kept = list.items().map((type) => type.text());
  const missing = NEEDED.filter((type) => !kept.includes(type));
  const hidden = unknownAmong([list, ...list.items()]);
  if (missing.length === 0 || hidden.length > 0) return hidden;
  return [violation(list, `without the log types ${missing.join(", ")}`)];
}
