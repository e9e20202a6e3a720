// The Secret with the platform's key at a provider: whoever makes it, pods find it under one name.
import { toDnsLabel } from "./names.ts";

/** Its key that holds the provider's key. */
export const PROVIDER_KEY = "api-key";

export function providerSecretName(provider: string): string {
  return toDnsLabel("provider", provider);
}
