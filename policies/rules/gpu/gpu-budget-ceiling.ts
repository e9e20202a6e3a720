// Rule gpu-budget-ceiling: all pools of a stack at their largest stay within what the environment may cost an hour.
import { POOLS } from "../../kubernetes/node-pools.ts";
import { highestCost } from "../../kubernetes/pool-cost.ts";
import { about, type Finding, type Rule, type RuleContext, type Subject, violation } from "../../rule.ts";

/** USD an hour. */
const CEILINGS: Readonly<Record<string, number>> = { staging: 50, prod: 250 };
const OTHERWISE = 10;

export const gpuBudgetCeiling: Rule = {
  name: "gpu-budget-ceiling",
  title: "All pools of a stack together cannot cost more an hour than its environment's ceiling.",
  severity: "critical",
  framework: {
    name: "FinOps Framework",
    version: "2025",
    reference: "Budgeting",
    specification: "Limits are set before the spending and hold without anybody watching.",
  },
  tags: ["gpu", "cost", "aws"],
  why: "Autoscalers buy what pending pods ask for: one wrong replica count on a pool without a ceiling is thousands of dollars before the first bill shows it.",
  fix: "Lower `scalingConfig.maxSize` or the NodePool's `limits`, take a smaller instance type of the table, or raise `ceilingUsdPerHour` of this rule for the environment.",
  url: "https://karpenter.sh/docs/concepts/nodepools/#speclimits",
  levels: { default: "mandatory" },
  whenUnknown: "refuse",
  settings: {
    ceilingUsdPerHour: {
      type: "number",
      description:
        "Most that all pools may cost together, on demand in us-east-1; 250 in prod, 50 in staging, else 10 when left out.",
    },
  },
  types: POOLS,
  checkStack: (subjects, context) => {
    const pools = subjects.filter(({ type }) => POOLS.test(type));
    const costs = pools.map((pool) => ({ pool, cost: highestCost(pool, subjects) }));
    return [
      ...costs.flatMap(({ pool, cost }) => (cost.kind === "open" ? about(pool, cost.findings) : [])),
      ...checkSum(
        costs.flatMap(({ pool, cost }) => (cost.kind === "bounded" ? [{ pool, usd: cost.usdPerHour }] : [])),
        ceilingOf(context),
      ),
    ];
  },
};

function ceilingOf({ config, environment }: RuleContext): number {
  return config.at("ceilingUsdPerHour").number() ?? CEILINGS[environment] ?? OTHERWISE;
}

type PricedPool = { readonly pool: Subject; readonly usd: number };

/** Reported once, at the pool that costs most. */
function checkSum(pools: readonly PricedPool[], ceiling: number): readonly Finding[] {
  // To a tenth of a cent, so that a sum of fractions cannot pass its ceiling by rounding alone.
  const sum = Math.round(1000 * pools.reduce((total, { usd }) => total + usd, 0)) / 1000;
  const [dearest] = pools.toSorted((a, b) => b.usd - a.usd);
  if (dearest === undefined || sum <= ceiling) return [];
  const parts = `${dearest.usd.toFixed(2)} of ${sum.toFixed(2)} USD an hour that all pools can cost together`;
  return about(dearest.pool, [
    violation("", `${parts}, which is more than the ${ceiling} of this environment`),
  ]);
}
