// Settings of providers → what the gateway's configuration says of them, and which Secrets hold the keys. Pure.
import type { ProviderRuntime } from "../../serving/contract/provider.ts";
import { type Ownership, standardLabels } from "../kit/ownership.ts";
import { PROVIDER_KEY, providerSecretName } from "../kit/provider-secret.ts";
import type { ProviderSettings } from "./provider.args.ts";

export const PROVIDERS_DIR = "/etc/rampa/providers";

/** A key that the pods mount as the file `provider`. */
export type ProviderKeyPlan = {
  readonly provider: string;
  readonly secretName: string;
  readonly field: string;
  /** Labels of the Secret where it is ours to make; undefined where somebody else makes it. */
  readonly made: Readonly<Record<string, string>> | undefined;
};

type Providers = Readonly<Record<string, ProviderSettings>>;

/** As the gateway's configuration file has them. */
export function toRuntimeProviders(providers: Providers): Record<string, ProviderRuntime> {
  return Object.fromEntries(
    Object.entries(providers).map(([name, { key, keyHeader: header, ...rest }]) => [
      name,
      { ...rest, ...(key.from !== "none" && { key: { file: `${PROVIDERS_DIR}/${name}`, header } }) },
    ]),
  );
}

export function planProviderKeys(providers: Providers, ownership: Ownership): readonly ProviderKeyPlan[] {
  return Object.entries(providers).flatMap(([provider, settings]) => {
    const plan = planKey(provider, settings, ownership);
    return plan === undefined ? [] : [plan];
  });
}

function planKey(
  provider: string,
  { key }: ProviderSettings,
  ownership: Ownership,
): ProviderKeyPlan | undefined {
  const ours = { provider, secretName: providerSecretName(provider), field: PROVIDER_KEY };
  switch (key.from) {
    case "none":
      return undefined;
    case "secretsManager":
      return { ...ours, made: undefined };
    case "secret":
      return { provider, secretName: key.name, field: key.field, made: undefined };
    case "config":
      return { ...ours, made: standardLabels(ownership, { name: "secrets", instance: ours.secretName }) };
  }
}
