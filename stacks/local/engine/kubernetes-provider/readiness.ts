// Judges from an object's status whether it does its work yet: ready, waiting for something, or beyond hope.
import { isList, isMap, type PropertyMap, stringAt, valueAt } from "../property-values.ts";
import { groupOf } from "./object-ref.ts";
import { condition, isTrue } from "./pod-problems.ts";

export type Readiness =
  | { readonly kind: "ready" }
  | { readonly kind: "waiting"; readonly reason: string }
  | { readonly kind: "failed"; readonly reason: string };

/** Objects that the judgement looks at besides the object itself. */
export type Related = {
  /** Endpoint slices of a Service. */
  readonly endpointSlices: readonly PropertyMap[];
  /** Deployments beside a Service that has no ready pod. */
  readonly deployments: readonly PropertyMap[];
  /** Storage class of a PersistentVolumeClaim, where it names one or the cluster has a default. */
  readonly storageClass: PropertyMap | undefined;
};

export type Judge = {
  readonly timeoutMs: number;
  /** Path to the selector of the pods that explain why it is not ready. */
  readonly podSelector: readonly string[] | undefined;
  readonly needs: "endpointSlices" | "storageClass" | undefined;
  judge(object: PropertyMap, related: Related): Readiness;
};

const READY: Readiness = { kind: "ready" };
const MINUTE_MS = 60_000;
const SELECTOR = ["spec", "selector", "matchLabels"] as const;

function waiting(reason: string): Readiness {
  return { kind: "waiting", reason };
}

/** The judge of a kind; kinds without one are ready as soon as they exist. */
export function judgeOf(kind: { apiVersion: string; kind: string }): Judge | undefined {
  return JUDGES[`${groupOf(kind.apiVersion)}/${kind.kind}`];
}

const JUDGES: Readonly<Record<string, Judge>> = {
  "apps/Deployment": workload(judgeDeployment),
  "apps/StatefulSet": workload(judgeStatefulSet),
  "apps/DaemonSet": workload(judgeDaemonSet),
  "/Pod": { timeoutMs: 10 * MINUTE_MS, podSelector: undefined, needs: undefined, judge: judgePod },
  "batch/Job": workload(judgeJob),
  "/Service": {
    timeoutMs: 10 * MINUTE_MS,
    podSelector: ["spec", "selector"],
    needs: "endpointSlices",
    judge: judgeService,
  },
  "/PersistentVolumeClaim": {
    timeoutMs: 5 * MINUTE_MS,
    podSelector: undefined,
    needs: "storageClass",
    judge: judgeClaim,
  },
  "apiextensions.k8s.io/CustomResourceDefinition": {
    timeoutMs: MINUTE_MS,
    podSelector: undefined,
    needs: undefined,
    judge: judgeDefinition,
  },
};

function workload(judge: Judge["judge"]): Judge {
  return { timeoutMs: 10 * MINUTE_MS, podSelector: SELECTOR, needs: undefined, judge };
}

function numberAt(object: PropertyMap, path: readonly string[]): number | undefined {
  const value = valueAt(object, path);
  return typeof value === "number" ? value : undefined;
}

/** The controller has not looked at the latest change, so the counts are of the one before. */
function isUnobserved(object: PropertyMap): boolean {
  const observed = numberAt(object, ["status", "observedGeneration"]) ?? 0;
  return observed < (numberAt(object, ["metadata", "generation"]) ?? 0);
}

const UNOBSERVED = waiting("its controller has not seen the change yet");

function judgeDeployment(object: PropertyMap): Readiness {
  if (isUnobserved(object)) return UNOBSERVED;
  const progressing = condition(object, "Progressing");
  if (stringAt(progressing, ["reason"]) === "ProgressDeadlineExceeded") {
    return {
      kind: "failed",
      reason: stringAt(progressing, ["message"]) ?? "its progress deadline has passed",
    };
  }
  const wanted = numberAt(object, ["spec", "replicas"]) ?? 1;
  const count = (field: string): number => numberAt(object, ["status", field]) ?? 0;
  if (count("updatedReplicas") < wanted)
    return waiting(`${count("updatedReplicas")} of ${wanted} pods updated`);
  if (count("replicas") > count("updatedReplicas")) {
    return waiting(`${count("replicas") - count("updatedReplicas")} old pods still run`);
  }
  if (count("availableReplicas") < wanted)
    return waiting(`${count("availableReplicas")} of ${wanted} pods available`);
  return READY;
}

function judgeStatefulSet(object: PropertyMap): Readiness {
  if (isUnobserved(object)) return UNOBSERVED;
  const wanted = numberAt(object, ["spec", "replicas"]) ?? 1;
  const updated = numberAt(object, ["status", "updatedReplicas"]) ?? 0;
  const ready = numberAt(object, ["status", "readyReplicas"]) ?? 0;
  if (ready < wanted) return waiting(`${ready} of ${wanted} pods ready`);
  return updated < wanted && isRollingUpdate(object)
    ? waiting(`${updated} of ${wanted} pods updated`)
    : READY;
}

/** With `OnDelete` the old pods stay until someone deletes them. */
function isRollingUpdate(object: PropertyMap): boolean {
  return stringAt(object, ["spec", "updateStrategy", "type"]) !== "OnDelete";
}

function judgeDaemonSet(object: PropertyMap): Readiness {
  if (isUnobserved(object)) return UNOBSERVED;
  const wanted = numberAt(object, ["status", "desiredNumberScheduled"]) ?? 0;
  const updated = numberAt(object, ["status", "updatedNumberScheduled"]) ?? 0;
  const available = numberAt(object, ["status", "numberAvailable"]) ?? 0;
  if (updated < wanted && isRollingUpdate(object)) return waiting(`${updated} of ${wanted} pods updated`);
  return available < wanted ? waiting(`${available} of ${wanted} pods available`) : READY;
}

function judgePod(object: PropertyMap): Readiness {
  const phase = stringAt(object, ["status", "phase"]);
  if (phase === "Failed")
    return { kind: "failed", reason: stringAt(object, ["status", "message"]) ?? "the pod failed" };
  return phase === "Succeeded" || isTrue(condition(object, "Ready")) ? READY : waiting(phase ?? "Pending");
}

function judgeJob(object: PropertyMap): Readiness {
  const failed = condition(object, "Failed");
  if (isTrue(failed)) return { kind: "failed", reason: stringAt(failed, ["message"]) ?? "the job failed" };
  if (isTrue(condition(object, "Complete")) || valueAt(object, ["spec", "suspend"]) === true) return READY;
  const succeeded = numberAt(object, ["status", "succeeded"]) ?? 0;
  return waiting(`${succeeded} of ${numberAt(object, ["spec", "completions"]) ?? 1} runs completed`);
}

function judgeService(object: PropertyMap, related: Related): Readiness {
  const type = stringAt(object, ["spec", "type"]) ?? "ClusterIP";
  if (type === "ExternalName") return READY;
  if (type === "LoadBalancer" && !hasIngress(object)) return waiting("no load balancer address yet");
  const selector = valueAt(object, ["spec", "selector"]);
  const isHeadless = stringAt(object, ["spec", "clusterIP"]) === "None";
  if (!isMap(selector) || Object.keys(selector).length === 0 || isHeadless) return READY;
  if (related.endpointSlices.some(hasReadyEndpoint)) return READY;
  return failureBehind(related.deployments, selector) ?? waiting("no ready pod behind it yet");
}

/** No pod will come where every Deployment that makes the Service's pods has failed. */
function failureBehind(deployments: readonly PropertyMap[], selector: PropertyMap): Readiness | undefined {
  const verdicts = deployments
    .filter((it) => isSelected(it, selector))
    .map((it) => ({ it, ...judgeDeployment(it) }));
  const failed = verdicts.filter((verdict) => verdict.kind === "failed");
  if (verdicts.length === 0 || failed.length < verdicts.length) return undefined;
  const reasons = failed.map(
    ({ it, reason }) => `Deployment ${stringAt(it, ["metadata", "name"])}: ${reason}`,
  );
  return { kind: "failed", reason: `no ready pod behind it, and none will come: ${reasons.join("; ")}` };
}

function isSelected(deployment: PropertyMap, selector: PropertyMap): boolean {
  const labels = valueAt(deployment, ["spec", "template", "metadata", "labels"]);
  return isMap(labels) && Object.entries(selector).every(([key, value]) => labels[key] === value);
}

function hasIngress(object: PropertyMap): boolean {
  const ingress = valueAt(object, ["status", "loadBalancer", "ingress"]);
  return isList(ingress) && ingress.length > 0;
}

/** Whether pods are behind a Service that can answer for it. */
export function hasReadyEndpoint(slice: PropertyMap): boolean {
  const endpoints = isList(slice.endpoints) ? slice.endpoints : [];
  // By the API's definition an unset condition counts as ready.
  return endpoints.some((endpoint) => valueAt(endpoint, ["conditions", "ready"]) !== false);
}

function judgeClaim(object: PropertyMap, related: Related): Readiness {
  const phase = stringAt(object, ["status", "phase"]) ?? "Pending";
  if (phase === "Bound") return READY;
  if (phase === "Lost") return { kind: "failed", reason: "the volume it was bound to is gone" };
  const bindsLater = stringAt(related.storageClass, ["volumeBindingMode"]) === "WaitForFirstConsumer";
  return bindsLater ? READY : waiting("not bound to a volume yet");
}

function judgeDefinition(object: PropertyMap): Readiness {
  const names = condition(object, "NamesAccepted");
  if (stringAt(names, ["status"]) === "False") {
    return { kind: "failed", reason: stringAt(names, ["message"]) ?? "its names are taken" };
  }
  return isTrue(condition(object, "Established")) ? READY : waiting("not established yet");
}
