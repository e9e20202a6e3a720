// Settings of an environment's namespace: who owns it, how much it may use, which pod security it enforces.
import type { LimitRangeArgs, NamespaceArgs, ResourceQuotaArgs } from "@pulumi/kubernetes/core/v1/index.js";
import { z } from "zod";
import { dnsLabel } from "../kit/names.ts";
import type { Override } from "../kit/override.ts";
import { ownership } from "../kit/ownership.ts";
import { cpuQuantity, memoryQuantity } from "../kit/quantities.ts";

export const quotaSettings = z
  .strictObject({
    cpuRequests: cpuQuantity.default("16").describe("Sum of the CPU requests of all pods."),
    cpuLimits: cpuQuantity.default("32").describe("Sum of the CPU limits of all pods."),
    memory: memoryQuantity.default("64Gi").describe("Sum of the memory of all pods."),
    pods: z.int().min(1).default(100).describe("Number of pods, those of a rolling update included."),
  })
  .prefault({})
  .describe("What the whole namespace may use; a pod above it is refused.");

export const environmentSettings = z.strictObject({
  namespace: dnsLabel.default("rampa").describe("Namespace that everything else is created in."),
  ownership,
  podSecurityVersion: z
    .string()
    .regex(/^v1\.\d+$/, "a Kubernetes minor version, e.g. v1.34")
    .default("v1.34")
    .describe(
      "Version of the `restricted` Pod Security Standard; pinned, so an upgrade changes nothing unseen.",
    ),
  quota: quotaSettings,
});

export type EnvironmentSettings = z.output<typeof environmentSettings>;

export type EnvironmentOverride = {
  readonly namespace?: Override<NamespaceArgs>;
  readonly quota?: Override<ResourceQuotaArgs>;
  readonly limits?: Override<LimitRangeArgs>;
};

export type EnvironmentArgs = z.input<typeof environmentSettings> & {
  /** Changes to single children, by name. */
  readonly override?: EnvironmentOverride;
};
