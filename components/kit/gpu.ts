// GPUs of a pod: which pool, how many, whether shared; and what the pod needs to be placed there.
import type { core } from "@pulumi/kubernetes/types/input.js";
import { z } from "zod";
import { GPU_ALLOCATIONS, GPU_RESOURCE } from "../contract/gpus.ts";
import { GPU_TAINT, LABELS } from "../contract/labels.ts";
import { CONTAINER_CLAIMS, type GpuClaim, gpuSelection, planGpuClaim } from "./gpu-claim.ts";
import { dnsLabel } from "./names.ts";
import type { toResourceRequirements } from "./quantities.ts";

const COUNT = "a whole number of GPUs from 1 to 16";
const REPLICAS = "a whole number from 2 to 48";

const replicas = z
  .int(REPLICAS)
  .min(2, REPLICAS)
  .max(48, REPLICAS)
  .describe("Pods that the pool puts on one GPU.");

const sharing = z
  .discriminatedUnion("kind", [
    z.strictObject({
      kind: z.literal("mig").describe("A part of a GPU with memory and processors of its own."),
      profile: z
        .string()
        .regex(/^[1-7]g\.\d+gb$/, "a MIG profile, e.g. 1g.10gb")
        .describe("MIG profile of the pool's GPUs."),
    }),
    z.strictObject({
      kind: z.literal("time-slicing").describe("Turns on a whole GPU; nothing separates the memory."),
      replicas,
    }),
    z.strictObject({ kind: z.literal("mps").describe("Side by side on one GPU by CUDA MPS."), replicas }),
  ])
  .describe("How the pool shares its GPUs; each pod has whole ones when left out.");

export const gpuSettings = z
  .strictObject({
    pool: dnsLabel.describe("Pool of GPU nodes that the pods run on."),
    count: z.int(COUNT).min(1, COUNT).max(16, COUNT).default(1).describe("GPUs of one pod, on one node."),
    sharing: sharing.optional(),
    allocation: z
      .enum(GPU_ALLOCATIONS)
      .default("device-plugin")
      .describe("How the pods get them, as their pool has it: by number, or by a resource claim (`dra`)."),
    select: gpuSelection.optional(),
    disruptible: z
      .boolean()
      .default(false)
      .describe("Whether Karpenter may move pods to cheaper nodes; loading a model again takes minutes."),
  })
  .refine((it) => it.sharing === undefined || it.count === 1, {
    path: ["count"],
    message: "1, as parts of shared GPUs don't add up to a larger one",
  })
  .refine((it) => it.allocation === "dra" || it.select === undefined, {
    path: ["select"],
    message: "nothing, as only claims can select; or allocation: dra",
  })
  .refine((it) => it.allocation === "device-plugin" || it.sharing === undefined, {
    path: ["sharing"],
    message: "nothing, as claims are of whole GPUs; or allocation: device-plugin",
  });

export type GpuSettings = z.output<typeof gpuSettings>;

export type GpuPlacement = {
  /** Request and limit alike: GPUs cannot be overcommitted. Empty where they are claimed. */
  readonly resources: Readonly<Record<string, string>>;
  /** Undefined where GPUs are counted. */
  readonly claim: GpuClaim | undefined;
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly tolerations: readonly core.v1.Toleration[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
};

/** What a pod with these GPUs asks for, so that it lands on its pool and nowhere else. Pools offer parts as GPUs too. */
export function placeOnGpus(gpu: GpuSettings): GpuPlacement {
  const isClaimed = gpu.allocation === "dra";
  return {
    resources: isClaimed ? {} : { [GPU_RESOURCE]: String(gpu.count) },
    claim: isClaimed ? planGpuClaim(gpu) : undefined,
    nodeSelector: { [LABELS.pool]: gpu.pool },
    tolerations: [{ ...GPU_TAINT, operator: "Equal" }],
    labels: { [LABELS.pool]: gpu.pool },
    annotations: gpu.disruptible ? {} : { "karpenter.sh/do-not-disrupt": "true" },
  };
}

/** The resources of the container that the GPUs are for. */
export function withGpus(
  { requests, limits }: ReturnType<typeof toResourceRequirements>,
  gpu: GpuPlacement | undefined,
): core.v1.ResourceRequirements {
  return {
    requests: { ...requests, ...gpu?.resources },
    limits: { ...limits, ...gpu?.resources },
    ...(gpu?.claim && { claims: [...CONTAINER_CLAIMS] }),
  };
}

/** Memory in GiB of what a pod sees as one GPU. A MIG profile says it in decimal gigabytes. */
export function memoryOfGpu({ sharing: shared }: GpuSettings, memoryGib: number): number {
  if (shared?.kind !== "mig") return memoryGib;
  return (Number(/\.(\d+)gb$/.exec(shared.profile)?.[1]) * 1e9) / 2 ** 30;
}

/** Largest share of its GPU's memory that a pod may take: turns and MPS leave the memory in one piece. */
export function largestShare({ sharing: shared }: GpuSettings): number {
  return shared === undefined || shared.kind === "mig" ? 1 : 1 / shared.replicas;
}
