// ModelBucket: a private, versioned, encrypted bucket for model weights, or for records that nobody can change.
import { Bucket } from "@pulumi/aws/s3/bucket.js";
import { BucketLifecycleConfiguration } from "@pulumi/aws/s3/bucketLifecycleConfiguration.js";
import { BucketLogging } from "@pulumi/aws/s3/bucketLogging.js";
import { BucketObjectLockConfiguration } from "@pulumi/aws/s3/bucketObjectLockConfiguration.js";
import { BucketOwnershipControls } from "@pulumi/aws/s3/bucketOwnershipControls.js";
import { BucketPolicy } from "@pulumi/aws/s3/bucketPolicy.js";
import { BucketPublicAccessBlock } from "@pulumi/aws/s3/bucketPublicAccessBlock.js";
import { BucketServerSideEncryptionConfiguration } from "@pulumi/aws/s3/bucketServerSideEncryptionConfiguration.js";
import { BucketVersioning } from "@pulumi/aws/s3/bucketVersioning.js";
import type { ComponentResourceOptions, CustomResourceOptions, Output } from "@pulumi/pulumi";
import { BaseComponent } from "../kit/component.ts";
import { applyOverride } from "../kit/override.ts";
import { parseSettings } from "../kit/parse-settings.ts";
import { type ModelBucketArgs, modelBucketSettings } from "./model-bucket.args.ts";
import * as manifests from "./model-bucket.manifests.ts";
import { type ModelBucketPlan, planModelBucket } from "./model-bucket.plan.ts";

const TOKEN = { area: "model-bucket", kind: "ModelBucket" };

/** A bucket that keeps what is put into it. Throws ConfigError on a wrong setting. */
export class ModelBucket extends BaseComponent {
  readonly bucketName: Output<string>;
  readonly bucketArn: Output<string>;
  readonly #plan: ModelBucketPlan;

  constructor(name: string, args: ModelBucketArgs, opts: ComponentResourceOptions = {}) {
    const plan = planModelBucket(parseSettings(modelBucketSettings, args, { ...TOKEN, name }));
    super(TOKEN, name, opts);
    this.#plan = plan;
    const bucket = new Bucket(
      this.childName("bucket"),
      applyOverride(manifests.bucketArgs(plan), args.override?.bucket),
      this.childOptions({ protect: plan.protect, retainOnDelete: plan.protect }),
    );
    this.bucketName = bucket.bucket;
    this.bucketArn = bucket.arn;
    this.#lockDown(args);
    this.#keepVersions(args);
    this.#logRequests();
    this.registerOutputs({ bucketName: this.bucketName, bucketArn: this.bucketArn });
  }

  /** A bucket that stays in AWS has to keep what protects it. */
  #partOptions(extra: CustomResourceOptions = {}): CustomResourceOptions {
    return this.childOptions({ ...extra, retainOnDelete: this.#plan.protect });
  }

  #lockDown({ refs, override }: ModelBucketArgs): void {
    const { bucketName: bucket } = this;
    const accessBlock = new BucketPublicAccessBlock(
      this.childName("public-access-block"),
      manifests.publicAccessBlockArgs(bucket),
      this.#partOptions(),
    );
    new BucketOwnershipControls(
      this.childName("ownership"),
      { bucket, rule: { objectOwnership: "BucketOwnerEnforced" } },
      this.#partOptions(),
    );
    new BucketServerSideEncryptionConfiguration(
      this.childName("encryption"),
      applyOverride(manifests.encryptionArgs(bucket, refs.keyArn), override?.encryption),
      this.#partOptions(),
    );
    // S3 refuses two changes of one bucket's access at the same time.
    new BucketPolicy(
      this.childName("policy"),
      applyOverride(manifests.bucketPolicyArgs(this.#plan, bucket), override?.policy),
      this.#partOptions({ dependsOn: [accessBlock] }),
    );
  }

  #keepVersions({ override }: ModelBucketArgs): void {
    const { bucketName: bucket } = this;
    const versioning = new BucketVersioning(
      this.childName("versioning"),
      { bucket, versioningConfiguration: { status: "Enabled" } },
      this.#partOptions(),
    );
    new BucketLifecycleConfiguration(
      this.childName("lifecycle"),
      applyOverride(manifests.lifecycleArgs(this.#plan, bucket), override?.lifecycle),
      this.#partOptions({ dependsOn: [versioning] }),
    );
    if (this.#plan.lock === undefined) return;
    new BucketObjectLockConfiguration(
      this.childName("object-lock"),
      manifests.objectLockArgs(this.#plan.lock, bucket),
      this.#partOptions({ dependsOn: [versioning] }),
    );
  }

  #logRequests(): void {
    const { accessLogs } = this.#plan;
    if (accessLogs === undefined) return;
    new BucketLogging(
      this.childName("access-log"),
      { bucket: this.bucketName, targetBucket: accessLogs.bucket, targetPrefix: accessLogs.prefix },
      this.#partOptions(),
    );
  }
}
