// Settings of the delivery → the Secrets that come into the namespace, and what each is made of.
import { standardLabels } from "../kit/ownership.ts";
import { providerSecretName } from "../kit/provider-secret.ts";
import type { DeliverySettings } from "./delivery.args.ts";

export type ProviderKeyPlan = {
  readonly provider: string;
  /** Name of the Secret in the namespace. */
  readonly name: string;
  readonly secretArn: string;
  readonly property: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
};

export type DeliveryPlan = {
  readonly region: string;
  readonly refreshInterval: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly providerKeys: readonly ProviderKeyPlan[];
};

/** Decides which Secrets come into the namespace. */
export function planDelivery(settings: DeliverySettings): DeliveryPlan {
  const { ownership, region, refreshSeconds, providerKeys } = settings;
  const toLabels = (instance: string) => standardLabels(ownership, { name: "secrets", instance });
  return {
    region,
    refreshInterval: `${refreshSeconds}s`,
    labels: toLabels("gateway-keys"),
    providerKeys: Object.entries(providerKeys).map(([provider, { secretArn, property }]) => {
      const name = providerSecretName(provider);
      return { provider, name, secretArn, property, labels: toLabels(name) };
    }),
  };
}
