// EncryptionKey: one KMS key for one purpose, with its alias and a policy that names every action.
import { Alias } from "@pulumi/aws/kms/alias.js";
import { Key } from "@pulumi/aws/kms/key.js";
import type { ComponentResourceOptions, Output } from "@pulumi/pulumi";
import { BaseComponent } from "../kit/component.ts";
import { applyOverride } from "../kit/override.ts";
import { parseSettings } from "../kit/parse-settings.ts";
import { type EncryptionKeyArgs, encryptionKeySettings } from "./encryption.args.ts";
import { aliasArgs, keyArgs } from "./encryption.manifests.ts";
import { planEncryptionKey } from "./encryption.plan.ts";

const TOKEN = { area: "encryption", kind: "EncryptionKey" };

/** A key for one kind of data. Throws ConfigError on a wrong setting. */
export class EncryptionKey extends BaseComponent {
  readonly keyArn: Output<string>;

  constructor(name: string, args: EncryptionKeyArgs, opts: ComponentResourceOptions = {}) {
    const plan = planEncryptionKey(parseSettings(encryptionKeySettings, args, { ...TOKEN, name }));
    super(TOKEN, name, opts);
    const key = new Key(
      this.childName("key"),
      applyOverride(keyArgs(plan), args.override?.key),
      this.childOptions({ protect: plan.protect, retainOnDelete: plan.protect }),
    );
    new Alias(
      this.childName("alias"),
      applyOverride(aliasArgs(plan, key.id), args.override?.alias),
      this.childOptions(),
    );
    this.keyArn = key.arn;
    this.registerOutputs({ keyArn: this.keyArn });
  }
}
