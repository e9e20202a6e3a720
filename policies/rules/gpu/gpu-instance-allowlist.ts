// Rule gpu-instance-allowlist: nodes are of instance types that somebody chose and that have a known price.
import { findInstanceType } from "../../../components/contract/instance-types.ts";
import { anyType } from "../../any-type.ts";
import {
  hiddenTypes,
  LAUNCH_TEMPLATES,
  NODE_GROUPS,
  POOLS,
  requirementsOf,
  typeLists,
  typeNames,
} from "../../kubernetes/node-pools.ts";
import {
  type Finding,
  type Rule,
  type RuleContext,
  type Subject,
  unknownAmong,
  violation,
} from "../../rule.ts";
import type { Value } from "../../value.ts";

/** Families that an environment does without unless its configuration names them: P is the training class. */
const WITHHELD: Readonly<Record<string, RegExp>> = { dev: /^p\d/ };

export const gpuInstanceAllowlist: Rule = {
  name: "gpu-instance-allowlist",
  title: "Nodes are only of instance types that the environment allows.",
  severity: "high",
  framework: {
    name: "FinOps Framework",
    version: "2025",
    reference: "Policy & Governance",
    specification: "Which resources may be created is decided before they are.",
  },
  tags: ["gpu", "cost", "aws"],
  why: "A pool that takes any type, or one typing error away from the next size, starts machines of a hundred dollars an hour; a type without a row in the table can neither be priced nor checked for GPUs.",
  fix: "Name the instance types (a NodePool by a requirement `In`), out of the instance table without the P family in dev, or set `instanceTypes` of this rule.",
  url: "https://karpenter.sh/docs/concepts/nodepools/#spectemplatespecrequirements",
  levels: { default: "mandatory" },
  whenUnknown: "refuse",
  settings: {
    instanceTypes: {
      type: "array",
      items: { type: "string" },
      description: "The only types allowed; the instance table, in dev without the P family, when left out.",
    },
  },
  types: anyType(POOLS, LAUNCH_TEMPLATES),
  check: (subject, context) =>
    LAUNCH_TEMPLATES.test(subject.type) ? checkTemplate(subject, context) : checkPool(subject, context),
};

/** A template may leave the type to the node group, but not to a description of what would do. */
function checkTemplate({ props }: Subject, context: RuleContext): readonly Finding[] {
  const type = props.at("instanceType");
  const attributes = props.at("instanceRequirements");
  return [
    ...unknownAmong([type]),
    ...(type.state === "known" ? checkType(type, context) : []),
    ...(attributes.state === "absent"
      ? []
      : [violation(attributes, "takes any type with these attributes, also one that does not exist yet")]),
  ];
}

function checkPool(pool: Subject, context: RuleContext): readonly Finding[] {
  const hidden = hiddenTypes(pool);
  if (hidden.length > 0) return unknownAmong(hidden);
  if (typeLists(pool).length > 0) return typeNames(pool).flatMap((name) => checkType(name, context));
  if (!NODE_GROUPS.test(pool.type)) {
    return [violation(requirementsOf(pool.props), "names no instance types, so Karpenter takes any")];
  }
  return pool.props.at("launchTemplate").state === "absent"
    ? [violation(pool.props.at("instanceTypes"), "names no instance types, so EKS chooses one")]
    : [];
}

function checkType(name: Value, context: RuleContext): readonly Finding[] {
  return isAllowed(name.text() ?? "", context)
    ? []
    : [violation(name, "not an instance type that this environment allows")];
}

function isAllowed(name: string, { config, environment }: RuleContext): boolean {
  const configured = config.at("instanceTypes");
  if (configured.state !== "absent") return configured.items().some((item) => item.text() === name);
  return findInstanceType(name) !== undefined && WITHHELD[environment]?.test(name) !== true;
}
