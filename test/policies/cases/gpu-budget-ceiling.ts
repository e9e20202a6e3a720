// Cases of gpu-budget-ceiling.
import { launchTemplateProps } from "../fixtures/aws.ts";
import {
  nodeGroupProps,
  nodePoolProps,
  nodePoolSpec,
  systemGroupProps,
  typeRequirement,
} from "../fixtures/pools.ts";
import {
  LAUNCH_TEMPLATE,
  NODE_GROUP,
  NODE_POOL,
  type RuleCases,
  resource,
  TOO_LATE,
  UNKNOWN_TEXT,
} from "./rule-cases.ts";

const group = (maxSize: unknown, instanceTypes: unknown = ["p5.48xlarge"], more: object = {}) =>
  resource(NODE_GROUP, { ...nodeGroupProps, instanceTypes, scalingConfig: { maxSize }, ...more });
const pool = (limits: unknown, types: unknown = ["p5.48xlarge"], spec: object = {}) =>
  resource(NODE_POOL, nodePoolProps({ limits, ...spec }, { requirements: [typeRequirement(types)] }));
const template = (instanceType: unknown, name = "block") =>
  resource(LAUNCH_TEMPLATE, { ...launchTemplateProps, name, instanceType }, { name });
const blockOf = (reference: object, maxSize: number) => group(maxSize, null, { launchTemplate: reference });
const system = resource(NODE_GROUP, systemGroupProps, { name: "system" });
const over = (dearest: string, sum: string, ceiling: number) =>
  [
    "mandatory",
    `${dearest} of ${sum} USD an hour that all pools can cost together, which is more than the ${ceiling} of this environment`,
  ] as const;
const inEnvironment = (environment: string) => ({ "gpu-budget-ceiling": { environment } });
const at = (ceilingUsdPerHour: number) => ({ "gpu-budget-ceiling": { ceilingUsdPerHour } });
const unpriced = "an instance type without a price in the table";

export const cases: RuleCases = {
  rule: "gpu-budget-ceiling",
  pass: [
    { title: "pools within the ceiling", resources: [group(4), system] },
    { title: "a sum that is the ceiling", resources: [group(10, ["g5.xlarge"])], config: at(10.06) },
    { title: "a pool that is switched off", resources: [group(0)], config: at(0) },
    { title: "a NodePool limited in GPUs", resources: [pool({ "nvidia.com/gpu": 32 })] },
    {
      title: "a NodePool whose tighter limit is another one",
      resources: [pool({ "nvidia.com/gpu": "800", memory: "8192Gi", cpu: "5000" })],
    },
    {
      title: "a NodePool without GPUs limited in cores",
      resources: [pool({ cpu: "64" }, ["m7i.large", "c7i.xlarge"])],
      config: at(3.23),
    },
    { title: "a NodePool of a fixed size", resources: [pool({}, ["p5.48xlarge"], { replicas: 2 })] },
    {
      title: "the type of the template that is named",
      resources: [
        blockOf({ name: "block" }, 4),
        template("p5.48xlarge"),
        template("p6-b300.48xlarge", "other"),
      ],
    },
  ],
  fail: [
    {
      title: "a node group that can grow above the ceiling",
      resources: [group(5), system],
      expected: [over("275.20", "275.50", 250)],
    },
    {
      title: "the dearest of several types",
      resources: [group(2, ["g6.xlarge", "p6-b300.48xlarge"])],
      expected: [over("284.83", "284.83", 250)],
    },
    {
      title: "a NodePool limited in GPUs",
      resources: [pool({ "nvidia.com/gpu": 40 })],
      expected: [over("275.20", "275.20", 250)],
    },
    {
      title: "many GPUs of the dearest type a GPU",
      resources: [pool({ "nvidia.com/gpu": 8 }, ["g6.12xlarge", "g6.xlarge"])],
      config: at(9.2),
      expected: [over("9.20", "9.20", 9.2)],
    },
    {
      title: "a NodePool limited in cores",
      resources: [pool({ cpu: "64500m", "nvidia.com/gpu": 1 }, ["m7i.large"])],
      config: at(3.23),
      expected: [over("3.25", "3.25", 3.23)],
    },
    {
      title: "a NodePool of a fixed size",
      resources: [pool({ "nvidia.com/gpu": 800 }, ["p5.48xlarge"], { replicas: 5 })],
      expected: [over("275.20", "275.20", 250)],
    },
    {
      title: "more than staging may cost",
      resources: [group(1)],
      config: inEnvironment("staging"),
      expected: [over("55.04", "55.04", 50)],
    },
    {
      title: "more than dev may cost",
      resources: [group(10, ["g5.xlarge"])],
      config: inEnvironment("dev"),
      expected: [over("10.06", "10.06", 10)],
    },
    {
      title: "a NodePool without limits",
      resources: [pool(undefined)],
      also: ["nodepool-disruption-budget"],
      expected: [["mandatory", "spec.limits: no limit bounds what this pool can cost"]],
    },
    {
      title: "a limit of what its nodes do not have",
      resources: [pool({ "nvidia.com/gpu": 1 }, ["m7i.large"])],
      expected: [["mandatory", "spec.limits: no limit bounds what this pool can cost"]],
    },
    {
      title: "a limit that is no quantity",
      resources: [pool({ cpu: "many", "nvidia.com/gpu": "many" })],
      expected: [["mandatory", "spec.limits: no limit bounds what this pool can cost"]],
    },
    {
      title: "a type without a price",
      resources: [group(1, ["g6.xlarge", "g6.48xlarge"])],
      also: ["gpu-instance-allowlist"],
      expected: [["mandatory", `instanceTypes: ${unpriced}`]],
    },
    {
      title: "a node group without types",
      resources: [group(1, null)],
      also: ["gpu-instance-allowlist"],
      expected: [["mandatory", "instanceTypes: names no instance types, so nothing bounds the price"]],
    },
    {
      title: "a NodePool without types",
      resources: [resource(NODE_POOL, nodePoolProps({}, { requirements: [] }))],
      also: ["gpu-instance-allowlist"],
      expected: [
        [
          "mandatory",
          "spec.template.spec.requirements: names no instance types, so nothing bounds the price",
        ],
      ],
    },
    {
      title: "a node group without a largest size",
      resources: [group(undefined)],
      expected: [["mandatory", "scalingConfig.maxSize: no largest size"]],
    },
    {
      title: "the dearest template of the stack while the name of the right one is not known",
      resources: [
        blockOf({ id: UNKNOWN_TEXT }, 2),
        template("p5.48xlarge"),
        template("p6-b300.48xlarge", "other"),
      ],
      expected: [over("284.83", "284.83", 250)],
    },
  ],
  unknown: [
    {
      title: "the largest size",
      resources: [group(UNKNOWN_TEXT)],
      expected: [["mandatory", `scalingConfig.maxSize: ${TOO_LATE}`]],
    },
    {
      title: "the limits",
      resources: [pool(UNKNOWN_TEXT)],
      expected: [["mandatory", `spec.limits: ${TOO_LATE}`]],
    },
    {
      title: "the only limit",
      resources: [pool({ cpu: UNKNOWN_TEXT })],
      expected: [["mandatory", `spec.limits.cpu: ${TOO_LATE}`]],
    },
    {
      title: "the types",
      resources: [pool(nodePoolSpec.limits, UNKNOWN_TEXT)],
      expected: [["mandatory", `spec.template.spec.requirements[0].values: ${TOO_LATE}`]],
    },
    {
      title: "the type of the template",
      resources: [blockOf({ name: "block" }, 1), template(UNKNOWN_TEXT)],
      expected: [["mandatory", `instanceType: ${TOO_LATE}`]],
    },
  ],
};
