// ClientKeys: generated keys for the gateway's callers, rotated with an overlap; the cluster sees hashes only.
import { Secret } from "@pulumi/kubernetes/core/v1/index.js";
import { type ComponentResourceOptions, type Output, secret } from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random/randomPassword.js";
import { BaseComponent } from "../kit/component.ts";
import { named } from "../kit/named.ts";
import { applyOverride } from "../kit/override.ts";
import { parseSettings } from "../kit/parse-settings.ts";
import { generateClientKeys } from "./client-keys.ts";
import { type SecretsArgs, secretsSettings } from "./secrets.args.ts";
import { KEY_PASSWORD, keysSecretArgs } from "./secrets.manifests.ts";
import { planSecrets } from "./secrets.plan.ts";

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
    const { apiKey, file, checksum } = generateClientKeys(
      plan,
      (suffix) => new RandomPassword(this.childName(suffix), KEY_PASSWORD, this.childOptions()),
    );
    this.apiKey = apiKey;
    this.checksum = checksum;
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
}
