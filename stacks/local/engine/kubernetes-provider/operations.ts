// What the provider does to one object: create, update, read and delete, by server-side apply.
import { createHash } from "node:crypto";
import {
  containsUnknown,
  isList,
  markSecrets,
  type PropertyMap,
  stringAt,
  unwrapMap,
  valueAt,
  withValueAt,
} from "../property-values.ts";
import { ANNOTATIONS, isAnnotated } from "./annotations.ts";
import { ApiFault, isNotFound } from "./api-fault.ts";
import { type AwaitOptions, awaitGone, awaitReady } from "./await-object.ts";
import { type ClusterAccess, KindMissing } from "./cluster-access.ts";
import { describeRef, type ObjectRef, refOf, toId } from "./object-ref.ts";
import { fieldManagerOf, importedInputs, refreshedInputs, toOutputs } from "./object-state.ts";

export type Work = {
  readonly access: ClusterAccess;
  readonly urn: string;
  readonly preview: boolean;
  readonly wait: AwaitOptions;
};

export type Written = {
  readonly id: string;
  readonly outputs: PropertyMap;
  /** Empty when the object does its work. */
  readonly notReady: readonly string[];
};

/** The name under which this resource's fields are owned; the same for every run of one stack. */
export function toFieldManager(urn: string): string {
  return `pulumi-kubernetes-${createHash("sha256").update(urn).digest("hex").slice(0, 8)}`;
}

/** Rejects when the object exists already: what Rampa did not create it does not take over. */
export async function createObject(inputs: PropertyMap, work: Work): Promise<Written> {
  const object = unwrapMap(inputs);
  const ref = refOf(object, work.urn);
  const manager = toFieldManager(work.urn);
  if (work.preview && containsUnknown(object)) return planned(inputs, ref);
  const existing = await work.access.get(ref);
  if (existing && !(await canBeCreated(existing, ref, manager, work))) throw alreadyExists(ref);
  if (existing && work.preview) return planned(inputs, ref);
  return write(inputs, ref, manager, work);
}

/** An object on its way out is waited for; in a preview, our own object is one that will be replaced. */
async function canBeCreated(
  existing: PropertyMap,
  ref: ObjectRef,
  manager: string,
  work: Work,
): Promise<boolean> {
  if (work.preview) return isManagedBy(existing, manager);
  if (valueAt(existing, ["metadata", "deletionTimestamp"]) === undefined) return false;
  await awaitGone(work.access, ref, work.wait);
  return true;
}

function isManagedBy(object: PropertyMap, manager: string): boolean {
  const managed = valueAt(object, ["metadata", "managedFields"]);
  return isList(managed) && managed.some((entry) => stringAt(entry, ["manager"]) === manager);
}

function alreadyExists(ref: ObjectRef): Error {
  return new Error(
    `${describeRef(ref)} (${ref.apiVersion}) already exists and was not created by this stack, so it is left alone.\nNext: delete it, choose another name, or import it with the resource option \`import: "${toId(ref.namespace, ref.name)}"\``,
  );
}

export async function updateObject(
  olds: PropertyMap,
  news: PropertyMap,
  ignored: readonly string[],
  work: Work,
): Promise<Written> {
  const object = unwrapMap(news);
  const ref = refOf(object, work.urn);
  if (work.preview && containsUnknown(object)) return planned(news, ref);
  const manager = fieldManagerOf(unwrapMap(olds)) ?? toFieldManager(work.urn);
  const kept = ignored.length === 0 ? news : keepLive(news, await work.access.get(ref), ignored);
  return write(kept, ref, manager, work);
}

/** Fields under `ignoreChanges` keep the value they have, whoever set it, so that nobody is overruled. */
function keepLive(news: PropertyMap, live: PropertyMap | undefined, ignored: readonly string[]): PropertyMap {
  if (!live) return news;
  return ignored.reduce((object, path) => {
    const keys = keysOf(path);
    const value = keys && valueAt(live, keys);
    return value === undefined || keys === undefined ? object : withValueAt(object, keys, value);
  }, news);
}

/** Keys of `spec.replicas` or `metadata.annotations["a.b"]`; undefined for a path into a list. */
function keysOf(path: string): string[] | undefined {
  if (/\[\d+\]|\*/.test(path)) return undefined;
  return [...path.matchAll(/\["([^"]*)"\]|([^.[\]]+)/g)].map((match) => match[1] ?? match[2] ?? "");
}

async function write(inputs: PropertyMap, ref: ObjectRef, manager: string, work: Work): Promise<Written> {
  const object = unwrapMap(inputs);
  const force = isAnnotated(object, ANNOTATIONS.patchForce);
  const options = { fieldManager: manager, dryRun: work.preview, force };
  try {
    const live = await work.access.apply(ref, object, options);
    if (work.preview) return { ...planned(inputs, ref), outputs: toOutputs(live, inputs, manager) };
    const awaited = await awaitReady(work.access, ref, live, work.wait);
    return {
      id: toId(ref.namespace, ref.name),
      outputs: toOutputs(awaited.object, inputs, manager),
      notReady: awaited.kind === "ready" ? [] : awaited.reasons,
    };
  } catch (error) {
    // A dry run cannot go into a namespace, or be of a kind, that is itself only planned.
    if (work.preview && (isNotFound(error) || error instanceof KindMissing)) return planned(inputs, ref);
    throw explain(error, ref);
  }
}

function planned(inputs: PropertyMap, ref: ObjectRef): Written {
  return { id: toId(ref.namespace, ref.name), outputs: inputs, notReady: [] };
}

function explain(error: unknown, ref: ObjectRef): unknown {
  if (!(error instanceof ApiFault)) return error;
  if (error.conflicts.length > 0) {
    return new Error(
      `${describeRef(ref)}: other managers own fields that this stack sets: ${error.conflicts.join("; ")}.\nNext: add the fields to ignoreChanges, or annotate the object with ${ANNOTATIONS.patchForce}: "true" to take them over`,
    );
  }
  return new Error(`${describeRef(ref)}: ${error.message}`);
}

export type Found = { readonly id: string; readonly outputs: PropertyMap; readonly inputs: PropertyMap };

/** Undefined when the object is gone. Without old inputs it is an import, which takes the live object's fields. */
export async function readObject(
  ref: ObjectRef,
  oldInputs: PropertyMap,
  state: PropertyMap,
  work: Work,
): Promise<Found | undefined> {
  const live = await work.access.get(ref);
  if (!live || valueAt(live, ["metadata", "deletionTimestamp"]) !== undefined) return undefined;
  const manager = fieldManagerOf(unwrapMap(state)) ?? toFieldManager(work.urn);
  const isImport = Object.keys(oldInputs).length === 0;
  const inputs = isImport
    ? importedInputs(live)
    : markSecrets(refreshedInputs(unwrapMap(oldInputs), live), oldInputs);
  return { id: toId(ref.namespace, ref.name), inputs, outputs: toOutputs(live, inputs, manager) };
}

/** Workloads go after what they own, so that a name is free when the deletion is reported done. */
const OWNERS = new Set(["CronJob", "DaemonSet", "Deployment", "Job", "ReplicaSet", "StatefulSet"]);

export async function deleteObject(ref: ObjectRef, work: Work): Promise<void> {
  await work.access.remove(ref, OWNERS.has(ref.kind) ? "Foreground" : "Background");
  await awaitGone(work.access, ref, work.wait);
}
