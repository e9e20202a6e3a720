// Settings of the delivery of secrets from AWS Secrets Manager into a namespace: which, and how often they are read.
import type { CustomResourceArgs } from "@pulumi/kubernetes/apiextensions/index.js";
import type { Input } from "@pulumi/pulumi";
import { z } from "zod";
import { regionName } from "../kit/aws-account.ts";
import { dnsLabel } from "../kit/names.ts";
import type { Override } from "../kit/override.ts";
import { ownership } from "../kit/ownership.ts";

const SECONDS = "a whole number of seconds from 10 to 3600";

const providerKey = z.strictObject({
  secretArn: z
    .string()
    .regex(
      /^arn:[\w-]+:secretsmanager:[a-z0-9-]+:\d{12}:secret:\S+-[A-Za-z0-9]{6}$/,
      "the whole ARN of a secret in Secrets Manager, its six last characters included",
    )
    .describe("ARN of the secret, which somebody else has filled."),
  property: z
    .string()
    .min(1)
    .optional()
    .describe("Field that holds the key where the secret is a JSON document; the whole value when left out."),
});

export const deliverySettings = z.strictObject({
  ownership,
  region: regionName.describe("Region of the secrets."),
  refreshSeconds: z
    .int(SECONDS)
    .min(10, SECONDS)
    .max(3600, SECONDS)
    .default(300)
    .describe(
      "How often secrets are read again; each reading of each secret is a paid call. A rotation of the client keys does not wait for it.",
    ),
  providerKeys: z
    .record(dnsLabel, providerKey)
    .default({})
    .describe("Keys of third parties, by provider; each comes as Secret `provider-<name>` with `api-key`."),
});

export type DeliverySettings = z.output<typeof deliverySettings>;

export type DeliveryRefs = {
  readonly namespace: Input<string>;
  /** Secret with the client keys file. */
  readonly clientKeysSecretArn: Input<string>;
  /** Changes with that file, which is then read at once. */
  readonly clientKeysChecksum: Input<string>;
};

export type DeliveryArgs = z.input<typeof deliverySettings> & {
  readonly refs: DeliveryRefs;
  /** Changes to single children, by name. */
  readonly override?: {
    readonly store?: Override<CustomResourceArgs>;
    readonly clientKeys?: Override<CustomResourceArgs>;
  };
};
