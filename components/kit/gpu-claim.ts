// The resource claim of a pod's GPUs: a template, of which each pod gets a claim of its own.
import type { ResourceClaimTemplateArgs } from "@pulumi/kubernetes/resource/v1/index.js";
import type { core, meta } from "@pulumi/kubernetes/types/input.js";
import type { Input } from "@pulumi/pulumi";
import { z } from "zod";
import { GPU_DEVICE_CLASS } from "../contract/gpus.ts";
import { shortHash, toDnsLabel } from "./names.ts";

const GIB = "a whole number of GiB from 1 up";

export const gpuSelection = z
  .strictObject({
    memoryGib: z.int(GIB).min(1, GIB).optional().describe("Fewest GiB of memory of each GPU."),
    product: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9 ._-]*$/, "letters, digits, spaces, dots, dashes and underscores")
      .optional()
      .describe("Name of the GPU as NVIDIA's driver says it, e.g. `NVIDIA L4`."),
  })
  .describe("Which GPUs of the pool a claim takes; any when left out.");

export type GpuClaim = {
  /** What follows the owner's name; changes with the claim, as a template cannot. */
  readonly suffix: string;
  /** Of one pod, on one node. */
  readonly count: number;
  /** Conditions in CEL, all of which each GPU meets. */
  readonly selectors: readonly string[];
};

type Wish = { readonly count: number; readonly select?: z.output<typeof gpuSelection> | undefined };

/** Decides what a pod claims. */
export function planGpuClaim({ count, select = {} }: Wish): GpuClaim {
  const { memoryGib, product } = select;
  const domain = JSON.stringify(GPU_DEVICE_CLASS);
  const selectors = [
    ...(memoryGib === undefined
      ? []
      : [`device.capacity[${domain}].memory.compareTo(quantity("${memoryGib}Gi")) >= 0`]),
    ...(product === undefined
      ? []
      : [`device.attributes[${domain}].productName == ${JSON.stringify(product)}`]),
  ];
  return { suffix: `gpus-${shortHash(JSON.stringify({ count, selectors }))}`, count, selectors };
}

/** Name of the claim and of its request inside a pod. */
const GPUS = "gpus";

/** The template of a workload's claims. Its spec cannot be changed, so another claim is another template. */
export function claimTemplateArgs(
  claim: GpuClaim,
  owner: string,
  metadata: meta.v1.ObjectMeta,
): ResourceClaimTemplateArgs {
  const exactly = {
    deviceClassName: GPU_DEVICE_CLASS,
    allocationMode: "ExactCount",
    count: claim.count,
    ...(claim.selectors.length > 0 && {
      selectors: claim.selectors.map((expression) => ({ cel: { expression } })),
    }),
  };
  return {
    metadata: { ...metadata, name: toDnsLabel(owner, claim.suffix) },
    spec: {
      metadata: { labels: metadata.labels ?? {} },
      spec: { devices: { requests: [{ name: GPUS, exactly }] } },
    },
  };
}

/** The pod's claim, of the template. */
export function claimsOfPod(template: Input<string>): core.v1.PodResourceClaim[] {
  return [{ name: GPUS, resourceClaimTemplateName: template }];
}

/** What the container with the GPUs refers to. */
export const CONTAINER_CLAIMS: core.v1.ResourceClaim[] = [{ name: GPUS }];
