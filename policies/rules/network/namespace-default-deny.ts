// Rule namespace-default-deny: a namespace with pods is closed in both directions except for what is allowed by name.
import { namespaceOf, selectsAll } from "../../kubernetes/objects.ts";
import { POD_TYPES } from "../../kubernetes/pods.ts";
import { about, type Finding, type Rule, type Subject, unknownAmong, violation } from "../../rule.ts";
import type { Value } from "../../value.ts";

const POLICIES = /^kubernetes:networking\.k8s\.io\/[^:]+:NetworkPolicy$/;
const DIRECTIONS = [
  { type: "Ingress", rules: "ingress" },
  { type: "Egress", rules: "egress" },
] as const;
type Direction = (typeof DIRECTIONS)[number];
const DNS_PORT = 53;

export const namespaceDefaultDeny: Rule = {
  name: "namespace-default-deny",
  title: "Every namespace with pods denies traffic in both directions by default and allows DNS.",
  severity: "high",
  framework: {
    name: "CIS Kubernetes Benchmark",
    version: "1.11",
    reference: "5.3.2",
    specification: "Ensure that all Namespaces have Network Policies defined.",
  },
  tags: ["network", "security"],
  why: "Without a policy every pod reaches every other and the internet, so one broken model server can call the whole cluster; without DNS the closed namespace does not work and somebody opens it entirely.",
  fix: "Add a NetworkPolicy with an empty podSelector and policyTypes Ingress and Egress without rules, and one that allows egress to port 53 (UDP and TCP).",
  url: "https://kubernetes.io/docs/concepts/services-networking/network-policies/#default-policies",
  levels: { default: "mandatory" },
  whenUnknown: "defer",
  types: POLICIES,
  check: ({ props }) => {
    const selector = props.at("spec", "podSelector");
    if (!selectsAll(selector)) return unknownAmong([selector]);
    return DIRECTIONS.flatMap(({ rules }) => checkOpen(props.at("spec", rules)));
  },
  checkStack: (subjects) => {
    const workloads = subjects.filter(({ type }) => POD_TYPES.test(type));
    const firstOf = new Map(workloads.toReversed().map((workload) => [namespaceOf(workload), workload]));
    return [...firstOf].flatMap(([namespace, workload]) =>
      about(workload, checkNamespace(namespace, subjects)),
    );
  },
};

/** A rule without peers and ports on all pods allows everything, and policies only ever add up. */
function checkOpen(list: Value): readonly Finding[] {
  const open = list.items().filter((rule) => rule.isEmpty());
  return [
    ...unknownAmong([list, ...list.items()]),
    ...open.map((rule) => violation(rule, "allows all traffic of all pods")),
  ];
}

function checkNamespace(namespace: string | undefined, subjects: readonly Subject[]): readonly Finding[] {
  if (namespace === undefined) return [{ kind: "unknown", path: "metadata.namespace" }];
  const policies = subjects.filter(({ type }) => POLICIES.test(type));
  if (policies.some((policy) => namespaceOf(policy) === undefined))
    return [{ kind: "unknown", path: "metadata.namespace" }];
  const specs = policies
    .filter((policy) => namespaceOf(policy) === namespace)
    .map(({ props }) => props.at("spec"));
  const hidden = specs.some((spec) =>
    [spec, spec.at("podSelector"), spec.at("policyTypes")].some((v) => v.state === "unknown"),
  );
  if (hidden) return [{ kind: "unknown", path: "spec" }];
  const open = DIRECTIONS.filter((direction) => !specs.some((spec) => closes(spec, direction)));
  return [
    ...open.map(({ type }) =>
      violation("metadata.namespace", `no NetworkPolicy of this namespace denies ${type} of all pods`),
    ),
    ...(specs.some(allowsDns)
      ? []
      : [violation("metadata.namespace", "no NetworkPolicy of this namespace allows DNS (port 53)")]),
  ];
}

function closes(spec: Value, { type, rules }: Direction): boolean {
  const types = spec
    .at("policyTypes")
    .items()
    .map((item) => item.text());
  // Left out, policyTypes is Ingress, and Egress as well where there are egress rules.
  const applies =
    types.length > 0 ? types.includes(type) : type === "Ingress" || spec.at(rules).state === "known";
  return (
    applies &&
    selectsAll(spec.at("podSelector")) &&
    !spec
      .at(rules)
      .items()
      .some((rule) => rule.isEmpty())
  );
}

function allowsDns(spec: Value): boolean {
  const ports = spec
    .at("egress")
    .items()
    .flatMap((rule) => rule.at("ports").items());
  return ports.some((port) => port.at("port").number() === DNS_PORT && port.at("protocol").text() === "UDP");
}
