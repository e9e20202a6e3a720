// A namespace of the monitoring itself with its network policies, and its chart once they hold.
import { Namespace } from "@pulumi/kubernetes/core/v1/index.js";
import { NetworkPolicy } from "@pulumi/kubernetes/networking/v1/index.js";
import type { CustomResourceOptions, Output } from "@pulumi/pulumi";
import { named } from "../kit/named.ts";
import { namespaceArgs, networkPolicyArgs, type PathPlan } from "./namespace.manifests.ts";

type Owner = {
  /** Name of the owner's child. */
  childName(suffix: string): string;
  /** Options of the owner's children. */
  readonly options: CustomResourceOptions;
};

type SpacePlan = {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly paths: readonly PathPlan[];
};

export type ClosedNamespace = {
  readonly name: Output<string>;
  /** What pods in it should come after. */
  readonly policies: NetworkPolicy[];
};

/** Creates both as children of a component; `level` is the Pod Security Standard that the namespace enforces. */
export function createClosedNamespace(
  plan: SpacePlan,
  level: "restricted" | "privileged",
  { childName, options }: Owner,
): ClosedNamespace {
  const name = named(
    Namespace,
    childName("namespace"),
    namespaceArgs(plan.namespace, plan.labels, level),
    options,
  );
  const policies = plan.paths.map(
    (path) => new NetworkPolicy(childName(path.name), networkPolicyArgs(path, plan.labels, name), options),
  );
  return { name, policies };
}
