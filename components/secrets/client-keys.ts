// The generated client keys of an environment: a password for each generation, the file of their hashes, the newest key.
import { all, type Input, type Output, secret, unsecret } from "@pulumi/pulumi";
import type { RandomPassword } from "@pulumi/random/randomPassword.js";
import { clientKeysFile, sha256, toClientKey } from "./secrets.manifests.ts";
import type { SecretsPlan } from "./secrets.plan.ts";

type Generated = {
  /** The newest key; secret. */
  readonly apiKey: Output<string>;
  /** What the gateway checks keys by. */
  readonly file: Output<string>;
  /** SHA-256 of the file; changes with every rotation. */
  readonly checksum: Output<string>;
};

/** `createPassword` makes the child that holds one generation's. */
export function generateClientKeys(
  plan: SecretsPlan,
  createPassword: (suffix: string) => RandomPassword,
): Generated {
  const passwords = plan.keys.map(({ generation }): Input<string> => {
    return secret(createPassword(`key-${generation}`).result.apply(toClientKey));
  });
  const keys = all(passwords);
  const file = keys.apply((values) => clientKeysFile(plan, values));
  return {
    apiKey: secret(keys.apply((values) => values.at(-1) ?? "")),
    file,
    // A hash of hashes of random keys tells nothing about them; in clear, a diff can show that keys change.
    checksum: unsecret(file.apply(sha256)),
  };
}
