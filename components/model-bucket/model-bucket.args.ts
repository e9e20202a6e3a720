// Settings of a bucket for model weights or for records: what it keeps, for how long, and whether records are locked.
import type { BucketArgs } from "@pulumi/aws/s3/bucket.js";
import type { BucketLifecycleConfigurationArgs } from "@pulumi/aws/s3/bucketLifecycleConfiguration.js";
import type { BucketPolicyArgs } from "@pulumi/aws/s3/bucketPolicy.js";
import type { BucketServerSideEncryptionConfigurationArgs } from "@pulumi/aws/s3/bucketServerSideEncryptionConfiguration.js";
import type { Input } from "@pulumi/pulumi";
import { z } from "zod";
import { accountId, regionName } from "../kit/aws-account.ts";
import { dnsLabel } from "../kit/names.ts";
import type { Override } from "../kit/override.ts";
import { ownership } from "../kit/ownership.ts";

const NAME_LENGTH = 63;
const DAYS = "a whole number of days from 1 to 3650";
const days = z.int(DAYS).min(1, DAYS).max(3650, DAYS);

const shared = {
  ownership,
  prefix: dnsLabel.describe("First part of the bucket's name, e.g. `rampa-prod`."),
  account: accountId,
  region: regionName,
  oldVersionDays: days
    .default(90)
    .describe("Days for which an object that was overwritten or deleted can be brought back."),
  incompleteUploadDays: days
    .default(7)
    .describe("Days after which the parts of an upload that never ended are deleted."),
  accessLogs: z
    .strictObject({
      bucket: z
        .string()
        .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "the name of a bucket")
        .describe(
          "Bucket that the log is written to; S3 cannot write into one that has a KMS key of its own.",
        ),
    })
    .optional()
    .describe("Where S3 logs each request; nowhere when left out."),
  protect: z
    .boolean()
    .default(true)
    .describe("Refuses to delete the bucket, and keeps it in AWS when the program no longer has it."),
};

const retention = z
  .strictObject({
    mode: z
      .enum(["governance", "compliance"])
      .default("governance")
      .describe(
        "`governance` lets a role with `s3:BypassGovernanceRetention` delete earlier; `compliance` lets nobody.",
      ),
    days: days.default(184).describe("Days for which a record can be neither changed nor deleted."),
  })
  .prefault({})
  .describe("Lock that each record gets when it is written.");

export const modelsBucketFields = z.strictObject({
  purpose: z.literal("models").describe("What the bucket holds: model weights, or records of requests."),
  ...shared,
});

export const recordsBucketFields = z.strictObject({
  purpose: z.literal("records"),
  ...shared,
  retention,
  expireAfterDays: days
    .optional()
    .describe("Only for records: days after which a record is deleted; never when left out."),
});

const bucketVariants = z.discriminatedUnion("purpose", [modelsBucketFields, recordsBucketFields]);

export const modelBucketSettings = bucketVariants.superRefine((settings, context) => {
  const name = bucketNameOf(settings);
  if (name.length > NAME_LENGTH) {
    const room = settings.prefix.length - (name.length - NAME_LENGTH);
    const message = `at most ${room} characters: with purpose, account and region a bucket's name has ${NAME_LENGTH} at most`;
    context.addIssue({ code: "custom", path: ["prefix"], message });
  }
  if (settings.purpose === "records" && (settings.expireAfterDays ?? Infinity) < settings.retention.days) {
    const message = `at least ${settings.retention.days}, the days for which records are locked (\`retention.days\`)`;
    context.addIssue({ code: "custom", path: ["expireAfterDays"], message });
  }
});

export type ModelBucketSettings = z.output<typeof modelBucketSettings>;

/** Bucket names are one space for all accounts of the world, so the account is part of it. */
export function bucketNameOf(settings: ModelBucketSettings): string {
  return [settings.prefix, settings.purpose, settings.account, settings.region].join("-");
}

export type ModelBucketRefs = {
  /** Key that the objects are encrypted with. */
  readonly keyArn: Input<string>;
};

export type ModelBucketOverride = {
  readonly bucket?: Override<BucketArgs>;
  readonly encryption?: Override<BucketServerSideEncryptionConfigurationArgs>;
  readonly lifecycle?: Override<BucketLifecycleConfigurationArgs>;
  readonly policy?: Override<BucketPolicyArgs>;
};

export type ModelBucketArgs = z.input<typeof modelBucketSettings> & {
  readonly refs: ModelBucketRefs;
  /** Changes to single children, by name. */
  readonly override?: ModelBucketOverride;
};
