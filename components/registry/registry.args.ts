// Settings of a registry for container images: its name, how many images it keeps, who else may pull.
import type { LifecyclePolicyArgs } from "@pulumi/aws/ecr/lifecyclePolicy.js";
import type { RepositoryArgs } from "@pulumi/aws/ecr/repository.js";
import type { RepositoryPolicyArgs } from "@pulumi/aws/ecr/repositoryPolicy.js";
import type { Input } from "@pulumi/pulumi";
import { z } from "zod";
import { accountId } from "../kit/aws-account.ts";
import { dnsLabel } from "../kit/names.ts";
import type { Override } from "../kit/override.ts";
import { ownership } from "../kit/ownership.ts";

const DAYS = "a whole number of days from 1 to 3650";
const IMAGES = "a whole number of images from 20 to 10000";

export const imageRegistrySettings = z.strictObject({
  ownership,
  prefix: dnsLabel.describe("First part of the repository's name, e.g. `rampa-prod`."),
  image: dnsLabel
    .default("serving")
    .describe("Second part of the repository's name, e.g. `serving` for `rampa-prod/serving`."),
  keepImages: z
    .int(IMAGES)
    .min(20, IMAGES)
    .max(10_000, IMAGES)
    .default(500)
    .describe("Newest images that are kept; the oldest above it are deleted, in use or not."),
  expireUntaggedDays: z
    .int(DAYS)
    .min(1, DAYS)
    .max(3650, DAYS)
    .optional()
    .describe(
      "Days after which an image without a tag is deleted. Never when left out: what is deployed by digest alone has no tag.",
    ),
  pullAccounts: z
    .array(accountId)
    .refine((accounts) => new Set(accounts).size === accounts.length, "each account once")
    .default([])
    .describe("Other accounts whose roles may pull; none when left out."),
  protect: z
    .boolean()
    .default(true)
    .describe("Refuses to delete the repository, and keeps it in AWS when the program no longer has it."),
});

export type ImageRegistrySettings = z.output<typeof imageRegistrySettings>;

export type ImageRegistryRefs = {
  /** Key that the layers are encrypted with. */
  readonly keyArn: Input<string>;
};

export type ImageRegistryOverride = {
  readonly repository?: Override<RepositoryArgs>;
  readonly lifecycle?: Override<LifecyclePolicyArgs>;
  readonly pullPolicy?: Override<RepositoryPolicyArgs>;
};

export type ImageRegistryArgs = z.input<typeof imageRegistrySettings> & {
  readonly refs: ImageRegistryRefs;
  /** Changes to single children, by name. */
  readonly override?: ImageRegistryOverride;
};
