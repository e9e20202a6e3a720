// The gateway role: puts keys, routes, upstreams, metrics and the HTTP shell together.
import { watchRouteFile } from "../../adapters/files/route-file.ts";
import { openKeyStore } from "../../adapters/keys/key-store.ts";
import { inClusterAccess } from "../../adapters/kubernetes/api-access.ts";
import { createRouteTable, type WritableRouteTable } from "../../adapters/kubernetes/route-table.ts";
import { watchRoutes } from "../../adapters/kubernetes/watch-routes.ts";
import { openProviderKeys } from "../../adapters/provider/provider-keys.ts";
import { createProviders } from "../../adapters/provider/providers.ts";
import { createUpstreams } from "../../adapters/upstream/upstreams.ts";
import type { GatewayRuntime } from "../../contract/runtime-config.ts";
import { createBadKeyLimit } from "../../core/auth/bad-key-limit.ts";
import { Hold } from "../../pipeline/hold.ts";
import type { Log } from "../../ports.ts";
import { createLog } from "../log.ts";
import { type RunningServer, runUntilSignal, startServer } from "../server.ts";
import { createForwardRoutes } from "./forward.ts";
import { createGatewayMetrics } from "./gateway-metrics.ts";
import { createModelRoutes } from "./list-models.ts";
import { createOpenInferenceRoutes } from "./open-inference.ts";

export type RunningGateway = {
  readonly server: RunningServer;
  /** Stops the watches and closes the connections to the model servers; drain the server first. */
  readonly close: () => Promise<void>;
};

/** Runs until SIGTERM, then drains; resolves to the exit code. */
export async function runGateway(config: GatewayRuntime): Promise<number> {
  const log = createLog("gateway", config.log);
  const gateway = await startGateway(config, log);
  log.info({ port: gateway.server.port, startMs: Math.round(performance.now()) }, "gateway listening");
  const code = await runUntilSignal(gateway.server, log);
  await gateway.close();
  await log.flush();
  return code;
}

type FilePoll = { readonly pollMs?: number };

/** Listens as soon as the configuration is read; `/readyz` turns 200 when keys and routes have arrived. */
export async function startGateway(
  config: GatewayRuntime,
  log: Log,
  poll: FilePoll = {},
): Promise<RunningGateway> {
  const { providers: settings, timeouts } = config;
  const table = createRouteTable(log, new Set(Object.keys(settings)));
  const keys = await openKeyStore({ path: config.keysFile, log, ...poll });
  const stopRoutes = await followRoutes(config.routes, { table, log, ...poll });
  const upstreams = createUpstreams(timeouts);
  const providerKeys = await openProviderKeys({ providers: settings, log, ...poll });
  const providers = createProviders({ providers: settings, keys: providerKeys, timeouts, log });
  const hold = new Hold({ limits: config.hold, upstreams, log });
  const metrics = createGatewayMetrics(table, hold);
  const authentication = { keys, badKeys: createBadKeyLimit(), clock: { nowMs: Date.now } };
  const forwarding = { ...authentication, config, table, upstreams, providers, hold, metrics, log };
  const server = await startServer({
    listen: config.listen,
    drain: config.drain,
    log,
    metrics,
    checks: [keys.readiness, routeReadiness(table)],
    routes: [
      ...createForwardRoutes(forwarding),
      ...createOpenInferenceRoutes(forwarding),
      ...createModelRoutes(table, authentication),
    ],
  });
  const close = async (): Promise<void> => {
    keys.stop();
    providerKeys.stop();
    stopRoutes();
    await Promise.all([upstreams.close(), providers.close()]);
  };
  return { server, close };
}

type RouteParts = FilePoll & { readonly table: WritableRouteTable; readonly log: Log };

async function followRoutes(source: GatewayRuntime["routes"], parts: RouteParts): Promise<() => void> {
  if (source.from === "file") return watchRouteFile({ path: source.path, ...parts });
  const { table, log } = parts;
  const { namespace } = source;
  return watchRoutes({ access: inClusterAccess(), namespace, table, log, entropy: Math.random });
}

const routeReadiness = (table: WritableRouteTable) => ({
  name: "routes",
  check: () => ({
    ok: table.isLoaded(),
    detail: table.isLoaded() ? `${table.list().length} endpoints` : "no list of routes yet",
  }),
});
