// ClientKeys: generated keys for the gateway's callers, rotated with an overlap; the cluster sees hashes only.
import { Secret } from "@pulumi/kubernetes/core/v1/index.js";
import { all, type ComponentResourceOptions, type Output, secret, unsecret } from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random/randomPassword.js";
import { BaseComponent } from "../kit/component.ts";
import { named } from "../kit/named.ts";
import { applyOverride } from "../kit/override.ts";
import { parseSettings } from "../kit/parse-settings.ts";
import { type SecretsArgs, secretsSettings } from "./secrets.args.ts";
import { clientKeysFile, KEY_PASSWORD, keysSecretArgs, sha256, toClientKey } from "./secrets.manifests.ts";
import { planSecrets, type SecretsPlan } from "./secrets.plan.ts";

const TOKEN = { area: "secrets", kind: "ClientKeys" };

/** The client keys of one environment. Needs the `random` and `kubernetes` providers. */
export class ClientKeys extends BaseComponent {
  /** The newest key; secret. */
  readonly apiKey: Output<string>;
  /** Name of the Secret with the client keys file. */
  readonly secretName: Output<string>;
  /** SHA-256 of that file; changes with every rotation. */
  readonly checksum: Output<string>;

  constructor(name: string, args: SecretsArgs, opts: ComponentResourceOptions = {}) {
    const plan = planSecrets(parseSettings(secretsSettings, args, { ...TOKEN, name }));
    super(TOKEN, name, opts);
    const keys = all(this.#createKeys(plan));
    const file = keys.apply((values) => clientKeysFile(plan, values));
    this.apiKey = secret(keys.apply((values) => values.at(-1) ?? ""));
    // A hash of hashes of random keys tells nothing about them; in clear, a diff can show that keys change.
    this.checksum = unsecret(file.apply(sha256));
    this.secretName = named(
      Secret,
      this.childName("secret"),
      applyOverride(
        keysSecretArgs(plan, { namespace: args.refs.namespace, file: secret(file) }),
        args.override?.secret,
      ),
      this.childOptions(),
    );
    this.registerOutputs({ secretName: this.secretName, checksum: this.checksum });
  }

  #createKeys(plan: SecretsPlan): Output<string>[] {
    return plan.keys.map(({ generation }) => {
      const password = new RandomPassword(
        this.childName(`key-${generation}`),
        KEY_PASSWORD,
        this.childOptions(),
      );
      return secret(password.result.apply(toClientKey));
    });
  }
}
