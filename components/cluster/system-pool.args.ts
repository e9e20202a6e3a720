// Settings of the nodes that carry the cluster's own pods, and the node images that fit their instance types.
import { z } from "zod";
import { findInstanceType, type InstanceType } from "../contract/instance-types.ts";

/** Node images without GPU drivers, by the architecture that they run on. Source: EKS, `Nodegroup.amiType`. */
const AMI_ARCHITECTURES = {
  BOTTLEROCKET_x86_64: "x86_64",
  BOTTLEROCKET_ARM_64: "arm64",
  BOTTLEROCKET_x86_64_FIPS: "x86_64",
  BOTTLEROCKET_ARM_64_FIPS: "arm64",
  AL2023_x86_64_STANDARD: "x86_64",
  AL2023_ARM_64_STANDARD: "arm64",
} as const satisfies Record<string, InstanceType["architecture"]>;

type AmiType = keyof typeof AMI_ARCHITECTURES;

// Object.keys forgets the literal types of a constant table.
const AMI_TYPES = Object.keys(AMI_ARCHITECTURES) as AmiType[];

const POOL_SIZE = "a whole number from 1 to 100";
const poolSize = z.int(POOL_SIZE).min(1, POOL_SIZE).max(100, POOL_SIZE);
const VOLUME_SIZE = "whole GiB from 20 to 16384";

const systemPoolFields = z.strictObject({
  amiType: z
    .enum(AMI_TYPES)
    .default("BOTTLEROCKET_x86_64")
    .describe("Node image; of the architecture of all `instanceTypes`."),
  instanceTypes: z
    .array(z.string())
    .min(1, "at least one instance type")
    .default(["m7i.large"])
    .describe("Instance types of the instance table, without GPUs; the first that can be had is taken."),
  min: poolSize.default(2).describe("Fewest nodes; 2 lose no DNS when a node is replaced."),
  max: poolSize.default(4).describe("Most nodes."),
  desired: poolSize
    .optional()
    .describe("Nodes at first, `min` when left out; afterwards an autoscaler may move it."),
  volumeGib: z
    .int(VOLUME_SIZE)
    .min(20, VOLUME_SIZE)
    .max(16_384, VOLUME_SIZE)
    .default(50)
    .describe("Disk of a node for images, logs and scratch space, in GiB."),
  maxUnavailable: poolSize.default(1).describe("Nodes that an update replaces at once."),
  updateStrategy: z
    .enum(["DEFAULT", "MINIMAL"])
    .default("DEFAULT")
    .describe("`DEFAULT` starts new nodes before it drains old ones, `MINIMAL` drains first."),
  nodeRepair: z.boolean().default(true).describe("EKS replaces nodes that its monitoring finds broken."),
  dedicated: z
    .boolean()
    .default(false)
    .describe(
      "Taint `CriticalAddonsOnly` on the nodes: only the add-ons run there, so everything else needs another pool.",
    ),
});

export const systemPoolSettings = systemPoolFields
  .superRefine((it, context) => {
    for (const { path, want } of [...findTypeProblems(it), ...findSizeProblems(it)]) {
      context.addIssue({ code: "custom", path, message: want });
    }
  })
  .describe("Nodes of the cluster's own pods; in mode `standard` only, its defaults when left out.");

export type SystemPoolSettings = z.output<typeof systemPoolFields>;

type Problem = { readonly path: (string | number)[]; readonly want: string };

function findTypeProblems({ amiType, instanceTypes }: SystemPoolSettings): Problem[] {
  return instanceTypes.flatMap((name, index) => {
    const want = wantedType(name, amiType, instanceTypes.indexOf(name) < index);
    return want === undefined ? [] : [{ path: ["instanceTypes", index], want }];
  });
}

function wantedType(name: string, amiType: AmiType, isRepeated: boolean): string | undefined {
  const type = findInstanceType(name);
  const architecture = AMI_ARCHITECTURES[amiType];
  if (type === undefined) return "an instance type of the instance table";
  if (type.gpu !== undefined) return "an instance type without GPUs: those belong in a GPU pool";
  if (type.architecture !== architecture)
    return `an instance type of architecture ${architecture}, which the image ${amiType} is for`;
  return isRepeated ? "each instance type once" : undefined;
}

function findSizeProblems({ min, max, desired, maxUnavailable }: SystemPoolSettings): Problem[] {
  const problems: Problem[] = [];
  if (max < min) problems.push({ path: ["max"], want: `at least \`min\`, which is ${min}` });
  if (desired !== undefined && (desired < min || desired > Math.max(min, max)))
    problems.push({ path: ["desired"], want: `from \`min\` to \`max\`: ${min} to ${max}` });
  if (maxUnavailable > max)
    problems.push({ path: ["maxUnavailable"], want: `at most \`max\`, which is ${max}` });
  return problems;
}
