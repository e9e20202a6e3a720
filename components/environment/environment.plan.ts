// Settings of an environment → names, labels and priorities of what its namespace holds.
import { standardLabels } from "../kit/ownership.ts";
import type { EnvironmentSettings } from "./environment.args.ts";

/** A role's identity inside the namespace: its ServiceAccount and how hard the scheduler tries for it. */
export type RolePlan = {
  readonly name: "gateway" | "model";
  readonly priorityClass: string;
  readonly priority: number;
};

export type EnvironmentPlan = {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly podSecurityVersion: string;
  readonly quota: EnvironmentSettings["quota"];
  readonly roles: Readonly<Record<RolePlan["name"], RolePlan>>;
};

/** ServiceAccount of model pods; each role's is called as the role is. */
export const MODEL_ACCOUNT = "model" satisfies RolePlan["name"];

/** Without a gateway nothing is served, so its pods go before those of one model version. */
const PRIORITIES = { gateway: 100_000, model: 90_000 } as const;

/** Decides what an environment's namespace consists of. */
export function planEnvironment(settings: EnvironmentSettings): EnvironmentPlan {
  const { namespace } = settings;
  return {
    namespace,
    labels: standardLabels(settings.ownership, { name: "environment", instance: namespace }),
    podSecurityVersion: settings.podSecurityVersion,
    quota: settings.quota,
    roles: { gateway: planRole(namespace, "gateway"), model: planRole(namespace, MODEL_ACCOUNT) },
  };
}

function planRole(namespace: string, name: RolePlan["name"]): RolePlan {
  // PriorityClasses have no namespace: without it in the name two environments of one cluster would collide.
  return { name, priorityClass: `${namespace}-${name}`, priority: PRIORITIES[name] };
}
