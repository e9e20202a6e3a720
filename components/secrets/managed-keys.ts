// ManagedClientKeys: generated keys for the gateway's callers, kept in AWS Secrets Manager, rotated with an overlap.
import { Secret, type SecretArgs } from "@pulumi/aws/secretsmanager/secret.js";
import { SecretVersion } from "@pulumi/aws/secretsmanager/secretVersion.js";
import { type ComponentResourceOptions, type Input, type Output, secret } from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random/randomPassword.js";
import { BaseComponent } from "../kit/component.ts";
import { applyOverride, type Override } from "../kit/override.ts";
import { parseSettings } from "../kit/parse-settings.ts";
import { generateClientKeys } from "./client-keys.ts";
import {
  type ManagedKeysArgs,
  type ManagedKeysRefs,
  type ManagedKeysSettings,
  managedKeysSettings,
} from "./managed-keys.args.ts";
import { type ManagedSecret, managedSecretArgs, managedVersionArgs } from "./managed-keys.manifests.ts";
import { KEY_PASSWORD } from "./secrets.manifests.ts";
import { planSecrets } from "./secrets.plan.ts";

const TOKEN = { area: "secrets", kind: "ManagedClientKeys" };

type SecretParts = {
  readonly settings: ManagedKeysSettings;
  readonly refs: ManagedKeysRefs;
  readonly value: Input<string>;
  readonly override: Override<SecretArgs> | undefined;
};

/** The client keys of one environment on AWS. Needs the `aws` and `random` providers; `SecretDelivery` brings them in. */
export class ManagedClientKeys extends BaseComponent {
  /** The newest key; secret. */
  readonly apiKey: Output<string>;
  /** SHA-256 of the client keys file; changes with every rotation. */
  readonly checksum: Output<string>;
  /** ARN of the secret with that file: what the cluster may read. Known once the file is in it. */
  readonly secretArn: Output<string>;
  /** ARN of the secret with the newest key, for people and jobs that hand it out. */
  readonly issuedSecretArn: Output<string>;

  constructor(name: string, args: ManagedKeysArgs, opts: ComponentResourceOptions = {}) {
    const settings = parseSettings(managedKeysSettings, args, { ...TOKEN, name });
    super(TOKEN, name, opts);
    const { refs, override = {} } = args;
    const { apiKey, file, checksum } = generateClientKeys(
      planSecrets(settings),
      (suffix) => new RandomPassword(this.childName(suffix), KEY_PASSWORD, this.childOptions()),
    );
    this.apiKey = apiKey;
    this.checksum = checksum;
    this.secretArn = this.#createSecret("file", { settings, refs, value: file, override: override.file });
    this.issuedSecretArn = this.#createSecret("issued", {
      settings,
      refs,
      value: this.apiKey,
      override: override.issued,
    });
    this.registerOutputs({ checksum: this.checksum, secretArn: this.secretArn });
  }

  /** Returns the secret's ARN, known once its value is in it. The version is not protected: a rotation replaces it. */
  #createSecret(kind: ManagedSecret, { settings, refs, value, override }: SecretParts): Output<string> {
    const { arn } = new Secret(
      this.childName(kind),
      applyOverride(managedSecretArgs(kind, settings, refs), override),
      this.childOptions({ protect: settings.protect }),
    );
    return new SecretVersion(
      this.childName(`${kind}-version`),
      managedVersionArgs(settings.rotation, { secretId: arn, value: secret(value) }),
      this.childOptions(),
    ).secretId;
  }
}
