// Settings of client keys kept in AWS Secrets Manager: the generation, and how long a deleted secret can come back.
import type { SecretArgs } from "@pulumi/aws/secretsmanager/secret.js";
import type { Input } from "@pulumi/pulumi";
import { z } from "zod";
import type { Override } from "../kit/override.ts";
import { ownership } from "../kit/ownership.ts";
import { rotation } from "./secrets.args.ts";

const DAYS = "a whole number of days from 7 to 30";

export const managedKeysSettings = z.strictObject({
  ownership,
  rotation,
  recoveryWindowInDays: z
    .int(DAYS)
    .min(7, DAYS)
    .max(30, DAYS)
    .default(30)
    .describe("Days during which a deleted secret can be brought back."),
  protect: z
    .boolean()
    .default(true)
    .describe("Refuses to delete the secrets; set it to `false` and deploy before a `destroy`."),
});

export type ManagedKeysSettings = z.output<typeof managedKeysSettings>;

export type ManagedKeysRefs = {
  /** KMS key that the secrets are encrypted with. */
  readonly keyArn: Input<string>;
};

export type ManagedKeysArgs = z.input<typeof managedKeysSettings> & {
  readonly refs: ManagedKeysRefs;
  /** Changes to single children, by name. */
  readonly override?: { readonly file?: Override<SecretArgs>; readonly issued?: Override<SecretArgs> };
};
