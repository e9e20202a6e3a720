// Brings a stack whose engine was killed back to a state from which the next `up` ends clean.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createApiClient, loadKubeconfig } from "./kubernetes-provider/api-client.ts";
import { type ClusterAccess, createClusterAccess } from "./kubernetes-provider/cluster-access.ts";
import { createDiscovery } from "./kubernetes-provider/discovery.ts";
import { refOf, toId } from "./kubernetes-provider/object-ref.ts";
import {
  isList,
  isMap,
  type PropertyMap,
  type PropertyValue,
  stringAt,
  unwrapMap,
  valueAt,
} from "./property-values.ts";
import { typeOfUrn } from "./provider-messages.ts";
import { runPulumi } from "./run-operation.ts";
import type { StackHandle } from "./stack.ts";
import {
  type PendingOperation,
  pendingOperations,
  readCheckpoint,
  readLocks,
  requireUnlocked,
} from "./state-files.ts";

export type Recovery = {
  readonly locksRemoved: number;
  /** Objects that the killed run had created, now in the state. */
  readonly imported: readonly string[];
  /** Operations that had not reached the cluster. */
  readonly cleared: readonly string[];
};

const CANCEL_TIMEOUT_MS = 60_000;
const EXPORT_TIMEOUT_MS = 60_000;
const REFRESH_TIMEOUT_MS = 10 * 60_000;

/**
 * Nothing happens to a stack that was not interrupted. Throws `engine.state-locked` while a live process holds it.
 * `kubeconfig`, by its current context where none is named, is the cluster in which the killed run worked.
 */
export async function recoverStack(
  handle: StackHandle,
  kubeconfig: string,
  context?: string,
): Promise<Recovery> {
  requireUnlocked(handle.files);
  const stale = readLocks(handle.files);
  if (stale.length > 0) await runPulumi(handle, ["cancel", "--yes"], { timeoutMs: CANCEL_TIMEOUT_MS });
  const pending = pendingOperations(readCheckpoint(handle.files));
  if (pending.length === 0) return { locksRemoved: stale.length, imported: [], cleared: [] };
  const creating = pending.filter((operation) => operation.type === "creating");
  const found = await existingObjects(creating, kubeconfig, context);
  const exported: PropertyValue = JSON.parse(
    await runPulumi(handle, ["stack", "export"], { timeoutMs: EXPORT_TIMEOUT_MS }),
  );
  await importState(handle, withoutPending(isMap(exported) ? exported : {}, found));
  // The imported objects get their outputs, and what the killed run changed or deleted is looked up.
  await runPulumi(handle, ["refresh", "--yes", "--skip-preview"], { timeoutMs: REFRESH_TIMEOUT_MS });
  const cleared = pending.map((operation) => operation.urn).filter((urn) => !found.has(urn));
  return { locksRemoved: stale.length, imported: [...found.keys()], cleared };
}

/** The export holds the secrets encrypted, so it may touch the disk. */
async function importState(handle: StackHandle, exported: PropertyMap): Promise<void> {
  const folder = mkdtempSync(join(handle.places.home, "recovery-"));
  const file = join(folder, "state.json");
  try {
    writeFileSync(file, JSON.stringify(exported));
    await runPulumi(handle, ["stack", "import", "--file", file], { timeoutMs: EXPORT_TIMEOUT_MS });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * The exported state with no operation pending: those whose object exists become resources with its id, the
 * others are dropped. An older resource of the same name was being replaced and is left for deletion.
 */
export function withoutPending(exported: PropertyMap, ids: ReadonlyMap<string, string>): PropertyMap {
  const deployment = isMap(exported.deployment) ? exported.deployment : {};
  const { pending_operations: pending, ...rest } = deployment;
  const made = (isList(pending) ? pending : []).flatMap((operation): PropertyMap[] => {
    const resource = valueAt(operation, ["resource"]);
    const id = ids.get(stringAt(resource, ["urn"]) ?? "");
    const isCreation = stringAt(operation, ["type"]) === "creating";
    return isMap(resource) && isCreation && id !== undefined ? [{ ...resource, id }] : [];
  });
  const urns = new Set(made.map((resource) => resource.urn));
  const resources = isList(deployment.resources) ? deployment.resources : [];
  const kept = resources.map((resource) =>
    isMap(resource) && urns.has(resource.urn ?? null) ? { ...resource, delete: true } : resource,
  );
  return { ...exported, deployment: { ...rest, resources: [...kept, ...made] } };
}

/** URN → id of those that are in the cluster; other resources, such as random values, live in the state alone. */
async function existingObjects(
  creating: readonly PendingOperation[],
  kubeconfig: string,
  context: string | undefined,
): Promise<Map<string, string>> {
  const objects = creating.filter((operation) => typeOfUrn(operation.urn).startsWith("kubernetes:"));
  if (objects.length === 0 || !existsSync(kubeconfig)) return new Map();
  const client = createApiClient(loadKubeconfig({ kubeconfig, context }));
  const access = createClusterAccess(client, createDiscovery(client));
  const ids = await Promise.all(objects.map((operation) => existingId(operation, access)));
  return new Map(ids.filter((pair) => pair !== undefined));
}

async function existingId(
  operation: PendingOperation,
  access: ClusterAccess,
): Promise<[string, string] | undefined> {
  const ref = refOf(unwrapMap(operation.inputs), operation.urn);
  const object = await access.get(ref);
  return object && [operation.urn, toId(ref.namespace, ref.name)];
}
