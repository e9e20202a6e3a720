// Who calls: reads the key from the headers and refuses missing, wrong, expired and guessed ones.

import { faults, type OpenAiFault } from "../../contract/openai/fault.ts";
import { type ClientKey, isExpired } from "../../core/auth/authorize-key.ts";
import type { BadKeyLimit } from "../../core/auth/bad-key-limit.ts";
import type { Clock, KeyStore } from "../../ports.ts";
import type { Exchange } from "../exchange.ts";

export type Authentication =
  | { readonly ok: true; readonly key: ClientKey }
  | { readonly ok: false; readonly fault: OpenAiFault };

export type AuthenticationParts = {
  readonly keys: KeyStore;
  readonly badKeys: BadKeyLimit;
  readonly clock: Clock;
};

/**
 * The limit counts by the socket's address: a forwarded-for header is the caller's to invent. A valid key passes even
 * while its address is limited, because behind a load balancer all callers share one address.
 */
export function authenticate(
  exchange: Exchange,
  { keys, badKeys, clock }: AuthenticationParts,
): Authentication {
  const secret = secretOf(exchange);
  if (!secret) return { ok: false, fault: faults.missingApiKey() };
  const nowMs = clock.nowMs();
  const key = keys.find(secret);
  if (key) return isExpired(key, nowMs) ? { ok: false, fault: faults.expiredApiKey() } : { ok: true, key };
  const source = exchange.request.socket.remoteAddress ?? "unknown";
  const waitSeconds = badKeys.blockedSeconds(source, nowMs);
  if (waitSeconds > 0) return { ok: false, fault: faults.tooManyBadKeys(waitSeconds) };
  badKeys.countBadKey(source, nowMs);
  return { ok: false, fault: faults.invalidApiKey() };
}

const BEARER = /^Bearer +(\S+)$/i;

function secretOf(exchange: Exchange): string | undefined {
  const authorization = exchange.header("authorization");
  return authorization === undefined ? exchange.header("api-key") : BEARER.exec(authorization)?.[1];
}
