// The generated password of a store inside the cluster, and what may be known of it.
import { createHash } from "node:crypto";
import { type CustomResourceOptions, type Output, secret, unsecret } from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random/randomPassword.js";
import { STORE_PASSWORD } from "./cluster-store.manifests.ts";

export type StorePassword = {
  /** Secret: encrypted in the state. */
  readonly password: Output<string>;
  /** SHA-256; of 238 random bits it tells nothing, and in clear a diff can show that the password changes. */
  readonly checksum: Output<string>;
};

export function createStorePassword(name: string, opts: CustomResourceOptions): StorePassword {
  const password = secret(new RandomPassword(name, STORE_PASSWORD, opts).result);
  return { password, checksum: unsecret(password.apply(sha256)) };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
