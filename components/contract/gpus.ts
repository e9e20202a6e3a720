// What Kubernetes and NVIDIA call GPUs and their parts: resource, model slugs and MIG profiles, as data.
import type { GPU_MODELS } from "./instance-types.ts";

export type GpuModel = keyof typeof GPU_MODELS;

/** The resource that a node offers and a pod asks for: whole GPUs, or the parts that the pool makes of each. */
export const GPU_RESOURCE = "nvidia.com/gpu";

/** How nodes offer their GPUs: as a number, by NVIDIA's device plugin, or as devices that pods claim, by its DRA driver. */
export const GPU_ALLOCATIONS = ["device-plugin", "dra"] as const;

/** The class of whole GPUs for resource claims, and the domain of what NVIDIA's driver says of each. */
export const GPU_DEVICE_CLASS = "gpu.nvidia.com";

/** A model as a label's value: `A100 40GB` → `a100-40gb`. */
export function gpuSlug(model: GpuModel): string {
  return model.toLowerCase().replaceAll(" ", "-");
}

type MigModel = {
  /** The model in Bottlerocket's `kubelet-device-plugins.nvidia.mig.profile`. */
  readonly bottlerocketKey: string;
  /** Profile → parts of that size in one GPU. */
  readonly profiles: Readonly<Record<string, number>>;
};

/** 80 GB of an A100 and of an H100 are cut alike. */
const OF_80_GB = {
  "1g.10gb": 7,
  "1g.20gb": 4,
  "2g.20gb": 3,
  "3g.40gb": 2,
  "4g.40gb": 1,
  "7g.80gb": 1,
} as const;

/** Source: NVIDIA MIG user guide, "Supported MIG Profiles", without those with media extensions. */
// biome-ignore format: a table, one row a line
const MIG: Readonly<Partial<Record<GpuModel, MigModel>>> = {
  "A100 40GB": { bottlerocketKey: "a100.40gb", profiles: { "1g.5gb": 7, "1g.10gb": 4, "2g.10gb": 3, "3g.20gb": 2, "4g.20gb": 1, "7g.40gb": 1 } },
  "A100 80GB": { bottlerocketKey: "a100.80gb", profiles: OF_80_GB },
  H100: { bottlerocketKey: "h100.80gb", profiles: OF_80_GB },
  H200: { bottlerocketKey: "h200.141gb", profiles: { "1g.18gb": 7, "1g.35gb": 4, "2g.35gb": 3, "3g.71gb": 2, "4g.71gb": 1, "7g.141gb": 1 } },
  B200: { bottlerocketKey: "b200.180gb", profiles: { "1g.23gb": 7, "1g.45gb": 4, "2g.45gb": 3, "3g.90gb": 2, "4g.90gb": 1, "7g.180gb": 1 } },
  B300: { bottlerocketKey: "b300.269gb", profiles: { "1g.34gb": 7, "1g.67gb": 4, "2g.67gb": 3, "3g.135gb": 2, "4g.135gb": 1, "7g.269gb": 1 } },
};

/** How a model is cut; undefined where it cannot be. */
export function migOf(model: GpuModel): MigModel | undefined {
  return MIG[model];
}
