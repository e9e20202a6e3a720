// Settings of a version that a provider serves outside of the cluster.
import type { ServiceArgs } from "@pulumi/kubernetes/core/v1/index.js";
import type { Input } from "@pulumi/pulumi";
import { z } from "zod";
import { dnsLabel, endpointName, semanticVersion } from "../kit/names.ts";
import type { Override } from "../kit/override.ts";
import { ownership } from "../kit/ownership.ts";
import { modelCard } from "./model-card.args.ts";

/** As it stands in a stack file. */
export const externalVersion = z.strictObject({
  engine: z.literal("external").describe("A model of a provider outside of the cluster; no pods."),
  provider: dnsLabel.describe("Name of the provider among `rampa:providers`."),
  model: z
    .string()
    .regex(/^[\x21-\x7e]{1,256}$/, "a name of 1 to 256 characters without blanks")
    .describe("The provider's own name for the model: what its requests get as `model`."),
  card: modelCard,
});

export type ExternalVersionSettings = z.output<typeof externalVersion>;

export const externalVersionSettings = externalVersion.omit({ engine: true }).extend({
  ownership,
  endpoint: endpointName.describe("The name that callers use as `model`."),
  version: semanticVersion.describe("Semantic version of the model."),
});

export type ExternalVersionArgs = z.input<typeof externalVersionSettings> & {
  readonly refs: { readonly namespace: Input<string> };
  /** Changes to single children, by name. */
  readonly override?: { readonly service?: Override<ServiceArgs> };
};
