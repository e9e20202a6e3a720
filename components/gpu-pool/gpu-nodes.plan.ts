// Settings of a pool → what its nodes look like to the scheduler: labels, taints and what they offer.
import { GPU_RESOURCE, type GpuModel, gpuSlug, migOf } from "../contract/gpus.ts";
import { findInstanceType, GPU_MODELS, type InstanceType } from "../contract/instance-types.ts";
import { GPU_TAINT, LABELS } from "../contract/labels.ts";
import { InvariantError } from "../kit/invariant-error.ts";
import type { PoolFields } from "./pool-fields.args.ts";

/** The part of a pool's settings that decides how its nodes look. */
export type NodeSettings = Pick<PoolFields, "name" | "os" | "instanceTypes" | "sharing" | "allocation">;

export type NodeShape = {
  readonly instanceType: string;
  readonly gpus: number;
  /** What pods can ask for of one node; GPUs only where they are counted. CPU and memory are estimates on the small side. */
  readonly allocatable: { readonly cpu: string; readonly memory: string; readonly [GPU_RESOURCE]?: string };
};

export type GpuNodesPlan = {
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly (typeof GPU_TAINT)[];
  readonly gpu: {
    readonly model: GpuModel;
    /** Of one whole GPU. */
    readonly memoryGib: number;
    /** Parts that each GPU is offered as; 1 where it is not shared. */
    readonly shares: number;
  };
  /** One an instance type, in the order of the settings. */
  readonly shapes: readonly NodeShape[];
};

/** How the nodes of a pool will look; its settings have been checked. */
export function planGpuNodes(pool: NodeSettings): GpuNodesPlan {
  const rows = pool.instanceTypes.map((name) => ({ name, ...gpuRow(name) }));
  const [first] = rows;
  if (first === undefined) throw new InvariantError(`pool ${pool.name} has no instance type`);
  const { model } = first.gpu;
  const shares = sharesOf(pool, model);
  return {
    labels: nodeLabels(pool, model),
    taints: [GPU_TAINT],
    gpu: { model, memoryGib: GPU_MODELS[model].memoryGib, shares },
    shapes: rows.map((row) => ({
      instanceType: row.name,
      gpus: row.gpu.count,
      allocatable: {
        cpu: `${row.vcpus * 1000 - reservedMilliCpu(row.vcpus)}m`,
        memory: `${usableMib(row.memoryGib)}Mi`,
        ...(pool.allocation === "device-plugin" && { [GPU_RESOURCE]: String(row.gpu.count * shares) }),
      },
    })),
  };
}

function gpuRow(name: string): InstanceType & { readonly gpu: NonNullable<InstanceType["gpu"]> } {
  const row = findInstanceType(name);
  if (row?.gpu === undefined) throw new InvariantError(`${name} is no instance type with GPUs`);
  return { ...row, gpu: row.gpu };
}

function nodeLabels(
  { name, os, sharing, allocation }: NodeSettings,
  model: GpuModel,
): Record<string, string> {
  const isShared = os === "al2023" && sharing.kind !== "none";
  return {
    [LABELS.pool]: name,
    [LABELS.gpu]: gpuSlug(model),
    [LABELS.nodeImage]: os,
    ...(allocation === "dra" && { [LABELS.gpuAllocation]: allocation }),
    // The charts of NVIDIA select nodes by these three; the first two are of their device plugin.
    ...(isShared && { "nvidia.com/device-plugin.config": name }),
    ...(isShared && sharing.kind === "mps" && { "nvidia.com/mps.capable": "true" }),
    "nvidia.com/gpu.present": "true",
  };
}

/** By MIG too the parts are called `nvidia.com/gpu`: Bottlerocket's device plugin runs the strategy `single`. */
function sharesOf({ name, sharing }: NodeSettings, model: GpuModel): number {
  switch (sharing.kind) {
    case "none":
      return 1;
    case "time-slicing":
    case "mps":
      return sharing.replicas;
    case "mig": {
      const parts = migOf(model)?.profiles[sharing.profile];
      if (parts === undefined) throw new InvariantError(`pool ${name} has no MIG profile of the ${model}`);
      return parts;
    }
  }
}

/** What the node's own programs keep. Source: the bootstrap of EKS node images, `kubeReserved`. */
function reservedMilliCpu(vcpus: number): number {
  const first = 60 + Math.min(vcpus - 1, 1) * 10;
  const third = Math.max(Math.min(vcpus - 2, 2), 0) * 5;
  return Math.ceil(first + third + Math.max(vcpus - 4, 0) * 2.5);
}

const MOST_PODS = 110;
const EVICTION_MIB = 100;
/** What EC2 and the kernel keep of a machine's memory, as Karpenter estimates it. */
const MACHINE_SHARE = 0.075;

function usableMib(memoryGib: number): number {
  const reserved = 255 + 11 * MOST_PODS + EVICTION_MIB;
  return Math.floor(memoryGib * 1024 * (1 - MACHINE_SHARE)) - reserved;
}
