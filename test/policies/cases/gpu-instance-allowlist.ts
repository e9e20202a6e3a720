// Cases of gpu-instance-allowlist.
import { launchTemplateProps } from "../fixtures/aws.ts";
import { nodeGroupProps, nodePoolProps, systemGroupProps, typeRequirement } from "../fixtures/pools.ts";
import {
  LAUNCH_TEMPLATE,
  NODE_GROUP,
  NODE_POOL,
  type RuleCases,
  resource,
  TOO_LATE,
  UNKNOWN_TEXT,
} from "./rule-cases.ts";

const group = (instanceTypes: unknown, more: object = {}) => [
  resource(NODE_GROUP, { ...nodeGroupProps, instanceTypes, ...more }),
];
const pool = (requirements: unknown) => [resource(NODE_POOL, nodePoolProps({}, { requirements }))];
const template = (props: object) => [resource(LAUNCH_TEMPLATE, { ...launchTemplateProps, ...props })];
const requirements = "spec.template.spec.requirements";
const refused = (path: string) =>
  ["mandatory", `${path}: not an instance type that this environment allows`] as const;
const inDev = (settings: object = {}) => ({ "gpu-instance-allowlist": { environment: "dev", ...settings } });

export const cases: RuleCases = {
  rule: "gpu-instance-allowlist",
  pass: [
    { title: "a type of the table", resources: group(["g6.xlarge"]) },
    { title: "a pool without GPUs", resources: [resource(NODE_GROUP, systemGroupProps)] },
    {
      title: "a NodePool that names its types",
      resources: pool([typeRequirement(["g6.xlarge", "g5.xlarge"])]),
    },
    {
      title: "a node group that leaves the type to its template",
      resources: group(undefined, { launchTemplate: { id: "lt-1" } }),
    },
    { title: "a template with a type of the table", resources: template({ instanceType: "p5.48xlarge" }) },
    { title: "a template that leaves the type to its node group", resources: template({}) },
    {
      title: "a type outside the table that the configuration allows",
      resources: group(["g6.48xlarge"]),
      config: { "gpu-instance-allowlist": { instanceTypes: ["g6.xlarge", "g6.48xlarge"] } },
    },
    {
      title: "the P family in dev where the configuration names it",
      resources: group(["p5.4xlarge"]),
      config: inDev({ instanceTypes: ["p5.4xlarge"] }),
    },
  ],
  fail: [
    {
      title: "a type outside the table",
      resources: group(["g6.xlarge", "g6.48xlarge"]),
      also: ["gpu-budget-ceiling"],
      expected: [refused("instanceTypes[1]")],
    },
    {
      title: "the P family in dev",
      resources: group(["p5.4xlarge"]),
      config: inDev(),
      expected: [refused("instanceTypes[0]")],
    },
    {
      title: "a type of the table that the configuration leaves out",
      resources: group(["g6.xlarge"]),
      config: { "gpu-instance-allowlist": { instanceTypes: ["g5.xlarge"] } },
      expected: [refused("instanceTypes[0]")],
    },
    {
      title: "a node group that leaves the type to EKS",
      resources: group(undefined),
      also: ["gpu-budget-ceiling"],
      expected: [["mandatory", "instanceTypes: names no instance types, so EKS chooses one"]],
    },
    {
      title: "a NodePool with a type outside the table",
      resources: pool([typeRequirement(["g6.xlarge", "x9.large"])]),
      also: ["gpu-budget-ceiling"],
      expected: [refused(`${requirements}[0].values[1]`)],
    },
    {
      title: "a NodePool that names a family only",
      resources: pool([{ key: "karpenter.k8s.aws/instance-family", operator: "In", values: ["g6"] }]),
      also: ["gpu-budget-ceiling"],
      expected: [["mandatory", `${requirements}: names no instance types, so Karpenter takes any`]],
    },
    {
      title: "a NodePool that only rules types out",
      resources: pool([{ ...typeRequirement(["p5.48xlarge"]), operator: "NotIn" }]),
      also: ["gpu-budget-ceiling"],
      expected: [["mandatory", `${requirements}: names no instance types, so Karpenter takes any`]],
    },
    {
      title: "a template with a type outside the table",
      resources: template({ instanceType: "x9.large" }),
      expected: [refused("instanceType")],
    },
    {
      title: "a template that describes the type",
      resources: template({ instanceRequirements: { acceleratorCount: { min: 1 } } }),
      expected: [
        [
          "mandatory",
          "instanceRequirements: takes any type with these attributes, also one that does not exist yet",
        ],
      ],
    },
  ],
  unknown: [
    {
      title: "a type of a node group",
      resources: group([UNKNOWN_TEXT]),
      expected: [["mandatory", `instanceTypes[0]: ${TOO_LATE}`]],
    },
    {
      title: "all types of a node group",
      resources: group(UNKNOWN_TEXT),
      expected: [["mandatory", `instanceTypes: ${TOO_LATE}`]],
    },
    {
      title: "the requirements of a NodePool",
      resources: pool(UNKNOWN_TEXT),
      expected: [["mandatory", `${requirements}: ${TOO_LATE}`]],
    },
    {
      title: "the types of a NodePool",
      resources: pool([typeRequirement(UNKNOWN_TEXT)]),
      expected: [["mandatory", `${requirements}[0].values: ${TOO_LATE}`]],
    },
    {
      title: "the type of a template",
      resources: template({ instanceType: UNKNOWN_TEXT }),
      expected: [["mandatory", `instanceType: ${TOO_LATE}`]],
    },
  ],
};
