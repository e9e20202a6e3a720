// Reads what pools of nodes have in common: EKS managed node groups and Karpenter's NodePools.
import { findInstanceType } from "../../components/contract/instance-types.ts";
import { anyType } from "../any-type.ts";
import type { Subject } from "../rule.ts";
import type { Value } from "../value.ts";
import { GPU_TAINT, type Taint } from "./gpus.ts";

export const NODE_GROUPS = /^aws:eks\/nodeGroup:NodeGroup$/;
export const NODE_POOLS = /^kubernetes:karpenter\.sh\/[^:]+:NodePool$/;
export const POOLS = anyType(NODE_GROUPS, NODE_POOLS);
/** What nodes are made of: EC2's templates and Karpenter's classes. */
export const LAUNCH_TEMPLATES = /^aws:ec2\/launchTemplate:LaunchTemplate$/;
export const NODE_CLASSES = /^kubernetes:karpenter\.k8s\.aws\/[^:]+:EC2NodeClass$/;

const TYPE_LABEL = "node.kubernetes.io/instance-type";

/** The lists of instance types of which the pool's nodes are: a node group has one, a NodePool one a requirement. */
export function typeLists({ type, props }: Subject): readonly Value[] {
  if (NODE_GROUPS.test(type)) return [props.at("instanceTypes")].filter((list) => list.items().length > 0);
  return requirementsOf(props)
    .items()
    .filter((each) => each.at("key").text() === TYPE_LABEL && each.at("operator").text() === "In")
    .map((each) => each.at("values"));
}

/** Every value that names one of the pool's instance types. */
export function typeNames(pool: Subject): readonly Value[] {
  return typeLists(pool).flatMap((list) => list.items());
}

/** What is unknown of the choice of instance types. */
export function hiddenTypes(pool: Subject): readonly Value[] {
  const requirements = requirementsOf(pool.props);
  const choice = NODE_GROUPS.test(pool.type)
    ? [pool.props.at("instanceTypes")]
    : [requirements, ...requirements.items().flatMap((each) => [each, each.at("key"), each.at("operator")])];
  return [...choice, ...typeLists(pool), ...typeNames(pool)].filter(({ state }) => state === "unknown");
}

/** A NodePool's requirements of its nodes; absent for a node group. */
export function requirementsOf(props: Value): Value {
  return props.at("spec", "template", "spec", "requirements");
}

/** Whether some of its nodes have GPUs, by instance type, node image, requirement, limit or taint. */
export function isGpuPool(pool: Subject): boolean {
  const { props } = pool;
  return (
    typeNames(pool).some((name) => findInstanceType(name.text() ?? "")?.gpu !== undefined) ||
    /NVIDIA/.test(props.at("amiType").text() ?? "") ||
    props.at("spec", "limits", GPU_TAINT).state !== "absent" ||
    requirementsOf(props)
      .items()
      .some((each) => /\/instance-gpu-/.test(each.at("key").text() ?? "")) ||
    taintsOf(pool).some(({ key }) => key === GPU_TAINT)
  );
}

export function taintListOf({ type, props }: Subject): Value {
  return NODE_GROUPS.test(type) ? props.at("taints") : props.at("spec", "template", "spec", "taints");
}

/** The taints that keep pods away; those that only discourage are left out. EKS spells effects in its own way. */
export function taintsOf(pool: Subject): readonly Taint[] {
  return taintListOf(pool)
    .items()
    .map((taint) => ({
      key: taint.at("key").text() ?? "",
      value: taint.at("value").text() ?? "",
      effect: EFFECTS[taint.at("effect").text() ?? ""] ?? "",
    }))
    .filter(({ effect }) => effect !== "");
}

const EFFECTS: Readonly<Record<string, string>> = {
  NO_SCHEDULE: "NoSchedule",
  NO_EXECUTE: "NoExecute",
  NoSchedule: "NoSchedule",
  NoExecute: "NoExecute",
};

/** The labels that the pool gives its nodes. */
export function labelsOf({ type, props }: Subject): Value {
  return NODE_GROUPS.test(type) ? props.at("labels") : props.at("spec", "template", "metadata", "labels");
}
