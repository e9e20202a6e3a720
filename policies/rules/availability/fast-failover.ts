// Rule fast-failover: pods leave a node that is lost within seconds and not after five minutes.
import { tolerates } from "../../kubernetes/gpus.ts";
import { podOf } from "../../kubernetes/pods.ts";
import { servedWorkloads, WORKLOADS } from "../../kubernetes/workloads.ts";
import { about, type Finding, type Rule, type RuleContext, unknownAmong, violation } from "../../rule.ts";
import type { Value } from "../../value.ts";

/** The taints that the control plane puts on a node it has lost. */
const LOST_NODE = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] as const;
const LONGEST_SECONDS = 30;

export const fastFailover: Rule = {
  name: "fast-failover",
  title: "Pods behind a Service are replaced soon after their node is lost.",
  severity: "medium",
  framework: {
    name: "AWS Well-Architected",
    version: "2025",
    reference: "REL11-BP02",
    specification: "Fail over to healthy resources.",
  },
  tags: ["availability", "production", "scheduling"],
  why: "Kubernetes lets pods stay on a node that is gone for 300 seconds, which alone is the whole recovery time; the new pod has yet to load its model.",
  fix: `Tolerate ${LOST_NODE.join(" and ")} (effect NoExecute) with tolerationSeconds of at most ${LONGEST_SECONDS}.`,
  url: "https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/#taint-based-evictions",
  levels: { default: "disabled", staging: "advisory", prod: "mandatory" },
  whenUnknown: "defer",
  settings: {
    longestSeconds: {
      type: "number",
      description: `Most seconds that pods may stay on a lost node; ${LONGEST_SECONDS} when left out.`,
    },
  },
  types: WORKLOADS,
  checkStack: (subjects, context) =>
    servedWorkloads(subjects).flatMap((workload) =>
      about(workload, checkTolerations(podOf(workload).spec.at("tolerations"), longestOf(context))),
    ),
};

function longestOf({ config }: RuleContext): number {
  return config.at("longestSeconds").number() ?? LONGEST_SECONDS;
}

function checkTolerations(list: Value, longest: number): readonly Finding[] {
  const hidden = list.unknowns();
  if (hidden.length > 0) return unknownAmong(hidden);
  return LOST_NODE.flatMap((key) => {
    const stay = staySeconds(list, key);
    return stay <= longest ? [] : [violation(list, `pods stay ${toText(stay)} on a node with ${key}`)];
  });
}

/** Of several tolerations the shortest holds; one without a time lets pods stay. Left out, the API server adds 300 s. */
function staySeconds(list: Value, key: string): number {
  const matching = list.items().filter((item) => tolerates(item, { key, value: "", effect: "NoExecute" }));
  const times = matching.map((item) => item.at("tolerationSeconds").number() ?? Number.POSITIVE_INFINITY);
  return times.length === 0 ? 300 : Math.min(...times);
}

function toText(seconds: number): string {
  return Number.isFinite(seconds) ? `${seconds} s` : "for ever";
}
