// The endpoints in force, built from HTTPRoute objects: a bad object is refused and its last good form stays.
import type { Endpoint } from "../../core/route/endpoint.ts";
import type { Log, RouteTable } from "../../ports.ts";
import { decodeHttpRoute } from "./decode-http-route.ts";

export type WritableRouteTable = RouteTable & {
  /** Replaces everything, as a list does. */
  readonly replaceAll: (objects: readonly unknown[]) => void;
  readonly put: (object: unknown) => void;
  readonly remove: (object: unknown) => void;
};

export function createRouteTable(log: Log): WritableRouteTable {
  /** By namespace and name of the object. */
  let routes = new Map<string, Endpoint>();
  let byEndpoint: ReadonlyMap<string, Endpoint> = new Map();
  let loaded = false;

  const index = (): void => {
    byEndpoint = new Map([...routes.values()].map((endpoint) => [endpoint.name, endpoint]));
  };
  const decode = (object: unknown, previous: Endpoint | undefined): Endpoint | undefined => {
    const decoded = decodeHttpRoute(object);
    if (decoded.ok) return decoded.endpoint;
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

function idOf(object: unknown): string {
  const metadata = field(object, "metadata");
  return `${String(field(metadata, "namespace") ?? "default")}/${String(field(metadata, "name") ?? "?")}`;
}

const field = (object: unknown, name: string): unknown =>
  object !== null && typeof object === "object" ? Reflect.get(object, name) : undefined;
