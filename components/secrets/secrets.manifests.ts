// Plan of the client keys → the Secret that the gateway reads, which holds hashes only.
import { createHash } from "node:crypto";
import type { SecretArgs } from "@pulumi/kubernetes/core/v1/index.js";
import type { Input } from "@pulumi/pulumi";
import type { RandomPasswordArgs } from "@pulumi/random/randomPassword.js";
import type { ClientKeys } from "../../serving/contract/client-keys.ts";
import type { SecretsPlan } from "./secrets.plan.ts";

/** Name of the Secret that the gateway mounts. */
export const KEYS_SECRET = "gateway-keys";
/** The file inside it. */
export const KEYS_FILE = "keys.json";

/** Marks a text as a client key of this platform, so that secret scanners and people recognise one. */
const KEY_PREFIX = "rk-";

/** 40 letters and digits: 238 bits, out of reach of guessing, and safe in a header and in a shell. */
export const KEY_PASSWORD = { length: 40, special: false } satisfies RandomPasswordArgs;

/** A generated password → the key that callers send. */
export function toClientKey(password: string): string {
  return `${KEY_PREFIX}${password}`;
}

/** The client keys file: the ids of `plan` with the hashes of `keys`, in the same order. */
export function clientKeysFile(plan: SecretsPlan, keys: readonly string[]): string {
  const file: ClientKeys = {
    keys: plan.keys.map((key, index) => ({ id: key.id, sha256: sha256(keys[index] ?? "") })),
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}

/** SHA-256 in hexadecimal. */
export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** The Secret with the client keys file. */
export function keysSecretArgs(
  plan: SecretsPlan,
  refs: { readonly namespace: Input<string>; readonly file: Input<string> },
): SecretArgs {
  return {
    metadata: { name: KEYS_SECRET, namespace: refs.namespace, labels: { ...plan.labels } },
    type: "Opaque",
    stringData: { [KEYS_FILE]: refs.file },
  };
}
