// Rule eks-version-supported: a cluster's Kubernetes version is in standard support and stays out of the extended one.
import { eksSupport } from "../../../components/contract/eks-versions.ts";
import { type Finding, type Rule, type RuleContext, unknownAmong, violation } from "../../rule.ts";
import type { Value } from "../../value.ts";

export const eksVersionSupported: Rule = {
  name: "eks-version-supported",
  title:
    "An EKS cluster names a Kubernetes version in standard support and does not slip into the extended one.",
  severity: "high",
  framework: {
    name: "CIS Controls",
    version: "8.1",
    reference: "2.2",
    specification: "Ensure authorized software is currently supported.",
  },
  tags: ["aws", "cluster", "cost"],
  why: "Extended support costs six times as much an hour and starts without being asked for; after it EKS upgrades the cluster on a day of its own choice.",
  fix: 'Set `version` to one in standard support and `upgradePolicy.supportType` to "STANDARD"; upgrade one minor version at a time.',
  url: "https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html",
  levels: { default: "mandatory" },
  whenUnknown: "defer",
  settings: {
    asOf: { type: "string", description: "Day to judge by, as YYYY-MM-DD; today (UTC) when left out." },
  },
  types: /^aws:eks\/cluster:Cluster$/,
  check: ({ props }, context) => {
    const version = props.at("version");
    const support = props.at("upgradePolicy", "supportType");
    return [
      ...unknownAmong([version, support]),
      ...(version.state === "unknown" ? [] : checkVersion(version, dayOf(context))),
      ...(support.state === "unknown" || support.text() === "STANDARD"
        ? []
        : [violation(support, "the cluster enters extended support by itself")]),
    ];
  },
};

function dayOf({ config, now }: RuleContext): string {
  return config.at("asOf").text() ?? now.toISOString().slice(0, 10);
}

function checkVersion(version: Value, day: string): readonly Finding[] {
  if (version.state === "absent") return [violation(version, "no version, so EKS chooses one")];
  const support = eksSupport(version.text() ?? "", day);
  if (support === "standard") return [];
  return [
    violation(
      version,
      support === undefined
        ? "not a version of the support calendar"
        : `standard support is over on ${day}${support === "ended" ? ", extended support too" : ""}`,
    ),
  ];
}
