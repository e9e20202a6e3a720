// Recognises the pods that load a model, by what they are called or by the GPUs that they ask for.
import { LABELS } from "../../components/contract/labels.ts";
import type { Subject } from "../rule.ts";
import { gpuNames } from "./gpus.ts";
import { containersOf, type PodTemplate, podOf } from "./pods.ts";
import { WORKLOADS } from "./workloads.ts";

/** Whether the pods load a model before they answer. */
export function loadsModel(pod: PodTemplate): boolean {
  return isModelServer(pod) || containersOf(pod).some((container) => gpuNames(container).length > 0);
}

/** Whether the workload is a version of a model that answers requests. */
export function isModelVersion(subject: Subject): boolean {
  return WORKLOADS.test(subject.type) && isModelServer(podOf(subject));
}

function isModelServer({ metadata }: PodTemplate): boolean {
  return metadata.at("labels", LABELS.component).text() === "model";
}
