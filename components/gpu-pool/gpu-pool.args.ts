// Arguments of GpuPool and KarpenterPool: their settings, what they are put into, and what a caller may change.

import type { LaunchTemplateArgs } from "@pulumi/aws/ec2/launchTemplate.js";
import type { PlacementGroupArgs } from "@pulumi/aws/ec2/placementGroup.js";
import type { NodeGroupArgs } from "@pulumi/aws/eks/nodeGroup.js";
import type { CustomResourceArgs } from "@pulumi/kubernetes/apiextensions/index.js";
import type { Input, Resource } from "@pulumi/pulumi";
import { z } from "zod";
import { dnsLabel } from "../kit/names.ts";
import type { Override } from "../kit/override.ts";
import { ownership } from "../kit/ownership.ts";
import { reportIllegalPairs, reportUnknownZones } from "./gpu-pool.rules.ts";
import { karpenterFields, managedFields } from "./pool-fields.args.ts";

/** A pool as it stands in a stack file. */
export const gpuPoolFields = z
  .discriminatedUnion("kind", [managedFields, karpenterFields])
  .superRefine(reportIllegalPairs);

const placeFields = {
  ownership,
  prefix: dnsLabel.describe("First part of the name that its machines have, e.g. `rampa-prod`."),
  vpcZones: z
    .array(z.string())
    .min(1, "at least one zone")
    .describe("Zones of the VPC, in the order of its private subnets."),
};

export const managedPoolSettings = managedFields
  .extend(placeFields)
  .superRefine(reportIllegalPairs)
  .superRefine(reportUnknownZones);

export const karpenterPoolSettings = karpenterFields
  .extend(placeFields)
  .superRefine(reportIllegalPairs)
  .superRefine(reportUnknownZones);

export type ManagedPoolSettings = z.output<typeof managedPoolSettings>;
export type KarpenterPoolSettings = z.output<typeof karpenterPoolSettings>;

type PoolRefs = {
  /** One a zone, in the order of `vpcZones`. */
  readonly privateSubnetIds: readonly Input<string>[];
  readonly clusterSecurityGroupId: Input<string>;
  readonly volumesKeyArn: Input<string>;
};

export type GpuPoolRefs = PoolRefs & {
  readonly clusterName: Input<string>;
  /** Known once the system nodes stand, and with them the network of pods. */
  readonly systemNodes: Input<string>;
  readonly nodeRoleArn: Input<string>;
};

export type GpuPoolOverride = {
  readonly template?: Override<LaunchTemplateArgs>;
  readonly nodes?: Override<NodeGroupArgs>;
  readonly placement?: Override<PlacementGroupArgs>;
};

export type GpuPoolArgs = z.input<typeof managedPoolSettings> & {
  readonly refs: GpuPoolRefs;
  /** Changes to single children, by name. */
  readonly override?: GpuPoolOverride;
};

export type KarpenterPoolRefs = PoolRefs & {
  /** Karpenter itself: it deletes the nodes of a pool that goes, so it goes after the pool. */
  readonly controller: Resource;
  /** Of the nodes; Karpenter makes none of its own. */
  readonly instanceProfileName: Input<string>;
};

export type KarpenterPoolOverride = {
  readonly nodeClass?: Override<CustomResourceArgs>;
  readonly nodePool?: Override<CustomResourceArgs>;
  readonly placement?: Override<PlacementGroupArgs>;
};

export type KarpenterPoolArgs = z.input<typeof karpenterPoolSettings> & {
  readonly refs: KarpenterPoolRefs;
  /** Changes to single children, by name. */
  readonly override?: KarpenterPoolOverride;
};
