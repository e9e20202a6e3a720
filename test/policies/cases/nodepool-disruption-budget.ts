// Cases of nodepool-disruption-budget.
import { nodePoolProps, nodePoolSpec, typeRequirement } from "../fixtures/pools.ts";
import { LATER, NODE_POOL, type RuleCases, resource, UNKNOWN_TEXT } from "./rule-cases.ts";

const pool = (spec: object = {}, nodes: object = {}) => [resource(NODE_POOL, nodePoolProps(spec, nodes))];
const disrupted = (disruption: object) => pool({ disruption: { ...nodePoolSpec.disruption, ...disruption } });
const budgets = "spec.disruption.budgets";
const limit = 'spec.limits["nvidia.com/gpu"]';
const noBounding = [
  "mandatory",
  `${budgets}: no budget below 100% that holds at all times and for every reason`,
] as const;
const whileRunning = [
  "mandatory",
  "spec.disruption.consolidationPolicy: GPU nodes are consolidated while pods run on them",
] as const;
const atOnce = [
  "mandatory",
  "spec.disruption.consolidateAfter: GPU nodes go as soon as they are empty",
] as const;
const system = {
  taints: [{ key: "spot", effect: "NoSchedule" }],
  requirements: [typeRequirement(["m7i.large"])],
};

export const cases: RuleCases = {
  rule: "nodepool-disruption-budget",
  pass: [
    { title: "a budget, empty GPU nodes only, a limit of GPUs", resources: pool() },
    { title: "a share of the nodes", resources: disrupted({ budgets: [{ nodes: "20%" }] }) },
    {
      title: "a budget for office hours besides the one that always holds",
      resources: disrupted({
        budgets: [{ nodes: "0", schedule: "0 9 * * mon-fri", duration: "8h" }, { nodes: "1" }],
      }),
    },
    {
      title: "consolidation that is off",
      resources: disrupted({ consolidationPolicy: "WhenEmptyOrUnderutilized", consolidateAfter: "Never" }),
    },
    {
      title: "a pool without GPUs that is packed while pods run",
      resources: pool(
        {
          limits: { cpu: "64" },
          disruption: { consolidationPolicy: "WhenEmptyOrUnderutilized", budgets: [{ nodes: "10%" }] },
        },
        system,
      ),
    },
  ],
  fail: [
    {
      title: "no budget",
      resources: disrupted({ budgets: undefined }),
      expected: [["mandatory", `${budgets}: no disruption budget`]],
    },
    {
      title: "no budget in dev",
      resources: disrupted({ budgets: [] }),
      config: { "nodepool-disruption-budget": { environment: "dev" } },
      expected: [["advisory", `${budgets}: no disruption budget`]],
    },
    {
      title: "no budget of a pool without GPUs",
      resources: pool({ limits: { cpu: "64" }, disruption: {} }, system),
      expected: [["mandatory", `${budgets}: no disruption budget`]],
    },
    {
      title: "a budget of everything",
      resources: disrupted({ budgets: [{ nodes: "100%" }] }),
      expected: [noBounding],
    },
    {
      title: "a budget for some hours only",
      resources: disrupted({ budgets: [{ nodes: "0", schedule: "@daily", duration: "1h" }] }),
      expected: [noBounding],
    },
    {
      title: "a budget for one reason only",
      resources: disrupted({ budgets: [{ nodes: "1", reasons: ["Drifted"] }] }),
      expected: [noBounding],
    },
    {
      title: "GPU nodes that are packed while pods run",
      resources: disrupted({ consolidationPolicy: "WhenEmptyOrUnderutilized" }),
      expected: [whileRunning],
    },
    {
      title: "the default, which packs GPU nodes at once",
      resources: disrupted({ consolidationPolicy: undefined, consolidateAfter: undefined }),
      expected: [whileRunning, atOnce],
    },
    {
      title: "GPU nodes without a pause",
      resources: disrupted({ consolidateAfter: "0s" }),
      expected: [atOnce],
    },
    {
      title: "GPUs without a limit",
      resources: pool({ limits: { cpu: "64" } }),
      expected: [["mandatory", `${limit}: no limit of GPUs`]],
    },
    {
      title: "GPUs without a limit and without consolidation",
      resources: pool({
        limits: undefined,
        disruption: { budgets: [{ nodes: "1" }], consolidateAfter: "Never" },
      }),
      also: ["gpu-budget-ceiling"],
      expected: [["mandatory", `${limit}: no limit of GPUs`]],
    },
    {
      title: "a pool that only its taint shows to have GPUs",
      resources: pool(
        { limits: { cpu: "64" } },
        { requirements: [{ key: "karpenter.k8s.aws/instance-family", operator: "In", values: ["g6"] }] },
      ),
      also: ["gpu-instance-allowlist", "gpu-budget-ceiling"],
      expected: [["mandatory", `${limit}: no limit of GPUs`]],
    },
  ],
  unknown: [
    {
      title: "the budgets",
      resources: disrupted({ budgets: UNKNOWN_TEXT }),
      expected: [["advisory", `${budgets}: ${LATER}`]],
    },
    {
      title: "the nodes of the only budget",
      resources: disrupted({ budgets: [{ nodes: UNKNOWN_TEXT }] }),
      expected: [["advisory", `${budgets}[0].nodes: ${LATER}`]],
    },
    {
      title: "how GPU nodes are consolidated",
      resources: disrupted({ consolidationPolicy: UNKNOWN_TEXT }),
      expected: [["advisory", `spec.disruption.consolidationPolicy: ${LATER}`]],
    },
    {
      title: "the limits",
      resources: pool({ limits: UNKNOWN_TEXT }),
      expected: [["advisory", `spec.limits: ${LATER}`]],
    },
  ],
};
