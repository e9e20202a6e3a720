// Settings of the client keys → the generations that exist, oldest first.
import { standardLabels } from "../kit/ownership.ts";
import type { SecretsSettings } from "./secrets.args.ts";

export type KeyPlan = {
  readonly generation: number;
  /** Name of the key in logs and records; says nothing about the key itself. */
  readonly id: string;
};

export type SecretsPlan = {
  readonly labels: Readonly<Record<string, string>>;
  /** Generations that are valid, oldest first; the last is the one given to callers. */
  readonly keys: readonly [...KeyPlan[], KeyPlan];
};

/** Decides which generations are valid: the newest and the one before, so that a rotation refuses nobody. */
export function planSecrets(settings: SecretsSettings): SecretsPlan {
  const { rotation } = settings;
  const toKey = (generation: number): KeyPlan => ({
    generation,
    id: `${settings.ownership.environment}-${generation}`,
  });
  const before = rotation > 1 ? [toKey(rotation - 1)] : [];
  return {
    labels: standardLabels(settings.ownership, { name: "secrets", instance: "gateway-keys" }),
    keys: [...before, toKey(rotation)],
  };
}
