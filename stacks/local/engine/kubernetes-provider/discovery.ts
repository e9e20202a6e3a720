// Finds by the API's own discovery where objects of a kind live: their plural and whether they have a namespace.
import { isList, isMap, stringAt } from "../property-values.ts";
import type { ApiClient } from "./api-client.ts";
import { isNotFound } from "./api-fault.ts";
import type { Kind, ObjectRef } from "./object-ref.ts";

export type KindPlace = { readonly plural: string; readonly namespaced: boolean };

export type Discovery = {
  /** Undefined when the server does not serve the kind (yet). */
  find(kind: Kind): Promise<KindPlace | undefined>;
};

/** Remembers what it found; a kind not found is asked again, since its definition may have been created. */
export function createDiscovery(client: ApiClient): Discovery {
  const known = new Map<string, KindPlace>();
  const key = (kind: Kind): string => `${kind.apiVersion} ${kind.kind}`;
  return {
    find: async (kind) => {
      const found = known.get(key(kind));
      if (found) return found;
      for (const [name, place] of await listKinds(client, kind.apiVersion)) {
        known.set(key({ apiVersion: kind.apiVersion, kind: name }), place);
      }
      return known.get(key(kind));
    },
  };
}

async function listKinds(client: ApiClient, apiVersion: string): Promise<[string, KindPlace][]> {
  try {
    const answer = await client.send({ method: "GET", path: groupPath(apiVersion) });
    const resources = isList(answer.resources) ? answer.resources : [];
    return resources.flatMap((resource): [string, KindPlace][] => {
      const plural = stringAt(resource, ["name"]);
      const kind = stringAt(resource, ["kind"]);
      // A name with a slash is a subresource such as `deployments/status`.
      if (!isMap(resource) || plural === undefined || kind === undefined || plural.includes("/")) return [];
      return [[kind, { plural, namespaced: resource.namespaced === true }]];
    });
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

function groupPath(apiVersion: string): string {
  return apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

export function collectionPath(apiVersion: string, place: KindPlace, namespace: string | undefined): string {
  const within =
    place.namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : "";
  return `${groupPath(apiVersion)}${within}/${place.plural}`;
}

export function objectPath(ref: ObjectRef, place: KindPlace): string {
  return `${collectionPath(ref.apiVersion, place, ref.namespace)}/${encodeURIComponent(ref.name)}`;
}
