// Settings of the load balancer controller: how many copies run, and in which region.
import type { ReleaseArgs } from "@pulumi/kubernetes/helm/v3/index.js";
import type { Input } from "@pulumi/pulumi";
import { z } from "zod";
import { regionName } from "../kit/aws-account.ts";
import type { Override } from "../kit/override.ts";

export const controllerSettings = z.strictObject({
  region: regionName.describe("Region of the cluster."),
  replicas: z
    .int("a whole number from 1 up")
    .min(1, "a whole number from 1 up")
    .default(2)
    .describe("Copies of the controller; one of them works at a time."),
});

export type ControllerSettings = z.output<typeof controllerSettings>;

export type ControllerRefs = {
  readonly clusterName: Input<string>;
  readonly vpcId: Input<string>;
  /** Role that its ServiceAccount takes; pods are replaced when it changes, as they get credentials at their start. */
  readonly roleArn: Input<string>;
};

export type ControllerArgs = z.input<typeof controllerSettings> & {
  readonly refs: ControllerRefs;
  /** Changes to single children, by name. */
  readonly override?: { readonly release?: Override<ReleaseArgs> };
};
