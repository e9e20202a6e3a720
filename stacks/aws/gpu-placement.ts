// Whether each version's GPUs are to be had from the stack's pools, and its model fits their memory. Pure.
import { findInstanceType, GPU_MODELS } from "../../components/contract/instance-types.ts";
import { findFitProblems } from "../../components/serving/fit.ts";
import type { VersionSettings } from "../../components/serving/serving.args.ts";
import type { AwsSettings } from "./aws-settings.ts";

type Pool = AwsSettings["gpuPools"][number];
type Endpoints = Readonly<Record<string, { readonly versions: Readonly<Record<string, VersionSettings>> }>>;
type Problem = { readonly path: readonly string[]; readonly want: string };

/** Paths inside `rampa:endpoints`. */
export function findPlacementProblems(endpoints: Endpoints, pools: readonly Pool[]): readonly Problem[] {
  return Object.entries(endpoints).flatMap(([endpoint, { versions }]) =>
    Object.entries(versions).flatMap(([name, version]) =>
      findVersionProblems(version, pools).map(({ path, want }) => ({
        path: [endpoint, "versions", name, ...path],
        want,
      })),
    ),
  );
}

function findVersionProblems(version: VersionSettings, pools: readonly Pool[]): readonly Problem[] {
  const { gpu } = version;
  if (gpu === undefined) return [];
  const pool = pools.find(({ name }) => name === gpu.pool);
  if (pool === undefined) {
    const names = pools.map(({ name }) => name).join(", ") || "none is there yet";
    return [{ path: ["gpu", "pool"], want: `a pool of \`rampa:aws.gpuPools\`: ${names}` }];
  }
  return [
    ...findAllocationProblems(gpu, pool),
    ...findShareProblems(gpu, pool),
    ...findSizeProblems(version, pool),
  ];
}

/** Nodes offer their GPUs in one of two ways, and a pod that asks in the other waits for ever. */
function findAllocationProblems(
  { allocation }: NonNullable<VersionSettings["gpu"]>,
  pool: Pool,
): readonly Problem[] {
  if (allocation === pool.allocation) return [];
  return [{ path: ["gpu", "allocation"], want: `${pool.allocation}, as pool ${pool.name} has it` }];
}

/** A pod must ask for its GPU in the way in which the pool offers it. */
function findShareProblems(gpu: NonNullable<VersionSettings["gpu"]>, pool: Pool): readonly Problem[] {
  const offered = shareText(pool.sharing);
  if (offered === shareText(gpu.sharing ?? { kind: "none" })) return [];
  return [{ path: ["gpu", "sharing"], want: `${offered}, as pool ${pool.name} has it` }];
}

function shareText(sharing: Pool["sharing"]): string {
  switch (sharing.kind) {
    case "none":
      return "whole GPUs (no `sharing`)";
    case "mig":
      return `mig ${sharing.profile}`;
    case "mps":
    case "time-slicing":
      return `${sharing.kind} with ${sharing.replicas} replicas`;
  }
}

/** Of all GPUs that the pool's types have, the model has to fit the smallest. */
function findSizeProblems(version: VersionSettings, { name, instanceTypes }: Pool): readonly Problem[] {
  const gpus = instanceTypes.flatMap((type) => findInstanceType(type)?.gpu ?? []);
  if (gpus.length === 0) return [];
  const most = Math.max(...gpus.map(({ count }) => count));
  const memoryGib = Math.min(...gpus.map(({ model }) => GPU_MODELS[model].memoryGib));
  const isTooMany = (version.gpu?.count ?? 0) > most;
  const want = `at most ${most}, as a node of pool ${name} has no more`;
  const isPicky = (version.gpu?.select?.memoryGib ?? 0) > memoryGib;
  const largest = `at most ${memoryGib}, as the GPUs of pool ${name} have no more`;
  return [
    ...(isTooMany ? [{ path: ["gpu", "count"], want }] : []),
    ...(isPicky ? [{ path: ["gpu", "select", "memoryGib"], want: largest }] : []),
    ...findFitProblems(version, { memoryGib }),
  ];
}
