// Settings of an encryption key: what it is for, how often it is renewed, how long it can be saved from deletion.
import type { AliasArgs } from "@pulumi/aws/kms/alias.js";
import type { KeyArgs } from "@pulumi/aws/kms/key.js";
import { z } from "zod";
import { accountId, regionName } from "../kit/aws-account.ts";
import { dnsLabel } from "../kit/names.ts";
import type { Override } from "../kit/override.ts";
import { ownership } from "../kit/ownership.ts";

const ROTATION = "a whole number of days from 90 to 2560";
const WINDOW = "a whole number of days from 7 to 30";

export const encryptionKeySettings = z.strictObject({
  ownership,
  prefix: dnsLabel.describe("First part of the alias, e.g. `rampa-prod`."),
  account: accountId,
  region: regionName,
  purpose: z
    .enum(["secrets", "volumes", "logs", "models", "records", "images", "data"])
    .describe(
      "What the key encrypts: Kubernetes Secrets, disks of nodes, log groups, model weights, records, container images, or databases, caches and Secrets Manager. `logs` and `volumes` let in the AWS service that needs the key.",
    ),
  rotationPeriodInDays: z
    .int(ROTATION)
    .min(90, ROTATION)
    .max(2560, ROTATION)
    .default(365)
    .describe("Days after which AWS makes new key material; what was encrypted before stays readable."),
  deletionWindowInDays: z
    .int(WINDOW)
    .min(7, WINDOW)
    .max(30, WINDOW)
    .default(30)
    .describe("Days in which a deletion can be taken back; after them the data is lost."),
  protect: z
    .boolean()
    .default(true)
    .describe("Refuses to delete the key, and keeps it in AWS when the program no longer has it."),
});

export type EncryptionKeySettings = z.output<typeof encryptionKeySettings>;

export type EncryptionKeyOverride = {
  readonly key?: Override<KeyArgs>;
  readonly alias?: Override<AliasArgs>;
};

export type EncryptionKeyArgs = z.input<typeof encryptionKeySettings> & {
  /** Changes to single children, by name. */
  readonly override?: EncryptionKeyOverride;
};
