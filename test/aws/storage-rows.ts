// Keys, buckets, images and backups: how AWS makes and describes them.
import type { Read, Row, Step } from "./api-row.ts";

const s3 = (put: Step, read: Omit<Read, "by">, hidden: readonly string[] = []): Row => ({
  service: "s3",
  steps: [put],
  id: "$bucket",
  reads: [{ by: { Bucket: "$bucket" }, ...read }],
  hidden,
});

export const STORAGE: Readonly<Record<string, Row>> = {
  "aws:kms/key:Key": {
    service: "kms",
    steps: [
      { call: "create_key", with: { Tags: "$tags" } },
      {
        call: "enable_key_rotation",
        takes: ["rotationPeriodInDays"],
        means: ["enableKeyRotation"],
        with: { KeyId: "$id" },
      },
    ],
    id: "KeyMetadata.KeyId",
    arn: "KeyMetadata.Arn",
    reads: [
      { call: "describe_key", by: { KeyId: "$id" }, at: "KeyMetadata" },
      { call: "get_key_rotation_status", by: { KeyId: "$id" } },
      { call: "get_key_policy", by: { KeyId: "$id", PolicyName: "default" } },
      { call: "list_resource_tags", by: { KeyId: "$id" } },
    ],
    shows: { enableKeyRotation: "KeyRotationEnabled" },
    ours: ["deletionWindowInDays"],
    hidden: ["rotationPeriodInDays"],
  },
  "aws:kms/alias:Alias": {
    service: "kms",
    steps: [{ call: "create_alias", as: { name: "AliasName" } }],
    reads: [{ call: "list_aliases", by: { KeyId: "$targetKeyId" }, at: "Aliases" }],
  },
  "aws:s3/bucket:Bucket": {
    service: "s3",
    steps: [
      {
        call: "create_bucket",
        as: { objectLockEnabled: "ObjectLockEnabledForBucket" },
        with: { CreateBucketConfiguration: { LocationConstraint: "$region" } },
      },
      { call: "put_bucket_tagging", takes: [], with: { Bucket: "$bucket", Tagging: { TagSet: "$tags" } } },
    ],
    id: "$bucket",
    arn: "arn:aws:s3:::$bucket",
    reads: [
      { call: "get_bucket_location", by: { Bucket: "$bucket" } },
      { call: "get_bucket_tagging", by: { Bucket: "$bucket" } },
    ],
    shows: { region: "LocationConstraint", tags: "TagSet" },
    ours: ["forceDestroy"],
    // A bucket without it has no such configuration to read; the type below reads it where it is on.
    hidden: ["objectLockEnabled"],
  },
  "aws:s3/bucketOwnershipControls:BucketOwnershipControls": s3(
    { call: "put_bucket_ownership_controls", as: { rule: "OwnershipControls.Rules" } },
    { call: "get_bucket_ownership_controls" },
  ),
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": s3(
    {
      call: "put_public_access_block",
      as: { bucket: "Bucket" },
      into: "PublicAccessBlockConfiguration",
    },
    { call: "get_public_access_block", at: "PublicAccessBlockConfiguration" },
  ),
  "aws:s3/bucketVersioning:BucketVersioning": s3(
    { call: "put_bucket_versioning" },
    { call: "get_bucket_versioning", under: "VersioningConfiguration" },
  ),
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": s3(
    { call: "put_bucket_encryption", as: { rules: "ServerSideEncryptionConfiguration.Rules" } },
    { call: "get_bucket_encryption" },
    ["rules.blockedEncryptionTypes"],
  ),
  "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": s3(
    { call: "put_bucket_lifecycle_configuration", as: { rules: "LifecycleConfiguration.Rules" } },
    { call: "get_bucket_lifecycle_configuration", under: "LifecycleConfiguration" },
  ),
  "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration": s3(
    {
      call: "put_object_lock_configuration",
      as: { rule: "ObjectLockConfiguration.Rule" },
      with: { ObjectLockConfiguration: { ObjectLockEnabled: "Enabled" } },
    },
    { call: "get_object_lock_configuration" },
  ),
  "aws:s3/bucketPolicy:BucketPolicy": s3({ call: "put_bucket_policy" }, { call: "get_bucket_policy" }),
  "aws:ecr/repository:Repository": {
    service: "ecr",
    steps: [
      {
        call: "create_repository",
        as: { name: "repositoryName", encryptionConfigurations: "encryptionConfiguration" },
        with: { tags: "$tags" },
      },
    ],
    id: "$name",
    arn: "repository.repositoryArn",
    reads: [
      { call: "describe_repositories", by: { repositoryNames: ["$name"] }, at: "repositories.0" },
      { call: "list_tags_for_resource", by: { resourceArn: "$arn" } },
    ],
    ours: ["forceDelete"],
  },
  "aws:ecr/lifecyclePolicy:LifecyclePolicy": {
    service: "ecr",
    steps: [
      {
        call: "put_lifecycle_policy",
        as: { repository: "repositoryName", policy: "lifecyclePolicyText" },
      },
    ],
    reads: [{ call: "get_lifecycle_policy", by: { repositoryName: "$repository" } }],
  },
  "aws:backup/vault:Vault": {
    service: "backup",
    steps: [
      {
        call: "create_backup_vault",
        as: { name: "BackupVaultName", kmsKeyArn: "EncryptionKeyArn" },
        with: { BackupVaultTags: "$tags" },
      },
    ],
    id: "$name",
    arn: "BackupVaultArn",
    reads: [
      { call: "describe_backup_vault", by: { BackupVaultName: "$name" } },
      { call: "list_tags", by: { ResourceArn: "$arn" } },
    ],
    ours: ["forceDestroy"],
  },
  "aws:backup/plan:Plan": {
    service: "backup",
    steps: [
      {
        call: "create_backup_plan",
        as: {
          name: "BackupPlan.BackupPlanName",
          rules: "BackupPlan.Rules",
          "rules.schedule": "ScheduleExpression",
          "rules.targetVaultName": "TargetBackupVaultName",
          "rules.startWindow": "StartWindowMinutes",
          "rules.lifecycle.deleteAfter": "DeleteAfterDays",
        },
        with: { BackupPlanTags: "$tags" },
      },
    ],
    id: "BackupPlanId",
    arn: "BackupPlanArn",
    reads: [
      { call: "get_backup_plan", by: { BackupPlanId: "$id" } },
      { call: "list_tags", by: { ResourceArn: "$arn" } },
    ],
  },
};
