// The endpoints in force, built from HTTPRoute objects: a bad object is refused and its last good form stays.
import { createEndpoint, type Endpoint, type Variant } from "../../core/route/endpoint.ts";
import type { Log, RouteTable } from "../../ports.ts";
import { decodeHttpRoute } from "./decode-http-route.ts";

export type WritableRouteTable = RouteTable & {
  /** Replaces everything, as a list does. */
  readonly replaceAll: (objects: readonly unknown[]) => void;
  readonly put: (object: unknown) => void;
  readonly remove: (object: unknown) => void;
};

/** Versions of providers other than `providers` take no requests until a gateway knows them. */
export function createRouteTable(
  log: Log,
  providers: ReadonlySet<string> = new Set<string>(),
): WritableRouteTable {
  /** By namespace and name of the object. */
  let routes = new Map<string, Endpoint>();
  let byEndpoint: ReadonlyMap<string, Endpoint> = new Map();
  let loaded = false;

  const index = (): void => {
    byEndpoint = new Map([...routes.values()].map((endpoint) => [endpoint.name, endpoint]));
  };
  const decode = (object: unknown, previous: Endpoint | undefined): Endpoint | undefined => {
    const decoded = decodeHttpRoute(object);
    if (decoded.ok) return withoutUnknown(decoded.endpoint, providers, log);
    log.warn({ route: idOf(object), reason: decoded.reason }, "route refused, its last good form stays");
    return previous;
  };

  return {
    find: (endpoint) => byEndpoint.get(endpoint),
    list: () => [...byEndpoint.values()],
    isLoaded: () => loaded,
    replaceAll: (objects) => {
      const next = new Map<string, Endpoint>();
      for (const object of objects) {
        const id = idOf(object);
        const endpoint = decode(object, routes.get(id));
        if (endpoint) next.set(id, endpoint);
      }
      routes = next;
      loaded = true;
      index();
    },
    put: (object) => {
      const id = idOf(object);
      const endpoint = decode(object, routes.get(id));
      if (endpoint) routes.set(id, endpoint);
      index();
    },
    remove: (object) => {
      routes.delete(idOf(object));
      index();
    },
  };
}

/**
 * During a rollout, gateways of two configurations see the same route. To refuse it would keep weights that its writer
 * may have taken back, so the shares of the other versions are left to stand.
 */
function withoutUnknown(endpoint: Endpoint, providers: ReadonlySet<string>, log: Log): Endpoint {
  const isUnknown = ({ external, weight }: Variant): boolean =>
    external !== undefined && weight > 0 && !providers.has(external.provider);
  const unknown = endpoint.variants.filter(isUnknown);
  if (unknown.length === 0) return endpoint;
  const names = unknown.map(({ external }) => external?.provider);
  log.warn(
    { endpoint: endpoint.name, providers: names },
    "providers are not configured, their versions take no requests",
  );
  const variants = endpoint.variants.map((it) => (isUnknown(it) ? { ...it, weight: 0 } : it));
  return createEndpoint({ ...endpoint, variants });
}

function idOf(object: unknown): string {
  const metadata = field(object, "metadata");
  return `${String(field(metadata, "namespace") ?? "default")}/${String(field(metadata, "name") ?? "?")}`;
}

const field = (object: unknown, name: string): unknown =>
  object !== null && typeof object === "object" ? Reflect.get(object, name) : undefined;
