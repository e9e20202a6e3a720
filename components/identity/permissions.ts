// Ready-made statements for a pod's role: what the platform's pods need to read, and no more.
import { type Input, interpolate } from "@pulumi/pulumi";
import type { IamStatement } from "../kit/iam-policy.ts";

export type ModelAccess = {
  readonly bucketArn: Input<string>;
  /** Key prefix of the models, with its closing slash, e.g. `models/`. */
  readonly prefix: string;
  /** KMS key that the bucket is encrypted with. */
  readonly keyArn: Input<string>;
  readonly region: Input<string>;
};

/** Reads and lists the models below a prefix of a bucket. */
export function readModelPermissions({ bucketArn, prefix, keyArn, region }: ModelAccess): IamStatement[] {
  return [
    { sid: "ReadModels", actions: ["s3:GetObject"], resources: [interpolate`${bucketArn}/${prefix}*`] },
    {
      sid: "ListModels",
      actions: ["s3:ListBucket"],
      resources: [bucketArn],
      conditions: { StringLike: { "s3:prefix": [`${prefix}*`] } },
    },
    decryptStatement("DecryptModels", [keyArn], interpolate`s3.${region}.amazonaws.com`),
  ];
}

export type SecretAccess = {
  /** The very secrets; no pattern. */
  readonly secretArns: readonly Input<string>[];
  /** KMS keys that they are encrypted with. */
  readonly keyArns: readonly Input<string>[];
  readonly region: Input<string>;
};

/** Reads certain secrets of Secrets Manager. */
export function readSecretPermissions({ secretArns, keyArns, region }: SecretAccess): IamStatement[] {
  return [
    {
      sid: "ReadSecrets",
      actions: ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"],
      resources: secretArns,
    },
    decryptStatement("DecryptSecrets", keyArns, interpolate`secretsmanager.${region}.amazonaws.com`),
  ];
}

/** Decrypts through one service only: the key is of no use with data obtained elsewhere. */
function decryptStatement(
  sid: string,
  keyArns: readonly Input<string>[],
  service: Input<string>,
): IamStatement {
  return {
    sid,
    actions: ["kms:Decrypt"],
    resources: keyArns,
    conditions: { StringEquals: { "kms:ViaService": service } },
  };
}
