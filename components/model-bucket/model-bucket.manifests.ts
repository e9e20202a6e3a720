// Plan of a bucket → arguments of the bucket and of the parts that lock it down.
import type { BucketArgs } from "@pulumi/aws/s3/bucket.js";
import type { BucketLifecycleConfigurationArgs } from "@pulumi/aws/s3/bucketLifecycleConfiguration.js";
import type { BucketObjectLockConfigurationArgs } from "@pulumi/aws/s3/bucketObjectLockConfiguration.js";
import type { BucketPolicyArgs } from "@pulumi/aws/s3/bucketPolicy.js";
import type { BucketPublicAccessBlockArgs } from "@pulumi/aws/s3/bucketPublicAccessBlock.js";
import type { BucketServerSideEncryptionConfigurationArgs } from "@pulumi/aws/s3/bucketServerSideEncryptionConfiguration.js";
import { type Input, interpolate } from "@pulumi/pulumi";
import { type IamStatement, iamPolicy } from "../kit/iam-policy.ts";
import type { ModelBucketPlan } from "./model-bucket.plan.ts";

/** Every rule of a bucket names what it is for; this one means all objects. */
const ALL_OBJECTS = { prefix: "" };

/** A bucket that is not deleted with its objects. Locks can only be had from the start. */
export function bucketArgs(plan: ModelBucketPlan): BucketArgs {
  return { bucket: plan.bucket, forceDestroy: false, objectLockEnabled: plan.lock !== undefined };
}

/** No list of access and no policy can make anything public. */
export function publicAccessBlockArgs(bucket: Input<string>): BucketPublicAccessBlockArgs {
  return {
    bucket,
    blockPublicAcls: true,
    blockPublicPolicy: true,
    ignorePublicAcls: true,
    restrictPublicBuckets: true,
  };
}

/** Objects that say nothing are encrypted with the key; a bucket key makes that one call to KMS for many objects. */
export function encryptionArgs(
  bucket: Input<string>,
  keyArn: Input<string>,
): BucketServerSideEncryptionConfigurationArgs {
  return {
    bucket,
    rules: [
      {
        applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: keyArn },
        bucketKeyEnabled: true,
        // Keys that clients bring are lost with the client.
        blockedEncryptionTypes: ["SSE-C"],
      },
    ],
  };
}

/** What S3 deletes by itself. A lock goes before it: what is locked stays until the lock ends. */
export function lifecycleArgs(
  plan: ModelBucketPlan,
  bucket: Input<string>,
): BucketLifecycleConfigurationArgs {
  const { incompleteUploadDays, oldVersionDays, objectDays } = plan.expiry;
  const rule = { status: "Enabled", filter: ALL_OBJECTS };
  return {
    bucket,
    rules: [
      {
        ...rule,
        id: "incomplete-uploads",
        abortIncompleteMultipartUpload: { daysAfterInitiation: incompleteUploadDays },
      },
      {
        ...rule,
        id: "old-versions",
        noncurrentVersionExpiration: { noncurrentDays: oldVersionDays },
        expiration: { expiredObjectDeleteMarker: true },
      },
      ...(objectDays === undefined ? [] : [{ ...rule, id: "objects", expiration: { days: objectDays } }]),
    ],
  };
}

/** The lock that each object gets when it is written. */
export function objectLockArgs(
  lock: NonNullable<ModelBucketPlan["lock"]>,
  bucket: Input<string>,
): BucketObjectLockConfigurationArgs {
  return { bucket, rule: { defaultRetention: { mode: lock.mode, days: lock.days } } };
}

/** Refusals only: who may read or write is said by the policies of roles. A preview knows all of it. */
export function bucketPolicyArgs(plan: ModelBucketPlan, bucket: Input<string>): BucketPolicyArgs {
  const arn = interpolate`arn:aws:s3:::${bucket}`;
  const objects = interpolate`${arn}/*`;
  const encryption = "s3:x-amz-server-side-encryption";
  const key = `${encryption}-aws-kms-key-id`;
  const everything = ["s3:*"];
  const upload = ["s3:PutObject"];
  // An upload that names nothing gets the bucket's default; one that names something has to name the right thing.
  const named = (header: string): { Null: Record<string, string> } => ({ Null: { [header]: "false" } });
  return {
    bucket,
    policy: iamPolicy([
      refusal("DenyWithoutTls", everything, [arn, objects], { Bool: { "aws:SecureTransport": "false" } }),
      refusal("DenyOldTls", everything, [arn, objects], { NumericLessThan: { "s3:TlsVersion": "1.2" } }),
      refusal("DenyOtherEncryption", upload, [objects], {
        StringNotEquals: { [encryption]: "aws:kms" },
        ...named(encryption),
      }),
      refusal("DenyKeysOfOthers", upload, [objects], { ArnNotLike: { [key]: plan.ownKeys }, ...named(key) }),
    ]),
  };
}

function refusal(
  sid: string,
  actions: readonly string[],
  resources: readonly Input<string>[],
  conditions: NonNullable<IamStatement["conditions"]>,
): IamStatement {
  return { sid, effect: "Deny", principals: "*", actions, resources, conditions };
}
