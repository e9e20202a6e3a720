// Plan of managed client keys → arguments of the secrets in AWS Secrets Manager and of their versions.
import type { SecretArgs } from "@pulumi/aws/secretsmanager/secret.js";
import type { SecretVersionArgs } from "@pulumi/aws/secretsmanager/secretVersion.js";
import type { Input } from "@pulumi/pulumi";
import type { ManagedKeysRefs, ManagedKeysSettings } from "./managed-keys.args.ts";

/** What each secret holds: the gateway may read `file` only, people who hand out keys read `issued`. */
const DESCRIPTIONS = {
  file: "Hashes of the client keys that are valid, as the gateway reads them",
  issued: "The newest client key, to hand out to callers",
} as const;

export type ManagedSecret = keyof typeof DESCRIPTIONS;

/** One secret. Its name is left to Pulumi: a deleted secret blocks its name for the recovery window. */
export function managedSecretArgs(
  kind: ManagedSecret,
  settings: ManagedKeysSettings,
  refs: ManagedKeysRefs,
): SecretArgs {
  return {
    description: `${DESCRIPTIONS[kind]} (${settings.ownership.environment})`,
    kmsKeyId: refs.keyArn,
    recoveryWindowInDays: settings.recoveryWindowInDays,
  };
}

/** The secret's value, write-only: AWS is told it when `version` changes, and it is never read back. */
export function managedVersionArgs(
  version: number,
  refs: { readonly secretId: Input<string>; readonly value: Input<string> },
): SecretVersionArgs {
  return { secretId: refs.secretId, secretStringWo: refs.value, secretStringWoVersion: version };
}
