// Reads how long-running workloads stand to what surrounds them: Services, autoscalers, disruption budgets.
import type { Subject } from "../rule.ts";
import type { Value } from "../value.ts";
import { mapSelects, namespaceOf, selectsLabels } from "./objects.ts";
import { podOf } from "./pods.ts";

export const WORKLOADS = /^kubernetes:apps\/[^:]+:(Deployment|StatefulSet)$/;
export const SERVICES = /^kubernetes:(core\/)?v1:Service$/;
const BUDGETS = /^kubernetes:policy\/[^:]+:PodDisruptionBudget$/;
const SCALERS = /^kubernetes:(autoscaling\/[^:]+:HorizontalPodAutoscaler|keda\.sh\/[^:]+:ScaledObject)$/;

/** The workloads behind a Service that are not scaled to nothing on purpose. */
export function servedWorkloads(subjects: readonly Subject[]): readonly Subject[] {
  return subjects.filter((subject) => WORKLOADS.test(subject.type) && isServed(subject, subjects));
}

function isServed(workload: Subject, subjects: readonly Subject[]): boolean {
  if (workload.props.at("spec", "replicas").number() === 0) return false;
  const labels = podOf(workload).metadata.at("labels");
  return neighbours(workload, subjects, SERVICES).some(({ props }) =>
    mapSelects(props.at("spec", "selector"), labels),
  );
}

/** The fewest copies that may run: the autoscaler's minimum, or the workload's own number; Kubernetes takes 1 when left out. */
export function fewestCopies(workload: Subject, subjects: readonly Subject[]): Value {
  const scaler = neighbours(workload, subjects, SCALERS).find((each) => isScalerOf(each, workload));
  return scaler === undefined ? workload.props.at("spec", "replicas") : minimumOf(scaler);
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

/** The disruption budgets of the workload's namespace. */
export function budgetsNear(workload: Subject, subjects: readonly Subject[]): readonly Subject[] {
  return neighbours(workload, subjects, BUDGETS);
}

/** Whether the budget counts the workload's pods. */
export function isBudgetOf({ props }: Subject, workload: Subject): boolean {
  return selectsLabels(props.at("spec", "selector"), podOf(workload).metadata.at("labels"));
}

function neighbours(workload: Subject, subjects: readonly Subject[], types: RegExp): readonly Subject[] {
  const namespace = namespaceOf(workload);
  return subjects.filter((subject) => types.test(subject.type) && namespaceOf(subject) === namespace);
}
