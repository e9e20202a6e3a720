// How many GPUs the endpoints need at the peak of a deployment, against what their pools may have. Pure.
import { findInstanceType } from "../../components/contract/instance-types.ts";
import { LABELS } from "../../components/contract/labels.ts";
import { listAt, numberAt, type Resource, textAt, valueAt } from "./resource.ts";
import type { EndpointRollout } from "./rollout-plan.ts";

export type PoolDemand = {
  readonly pool: string;
  /** Models of the GPUs of its instance types. */
  readonly gpus: readonly string[];
  /** GPUs that its pods ask for at the same time, old and new ones of rolling updates counted. */
  readonly peak: number;
  /** Most GPUs that the pool may grow to; undefined where nothing limits it. */
  readonly limit: number | undefined;
};

const NODE_GROUP = /^aws:eks\/nodeGroup:NodeGroup$/;
const NODE_POOL = /^kubernetes:karpenter\.sh\/[^:]+:NodePool$/;
const GPU = "nvidia.com/gpu";
const TYPE = "node.kubernetes.io/instance-type";

/** One entry a pool that exists or that a pod is bound to, by name. */
export function planGpuDemand(
  resources: readonly Resource[],
  rollouts: readonly EndpointRollout[],
): readonly PoolDemand[] {
  const pools = new Map(resources.flatMap(readPool).map((pool) => [pool.pool, pool]));
  const versions = rollouts.flatMap(({ versions }) => versions);
  const peaks = new Map<string, number>();
  for (const { pool, peakPods, gpusPerPod } of versions) {
    if (pool !== undefined) peaks.set(pool, (peaks.get(pool) ?? 0) + peakPods * gpusPerPod);
  }
  const names = [...new Set([...pools.keys(), ...peaks.keys()])].toSorted();
  return names.map((pool) => {
    const { gpus, limit } = pools.get(pool) ?? { gpus: [], limit: 0 };
    return { pool, gpus, peak: peaks.get(pool) ?? 0, limit };
  });
}

/** GPUs that are in use by pool with nothing to do: those of the fewest pods that autoscalers keep. */
export function restingGpus(rollouts: readonly EndpointRollout[]): ReadonlyMap<string, number> {
  const resting = new Map<string, number>();
  for (const { pool, pods, gpusPerPod } of rollouts.flatMap(({ versions }) => versions)) {
    if (pool !== undefined) resting.set(pool, (resting.get(pool) ?? 0) + pods.least * gpusPerPod);
  }
  return resting;
}

type Pool = Pick<PoolDemand, "pool" | "gpus" | "limit">;

function readPool(resource: Resource): readonly Pool[] {
  if (NODE_GROUP.test(resource.type)) return readNodeGroup(resource);
  return NODE_POOL.test(resource.type) ? readNodePool(resource) : [];
}

function readNodeGroup({ props }: Resource): readonly Pool[] {
  const pool = textAt(props, "labels", LABELS.pool);
  if (pool === undefined) return [];
  const types = listAt(props, "instanceTypes");
  if (modelsOf(types).length === 0) return [];
  const most = numberAt(props, "scalingConfig", "maxSize");
  return [{ pool, gpus: modelsOf(types), limit: most === undefined ? undefined : most * gpusPerNode(types) }];
}

function readNodePool({ props }: Resource): readonly Pool[] {
  const template = valueAt(props, "spec", "template");
  const pool = textAt(template, "metadata", "labels", LABELS.pool);
  if (pool === undefined) return [];
  const types = listAt(template, "spec", "requirements")
    .filter((each) => textAt(each, "key") === TYPE)
    .flatMap((each) => listAt(each, "values"));
  const limit = Number(valueAt(props, "spec", "limits", GPU) ?? Number.NaN);
  return [{ pool, gpus: modelsOf(types), limit: Number.isNaN(limit) ? undefined : limit }];
}

function modelsOf(types: readonly unknown[]): readonly string[] {
  return [...new Set(types.flatMap((type) => findInstanceType(String(type))?.gpu?.model ?? []))];
}

function gpusPerNode(types: readonly unknown[]): number {
  return Math.max(0, ...types.map((type) => findInstanceType(String(type))?.gpu?.count ?? 0));
}
