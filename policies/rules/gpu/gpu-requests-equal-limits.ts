// Rule gpu-requests-equal-limits: a container that takes GPUs takes whole ones and lands on GPU nodes.
import { gpuNames } from "../../kubernetes/gpus.ts";
import { containersOf, hiddenContainers, POD_TYPES, type PodTemplate, podOf } from "../../kubernetes/pods.ts";
import { type Finding, type Rule, unknownAmong, violation } from "../../rule.ts";
import type { Value } from "../../value.ts";

export const gpuRequestsEqualLimits: Rule = {
  name: "gpu-requests-equal-limits",
  title: "A container with GPUs asks for whole ones, with equal request and limit, on nodes that have them.",
  severity: "high",
  framework: {
    name: "FinOps Framework",
    version: "2025",
    reference: "Workload Optimization",
    specification: "Accelerators are requested in the amount that is used and can be granted.",
  },
  tags: ["gpu", "cost", "scheduling"],
  why: "GPUs are extended resources: they cannot be overcommitted, the API server refuses unequal amounts, and without toleration and node choice the pod waits for ever.",
  fix: "Set the same whole number as request and limit, tolerate the taint of that name, and choose the nodes by nodeSelector, node affinity or a resource claim.",
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
    ];
  },
};

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
