// Finds the pod that a workload resource describes, and its containers.
import type { Subject } from "../rule.ts";
import type { Value } from "../value.ts";

/** Resource types that describe pods. A CustomResource of the same kind has the token without `core/`. */
export const POD_TYPES =
  /^kubernetes:((core\/)?v1:(Pod|PodTemplate|ReplicationController)|(apps|extensions)\/[^:]+:(Deployment|StatefulSet|DaemonSet|ReplicaSet)|batch\/[^:]+:(Job|CronJob))$/;

export type PodTemplate = { readonly metadata: Value; readonly spec: Value };

export function podOf({ type, props }: Subject): PodTemplate {
  const template = templateOf(type.slice(type.lastIndexOf(":") + 1), props);
  return { metadata: template.at("metadata"), spec: template.at("spec") };
}

/** All containers of a pod: those that start it, those that run, those added for debugging. */
export function containersOf({ spec }: PodTemplate): readonly Value[] {
  return CONTAINER_LISTS.flatMap((list) => spec.at(list).items());
}

/** The lists and containers that are themselves unknown, so that nothing inside them can be judged. */
export function hiddenContainers({ spec }: PodTemplate): readonly Value[] {
  if (spec.state === "unknown") return [spec];
  const lists = CONTAINER_LISTS.map((list) => spec.at(list));
  return [...lists, ...lists.flatMap((list) => list.items())].filter(({ state }) => state === "unknown");
}

const CONTAINER_LISTS = ["initContainers", "containers", "ephemeralContainers"] as const;

function templateOf(kind: string, props: Value): Value {
  switch (kind) {
    case "Pod":
      return props;
    case "PodTemplate":
      return props.at("template");
    case "CronJob":
      return props.at("spec", "jobTemplate", "spec", "template");
    default:
      return props.at("spec", "template");
  }
}
