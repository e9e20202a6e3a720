// Rule gpu-requests-equal-limits: a container that takes GPUs takes whole ones and lands on GPU nodes.
import { claimsGpus, claimsOf, claimUses } from "../../kubernetes/claims.ts";
import { gpuNames } from "../../kubernetes/gpus.ts";
import { containersOf, hiddenContainers, POD_TYPES, type PodTemplate, podOf } from "../../kubernetes/pods.ts";
import { about, type Finding, type Rule, type Subject, unknownAmong, violation } from "../../rule.ts";
import type { Value } from "../../value.ts";

export const gpuRequestsEqualLimits: Rule = {
  name: "gpu-requests-equal-limits",
  title:
    "A container with GPUs asks for whole ones, by an equal request and limit or by a claim, on nodes that have them.",
  severity: "high",
  framework: {
    name: "FinOps Framework",
    version: "2025",
    reference: "Workload Optimization",
    specification: "Accelerators are requested in the amount that is used and can be granted.",
  },
  tags: ["gpu", "cost", "scheduling"],
  why: "GPUs are extended resources: they cannot be overcommitted, the API server refuses unequal amounts, and without toleration and node choice the pod waits for ever.",
  fix: "Set the same whole number as request and limit, tolerate the taint of that name, and choose the nodes by nodeSelector, node affinity or a resource claim. A claim belongs to the pod, and a container refers to it.",
  url: "https://kubernetes.io/docs/tasks/manage-gpus/scheduling-gpus/",
  levels: { default: "mandatory" },
  whenUnknown: "defer",
  types: POD_TYPES,
  check: (subject) => {
    const pod = podOf(subject);
    const containers = containersOf(pod);
    const gpus = containers.flatMap(gpuNames);
    return [
      ...unknownAmong([...hiddenContainers(pod), ...containers.flatMap(amountSources)]),
      ...containers.flatMap((container) =>
        gpuNames(container).flatMap((gpu) => checkAmounts(container, gpu)),
      ),
      ...(gpus.length > 0 ? checkPlacement(pod, gpus) : []),
      ...checkClaims(pod),
    ];
  },
  checkStack: (subjects) =>
    subjects
      .filter(({ type }) => POD_TYPES.test(type))
      .flatMap((workload) => about(workload, checkGpuClaims(podOf(workload), subjects))),
};

/** A claim that no container refers to holds its devices and lets nobody use them. */
function checkClaims(pod: PodTemplate): readonly Finding[] {
  const claims = claimsOf(pod);
  const names = claims.items().map((claim) => claim.at("name"));
  const uses = claimUses(pod);
  const hidden = [claims, ...names, ...uses, ...hiddenClaims(pod)].filter(({ state }) => state === "unknown");
  if (hidden.length > 0) return unknownAmong(hidden);
  const have = names.map((name) => name.text());
  const used = uses.map((name) => name.text());
  return [
    ...uses
      .filter((name) => !have.includes(name.text()))
      .map((name) => violation(name, "a claim that the pod does not have")),
    ...names
      .filter((name) => !used.includes(name.text()))
      .map((name) => violation(name, "a claim that no container uses")),
  ];
}

function hiddenClaims(pod: PodTemplate): readonly Value[] {
  if (claimsOf(pod).state === "absent") return [];
  return [
    ...hiddenContainers(pod),
    ...containersOf(pod).flatMap((container) => [
      container.at("resources"),
      container.at("resources", "claims"),
    ]),
  ];
}

/** Only the stack tells what a claim is of. */
function checkGpuClaims(pod: PodTemplate, subjects: readonly Subject[]): readonly Finding[] {
  if (!claimsGpus(pod, subjects)) return [];
  return containersOf(pod).some((container) => gpuNames(container).length > 0)
    ? [violation(claimsOf(pod), "GPUs both counted and claimed")]
    : checkPlacement(pod, ["nvidia.com/gpu"]);
}

/** What is unknown above the amounts themselves. */
function amountSources(container: Value): readonly Value[] {
  const resources = container.at("resources");
  return resources.state === "unknown" ? [resources] : [resources.at("requests"), resources.at("limits")];
}

function checkAmounts(container: Value, gpu: string): readonly Finding[] {
  const request = container.at("resources", "requests", gpu);
  const limit = container.at("resources", "limits", gpu);
  const unknown = unknownAmong([request, limit]);
  if (unknown.length > 0) return unknown;
  if (limit.state === "absent") return [violation(limit, "a GPU request without a limit")];
  const amount = wholeNumber(limit);
  return [
    ...(amount === undefined ? [violation(limit, "not a whole number of at least 1")] : []),
    // Left out, the request is the limit.
    ...(request.state === "known" && wholeNumber(request) !== amount
      ? [violation(request, "the request differs from the limit")]
      : []),
  ];
}

function wholeNumber(value: Value): number | undefined {
  const number = value.number() ?? Number(/^\d+$/.exec(value.text() ?? "")?.[0] ?? "NaN");
  return Number.isInteger(number) && number >= 1 ? number : undefined;
}

function checkPlacement({ spec }: PodTemplate, gpus: readonly string[]): readonly Finding[] {
  const tolerations = spec.at("tolerations");
  const affinity = spec.at("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution");
  const choices = [spec.at("nodeSelector"), affinity, spec.at("resourceClaims")];
  const isChosen = choices.some((choice) => choice.state !== "absent" && !choice.isEmpty());
  const tainted = [...new Set(gpus.map((gpu) => gpu.split("/")[0]))].filter(
    (vendor) => !tolerations.items().some((toleration) => tolerates(toleration, `${vendor}/gpu`)),
  );
  return [
    ...unknownAmong([tolerations, ...choices]),
    ...(tolerations.state === "unknown"
      ? []
      : tainted.map((vendor) => violation(tolerations, `no toleration of the taint ${vendor}/gpu`))),
    ...(isChosen
      ? []
      : [violation(spec.at("nodeSelector"), "no node selector, required node affinity or resource claim")]),
  ];
}

function tolerates(toleration: Value, taint: string): boolean {
  const key = toleration.at("key");
  if (key.state === "absent") return toleration.at("operator").text() === "Exists";
  return key.state === "unknown" || key.text() === taint;
}
