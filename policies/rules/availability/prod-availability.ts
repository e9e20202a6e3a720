// Rule prod-availability: what answers requests in production survives the loss of a pod, a node and a zone.
import { mapSelects, namespaceOf, selectsLabels } from "../../kubernetes/objects.ts";
import { podOf } from "../../kubernetes/pods.ts";
import { about, type Finding, type Rule, type Subject, unknownAmong, violation } from "../../rule.ts";
import type { Value } from "../../value.ts";

const WORKLOADS = /^kubernetes:apps\/[^:]+:(Deployment|StatefulSet)$/;
const SERVICES = /^kubernetes:(core\/)?v1:Service$/;
const BUDGETS = /^kubernetes:policy\/[^:]+:PodDisruptionBudget$/;
const SCALERS = /^kubernetes:(autoscaling\/[^:]+:HorizontalPodAutoscaler|keda\.sh\/[^:]+:ScaledObject)$/;
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
    subjects
      .filter((subject) => WORKLOADS.test(subject.type) && isServed(subject, subjects))
      .flatMap((workload) => about(workload, checkWorkload(workload, subjects))),
};

/** Behind a Service, and not scaled to nothing on purpose. */
function isServed(workload: Subject, subjects: readonly Subject[]): boolean {
  if (workload.props.at("spec", "replicas").number() === 0) return false;
  const labels = podOf(workload).metadata.at("labels");
  return neighbours(workload, subjects, SERVICES).some(({ props }) =>
    mapSelects(props.at("spec", "selector"), labels),
  );
}

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
  const scaler = neighbours(workload, subjects, SCALERS).find((s) => isScalerOf(s, workload));
  const lowest = scaler === undefined ? workload.props.at("spec", "replicas") : minimumOf(scaler);
  if (lowest.state === "unknown") return unknownAmong([lowest]);
  const enough = (lowest.number() ?? 1) >= FEWEST;
  return enough ? [] : [violation(lowest, `fewer than ${FEWEST} replicas at the least`)];
}

function isScalerOf({ props }: Subject, workload: Subject): boolean {
  const target = props.at("spec", "scaleTargetRef");
  const name = workload.props.at("metadata", "name").text();
  const kind = workload.type.slice(workload.type.lastIndexOf(":") + 1);
  return (
    name !== undefined &&
    target.at("name").text() === name &&
    (target.at("kind").text() ?? "Deployment") === kind
  );
}

function minimumOf({ props }: Subject): Value {
  const keda = props.at("spec", "minReplicaCount");
  return keda.state === "absent" ? props.at("spec", "minReplicas") : keda;
}

function checkBudget(workload: Subject, subjects: readonly Subject[]): readonly Finding[] {
  const labels = podOf(workload).metadata.at("labels");
  const budgets = neighbours(workload, subjects, BUDGETS).map(({ props }) => props.at("spec", "selector"));
  if (budgets.some((selector) => selectsLabels(selector, labels))) return [];
  return labels.unknowns().length > 0 || budgets.some((selector) => selector.unknowns().length > 0)
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

function neighbours(workload: Subject, subjects: readonly Subject[], types: RegExp): readonly Subject[] {
  const namespace = namespaceOf(workload);
  return subjects.filter((subject) => types.test(subject.type) && namespaceOf(subject) === namespace);
}
