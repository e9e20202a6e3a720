// Rule gpu-only-on-gpu-pool: GPU nodes are for pods with GPUs, and such pods find a pool that takes them.
import { LABELS } from "../../../components/contract/labels.ts";
import { anyType } from "../../any-type.ts";
import { claimsGpus, claimsOf } from "../../kubernetes/claims.ts";
import { GPU_TAINT, gpuNames, tolerates } from "../../kubernetes/gpus.ts";
import {
  hiddenTypes,
  isGpuPool,
  labelsOf,
  POOLS,
  taintListOf,
  taintsOf,
} from "../../kubernetes/node-pools.ts";
import { containersOf, hiddenContainers, POD_TYPES, type PodTemplate, podOf } from "../../kubernetes/pods.ts";
import { about, type Finding, type Rule, type Subject, unknownAmong, violation } from "../../rule.ts";
import type { Value } from "../../value.ts";

/** Labels that the cloud, Kubernetes and the device plugin put on nodes; no pool has to declare them. */
const GIVEN_LABEL = /^([^/]*\.)?(kubernetes\.io|k8s\.io|k8s\.aws|karpenter\.sh|amazonaws\.com|nvidia\.com)\//;

export const gpuOnlyOnGpuPool: Rule = {
  name: "gpu-only-on-gpu-pool",
  title: "GPU nodes are tainted, only pods with GPUs tolerate that, and each such pod fits a GPU pool.",
  severity: "medium",
  framework: {
    name: "FinOps Framework",
    version: "2025",
    reference: "Workload Optimization",
    specification: "Costly capacity is kept for the workloads that need it.",
  },
  tags: ["gpu", "cost", "scheduling"],
  why: "A pod without a GPU that lands on a GPU node keeps the dearest machine of the cluster from being scaled away, and takes the memory that a model server needs to start.",
  fix: `Taint GPU pools with ${GPU_TAINT} (no schedule), tolerate it only in pods that ask for GPUs, and select labels that a GPU pool of the stack gives its nodes.`,
  url: "https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/",
  levels: { default: "mandatory" },
  whenUnknown: "defer",
  types: anyType(POD_TYPES, POOLS),
  check: (subject) => (POOLS.test(subject.type) ? checkTaint(subject) : checkStranger(subject)),
  checkStack: (subjects) => {
    const pools = subjects.filter((subject) => POOLS.test(subject.type) && isGpuPool(subject));
    if (pools.length === 0) return [];
    return subjects
      .filter((subject) => POD_TYPES.test(subject.type) && asksForGpu(podOf(subject)))
      .flatMap((workload) => about(workload, checkFit(podOf(workload), pools, subjects)));
  },
};

function checkTaint(pool: Subject): readonly Finding[] {
  if (!isGpuPool(pool)) return unknownAmong(hiddenTypes(pool));
  const list = taintListOf(pool);
  const unknown = unknownAmong([list, ...list.items()]);
  if (unknown.length > 0 || taintsOf(pool).some(({ key }) => key === GPU_TAINT)) return unknown;
  return [violation(list, `GPU nodes without the taint ${GPU_TAINT}`)];
}

/** A DaemonSet is how drivers, exporters and agents of a node run; it keeps no node alive. */
function checkStranger(subject: Subject): readonly Finding[] {
  const pod = podOf(subject);
  if (subject.type.endsWith(":DaemonSet") || asksForGpu(pod)) return [];
  const list = pod.spec.at("tolerations");
  const items = list.items();
  const unknown = [list, ...items, ...items.map((item) => item.at("key"))];
  const strangers = items.filter(passesTaint);
  return [
    ...unknownAmong(unknown),
    // What hides a container may hide its GPU too.
    ...(strangers.length > 0 ? unknownAmong(hiddenAmounts(pod)) : []),
    ...(hiddenAmounts(pod).length > 0
      ? []
      : strangers.map((item) =>
          violation(item, "tolerates the taint of GPU nodes without asking for a GPU"),
        )),
  ];
}

function passesTaint(toleration: Value): boolean {
  const value = toleration.at("value").text() ?? "";
  return tolerates(toleration, { key: GPU_TAINT, value, effect: "NoSchedule" });
}

function asksForGpu(pod: PodTemplate): boolean {
  const claims = claimsOf(pod);
  return countsGpus(pod) || (claims.state !== "absent" && !claims.isEmpty());
}

function countsGpus(pod: PodTemplate): boolean {
  return containersOf(pod).some((container) => gpuNames(container).length > 0);
}

function hiddenAmounts(pod: PodTemplate): readonly Value[] {
  const resources = containersOf(pod).map((container) => container.at("resources"));
  const amounts = resources.flatMap((each) =>
    each.state === "unknown" ? [each] : [each.at("requests"), each.at("limits")],
  );
  return [...hiddenContainers(pod), ...amounts].filter(({ state }) => state === "unknown");
}

function checkFit(
  pod: PodTemplate,
  pools: readonly Subject[],
  subjects: readonly Subject[],
): readonly Finding[] {
  const { spec } = pod;
  const tolerations = spec.at("tolerations");
  const selector = spec.at("nodeSelector");
  const unknown = [tolerations, selector].flatMap((value) => value.unknowns());
  if (unknown.length > 0) return unknownAmong(unknown);
  const reachable = pools.filter((pool) =>
    taintsOf(pool).every((taint) => tolerations.items().some((item) => tolerates(item, taint))),
  );
  if (reachable.length === 0) return [violation(tolerations, "tolerates no GPU pool of this stack")];
  const fitting = reachable.filter((pool) => hasLabels(pool, selector));
  if (fitting.length === 0) {
    return [violation(selector, "selects no GPU pool of this stack whose taints it tolerates")];
  }
  if (countsGpus(pod) && fitting.every(isClaimed)) {
    return [violation(selector, "counts GPUs on a pool whose GPUs are claimed")];
  }
  return claimsGpus(pod, subjects) && !fitting.some(isClaimed)
    ? [violation(selector, "claims GPUs on a pool whose GPUs are counted")]
    : [];
}

/** Of nodes with NVIDIA's DRA driver instead of its device plugin. */
function isClaimed(pool: Subject): boolean {
  return labelsOf(pool).at(LABELS.gpuAllocation).text() === "dra";
}

function hasLabels(pool: Subject, selector: Value): boolean {
  const labels = labelsOf(pool);
  return selector.entries().every(([key, want]) => {
    const label = labels.at(key);
    return GIVEN_LABEL.test(key) || label.state === "unknown" || label.text() === want.text();
  });
}
