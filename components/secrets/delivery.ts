// SecretDelivery: client keys and third parties' keys, brought from AWS Secrets Manager into a namespace.
import { CustomResource } from "@pulumi/kubernetes/apiextensions/index.js";
import type { ComponentResourceOptions, Output } from "@pulumi/pulumi";
import { BaseComponent } from "../kit/component.ts";
import { named } from "../kit/named.ts";
import { applyOverride } from "../kit/override.ts";
import { parseSettings } from "../kit/parse-settings.ts";
import { type DeliveryArgs, deliverySettings } from "./delivery.args.ts";
import * as manifests from "./delivery.manifests.ts";
import { planDelivery } from "./delivery.plan.ts";

const TOKEN = { area: "secrets", kind: "SecretDelivery" };

/** Secrets of one namespace. It must depend on `ExternalSecretsOperator`, which does the work. */
export class SecretDelivery extends BaseComponent {
  /** Name of the Secret with the client keys file; known once it is there. */
  readonly secretName: Output<string>;
  /** Name of each provider's Secret, whose `api-key` is the key. */
  readonly providerSecrets: Readonly<Record<string, Output<string>>>;

  constructor(name: string, args: DeliveryArgs, opts: ComponentResourceOptions = {}) {
    const plan = planDelivery(parseSettings(deliverySettings, args, { ...TOKEN, name }));
    super(TOKEN, name, opts);
    const { refs, override = {} } = args;
    const store = named(
      CustomResource,
      this.childName("store"),
      applyOverride(manifests.storeArgs(plan, refs.namespace), override.store),
      this.childOptions(),
    );
    this.secretName = named(
      CustomResource,
      this.childName("client-keys"),
      applyOverride(manifests.clientKeysArgs(plan, { ...refs, store }), override.clientKeys),
      this.childOptions(),
    );
    this.providerSecrets = Object.fromEntries(
      plan.providerKeys.map((key) => [
        key.provider,
        named(
          CustomResource,
          this.childName(key.name),
          manifests.providerKeyArgs(plan, key, { namespace: refs.namespace, store }),
          this.childOptions(),
        ),
      ]),
    );
    this.registerOutputs({ secretName: this.secretName });
  }
}
