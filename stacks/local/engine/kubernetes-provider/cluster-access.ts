// One connection to a cluster: the calls that the provider makes for an object, by kind and name.
import { isList, isMap, type PropertyMap } from "../property-values.ts";
import { type ApiClient, pause } from "./api-client.ts";
import { isNotFound } from "./api-fault.ts";
import { collectionPath, type Discovery, type KindPlace, objectPath } from "./discovery.ts";
import type { Kind, ObjectRef } from "./object-ref.ts";

export type ApplyOptions = {
  readonly fieldManager: string;
  readonly dryRun: boolean;
  readonly force: boolean;
};

export type ClusterAccess = {
  readonly server: string;
  find(kind: Kind): Promise<KindPlace | undefined>;
  /** Undefined when the object, its namespace or its kind is not there. */
  get(ref: ObjectRef): Promise<PropertyMap | undefined>;
  /** Server-side apply. Rejects with ApiFault `NotFound` when the namespace or the kind is missing. */
  apply(ref: ObjectRef, object: PropertyMap, options: ApplyOptions): Promise<PropertyMap>;
  /** Starts the deletion; an object that is not there is deleted already. */
  remove(ref: ObjectRef, propagation: "Foreground" | "Background"): Promise<void>;
  list(kind: Kind, namespace: string | undefined, labelSelector: string): Promise<PropertyMap[]>;
  logTail(namespace: string, pod: string, container: string): Promise<string[]>;
};

const APPLY = "application/apply-patch+yaml";
/** The API server serves a new kind a moment after its definition is established. */
const KIND_WAIT_MS = 10_000;
const KIND_PAUSE_MS = 250;
const LOG_LINES = 5;

/** The kind is not served by the cluster, in words that name what is missing. */
export class KindMissing extends Error {
  constructor(kind: Kind) {
    super(
      `the cluster has no kind ${kind.kind} in ${kind.apiVersion}. Next: create its CustomResourceDefinition first and let this resource depend on it`,
    );
    this.name = "KindMissing";
  }
}

export function createClusterAccess(client: ApiClient, discovery: Discovery): ClusterAccess {
  const get = async (ref: ObjectRef): Promise<PropertyMap | undefined> => {
    const place = await discovery.find(ref);
    if (!place) return undefined;
    return optional(() => client.send({ method: "GET", path: objectPath(ref, place) }));
  };
  return {
    server: client.server,
    find: discovery.find,
    get,
    apply: async (ref, object, options) => {
      const place = options.dryRun ? await discovery.find(ref) : await waitForKind(discovery, ref);
      if (!place) throw new KindMissing(ref);
      const query = new URLSearchParams({ fieldManager: options.fieldManager, force: String(options.force) });
      if (options.dryRun) query.set("dryRun", "All");
      query.set("fieldValidation", "Strict");
      const path = `${objectPath(ref, place)}?${query}`;
      return client.send({ method: "PATCH", path, body: object, contentType: APPLY });
    },
    remove: async (ref, propagation) => {
      const place = await discovery.find(ref);
      if (!place) return;
      const body = { kind: "DeleteOptions", apiVersion: "v1", propagationPolicy: propagation };
      await optional(() => client.send({ method: "DELETE", path: objectPath(ref, place), body }));
    },
    list: async (kind, namespace, labelSelector) => {
      const place = await discovery.find(kind);
      if (!place) throw new KindMissing(kind);
      const query = new URLSearchParams({ labelSelector, limit: "50" });
      const answer = await client.send({
        method: "GET",
        path: `${collectionPath(kind.apiVersion, place, namespace)}?${query}`,
      });
      return isList(answer.items) ? answer.items.filter(isMap) : [];
    },
    logTail: async (namespace, pod, container) => {
      const query = new URLSearchParams({ container, tailLines: String(LOG_LINES) });
      const text = await client.text(`/api/v1/namespaces/${namespace}/pods/${pod}/log?${query}`);
      return text.split("\n").filter((line) => line !== "");
    },
  };
}

async function optional(call: () => Promise<PropertyMap>): Promise<PropertyMap | undefined> {
  try {
    return await call();
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

async function waitForKind(discovery: Discovery, ref: ObjectRef): Promise<KindPlace | undefined> {
  const deadline = Date.now() + KIND_WAIT_MS;
  for (;;) {
    const place = await discovery.find(ref);
    if (place || Date.now() >= deadline) return place;
    await pause(KIND_PAUSE_MS);
  }
}
