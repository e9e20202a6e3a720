// What a person needs to say yes or no to a deployment: cost, GPUs, rollout, findings, approvals. Pure.
import { ANNOTATIONS } from "../../components/contract/annotations.ts";
import { LABELS } from "../../components/contract/labels.ts";
import { type Cost, type CostItem, costAssumptions, costOf } from "./cost.ts";
import { type PoolDemand, planGpuDemand } from "./gpu-demand.ts";
import { type Resource, textAt } from "./resource.ts";
import { type EndpointRollout, planRollout } from "./rollout-plan.ts";

export type Finding = {
  readonly level: string;
  readonly rule: string;
  readonly urn: string;
  readonly message: string;
};

export type CostChange = {
  readonly name: string;
  /** Undefined where the resource is not there yet. */
  readonly now: CostItem | undefined;
  /** Undefined where the resource goes. */
  readonly after: CostItem | undefined;
};

export type MissingApproval = {
  readonly endpoint: string;
  readonly version: string;
  readonly missing: readonly ("approval" | "model card")[];
};

export type Decision = {
  readonly stack: string;
  readonly cost: {
    readonly now: Pick<Cost, "idle" | "peak">;
    readonly after: Pick<Cost, "idle" | "peak">;
    readonly changes: readonly CostChange[];
    readonly unpriced: readonly string[];
    readonly assumptions: readonly string[];
  };
  readonly gpus: readonly PoolDemand[];
  readonly rollouts: readonly EndpointRollout[];
  readonly findings: readonly Finding[];
  readonly approvals: readonly MissingApproval[];
};

export type DecisionInput = {
  readonly stack: string;
  /** Today, `YYYY-MM-DD`. */
  readonly day: string;
  /** What is deployed; empty for a stack that is new. */
  readonly before: readonly Resource[];
  readonly after: readonly Resource[];
  readonly findings: readonly Finding[];
};

export function decide({ stack, day, before, after, findings }: DecisionInput): Decision {
  const now = costOf(before, day);
  const then = costOf(after, day);
  const rollouts = planRollout(before, after);
  return {
    stack,
    cost: {
      now: { idle: now.idle, peak: now.peak },
      after: { idle: then.idle, peak: then.peak },
      changes: compareCosts(now.items, then.items),
      unpriced: then.unpriced,
      assumptions: costAssumptions(then),
    },
    gpus: planGpuDemand(after, rollouts),
    rollouts,
    findings,
    approvals: findMissingApprovals(after),
  };
}

function compareCosts(now: readonly CostItem[], after: readonly CostItem[]): readonly CostChange[] {
  const names = [...new Set([...after, ...now].map(({ name }) => name))];
  return names
    .map((name) => ({
      name,
      now: now.find((it) => it.name === name),
      after: after.find((it) => it.name === name),
    }))
    .filter(
      ({ now: was, after: will }) =>
        was?.what !== will?.what || was?.idle !== will?.idle || was?.peak !== will?.peak,
    );
}

/** In production each version names its card and who approved it. */
function findMissingApprovals(resources: readonly Resource[]): readonly MissingApproval[] {
  return resources.flatMap(({ type, props }) => {
    const labels = (name: string): string | undefined => textAt(props, "metadata", "labels", name);
    const endpoint = labels(LABELS.endpoint);
    const isJudged = type === "kubernetes:apps/v1:Deployment" && labels(LABELS.environment) === "prod";
    if (!isJudged || endpoint === undefined) return [];
    const has = (name: string): boolean =>
      textAt(props, "spec", "template", "metadata", "annotations", name) !== undefined;
    const missing = [
      ...(has(ANNOTATIONS.approvedBy) && has(ANNOTATIONS.approvedOn) ? [] : (["approval"] as const)),
      ...(has(ANNOTATIONS.modelCard) ? [] : (["model card"] as const)),
    ];
    return missing.length === 0 ? [] : [{ endpoint, version: labels(LABELS.version) ?? "", missing }];
  });
}

/** Whether something stands against the deployment: a mandatory finding, an approval, or GPUs that are not there. */
export function isBlocked({ findings, approvals, gpus }: Decision): boolean {
  const isShort = gpus.some(({ peak, limit }) => limit !== undefined && peak > limit);
  return isShort || approvals.length > 0 || findings.some(({ level }) => level === "mandatory");
}
