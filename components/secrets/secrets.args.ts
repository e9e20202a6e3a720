// Settings of the client keys: which generation is the newest, and for which environment they are.
import type { SecretArgs } from "@pulumi/kubernetes/core/v1/index.js";
import type { Input } from "@pulumi/pulumi";
import { z } from "zod";
import type { Override } from "../kit/override.ts";
import { ownership } from "../kit/ownership.ts";

export const rotation = z
  .int("a whole number from 1 up")
  .min(1, "a whole number from 1 up")
  .default(1)
  .describe(
    "Generation of the client key. Raise it by one to rotate: the key before stays valid until the next rotation.",
  );

export const secretsSettings = z.strictObject({ ownership, rotation });

export type SecretsSettings = z.output<typeof secretsSettings>;

export type SecretsRefs = {
  readonly namespace: Input<string>;
};

export type SecretsArgs = z.input<typeof secretsSettings> & {
  readonly refs: SecretsRefs;
  /** Changes to single children, by name. */
  readonly override?: { readonly secret?: Override<SecretArgs> };
};
