// What asks for GPUs, and what the taint of GPU nodes lets through.
import type { Value } from "../value.ts";

/** The taint that keeps everything without a GPU off the nodes that have them. */
export const GPU_TAINT = "nvidia.com/gpu";

const GPU = /^(nvidia\.com|amd\.com)\/(gpu|mig-.+)$/;

/** The kinds of GPU that a container requests or is limited to, each once. */
export function gpuNames(container: Value): readonly string[] {
  const amounts = [
    ...container.at("resources", "requests").entries(),
    ...container.at("resources", "limits").entries(),
  ];
  return [...new Set(amounts.map(([name]) => name).filter((name) => GPU.test(name)))];
}

export type Taint = { readonly key: string; readonly value: string; readonly effect: string };

/** Whether a toleration lets a pod onto a node with this taint (Kubernetes' own rule; effect in its spelling). */
export function tolerates(toleration: Value, taint: Taint): boolean {
  const key = toleration.at("key");
  const effect = toleration.at("effect").text();
  const isAny = toleration.at("operator").text() === "Exists";
  if (effect !== undefined && effect !== "" && effect !== taint.effect) return false;
  if (key.state === "absent" || key.text() === "") return isAny;
  return key.text() === taint.key && (isAny || (toleration.at("value").text() ?? "") === taint.value);
}
