// Connections to one provider: HTTP/1.1 over TLS whose certificate is verified, to addresses that may be called only.
import { buildConnector, Pool } from "undici";
import { createAddressRules } from "../../contract/address-rules.ts";
import type { ProviderRuntime } from "../../contract/provider.ts";
import type { UpstreamTimeouts } from "../upstream/upstreams.ts";
import { createGuardedLookup, forbidden, isForbidden, type ResolveAll } from "./guarded-lookup.ts";

/** A connection in use for longer makes room for one to whatever the name resolves to by then. */
const LONGEST_USE_MS = 300_000;
/** Longer than undici's own 4 s: a handshake costs two round trips to another continent. */
const IDLE_MS = 30_000;

type Settings = Pick<ProviderRuntime, "baseUrl" | "addresses" | "authority" | "concurrency">;

export type NameSettings = {
  /** How names are resolved; as the system does it when left out. */
  readonly resolve?: ResolveAll;
  /** Age of a connection from which on another one is opened; 5 minutes when left out. */
  readonly longestUseMs?: number;
};

export function createProviderPool(
  settings: Settings,
  timeouts: UpstreamTimeouts,
  { resolve, longestUseMs = LONGEST_USE_MS }: NameSettings = {},
): Pool {
  const rules = createAddressRules(settings.addresses);
  const connector = buildConnector({
    timeout: timeouts.connectMs,
    allowH2: false,
    lookup: createGuardedLookup(rules, resolve),
    ...(settings.authority !== undefined && { ca: settings.authority }),
  });
  return new Pool(new URL(settings.baseUrl).origin, {
    connections: settings.concurrency,
    bodyTimeout: timeouts.idleMs,
    keepAliveTimeout: IDLE_MS,
    clientTtl: longestUseMs,
    connect: (options, done) => {
      if (!isForbidden(options.hostname, rules)) return connector(options, done);
      queueMicrotask(() => done(forbidden(options.hostname), null));
    },
  });
}
