// Settings of a bucket → its name, what is deleted when, and the lock of its objects.
import { bucketNameOf, type ModelBucketSettings } from "./model-bucket.args.ts";

/** What S3 deletes by itself, in whole days. */
type ExpiryPlan = {
  readonly incompleteUploadDays: number;
  readonly oldVersionDays: number;
  /** Undefined where what is there stays. */
  readonly objectDays: number | undefined;
};

export type ModelBucketPlan = {
  readonly bucket: string;
  /** What an uploader may name as key: those of this account and region. */
  readonly ownKeys: string;
  readonly expiry: ExpiryPlan;
  /** Undefined where objects are not locked. */
  readonly lock: { readonly mode: "GOVERNANCE" | "COMPLIANCE"; readonly days: number } | undefined;
  /** Undefined where requests are not logged. */
  readonly accessLogs: { readonly bucket: string; readonly prefix: string } | undefined;
  readonly protect: boolean;
};

const MODES = { governance: "GOVERNANCE", compliance: "COMPLIANCE" } as const;

/** Decides what a bucket keeps. */
export function planModelBucket(settings: ModelBucketSettings): ModelBucketPlan {
  const { account, region, incompleteUploadDays, oldVersionDays, accessLogs, protect } = settings;
  const bucket = bucketNameOf(settings);
  const records = settings.purpose === "records" ? settings : undefined;
  return {
    bucket,
    ownKeys: `arn:aws:kms:${region}:${account}:key/*`,
    expiry: { incompleteUploadDays, oldVersionDays, objectDays: records?.expireAfterDays },
    lock: records && { mode: MODES[records.retention.mode], days: records.retention.days },
    accessLogs: accessLogs && { bucket: accessLogs.bucket, prefix: `${bucket}/` },
    protect,
  };
}
