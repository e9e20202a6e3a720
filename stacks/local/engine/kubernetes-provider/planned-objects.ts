// Objects of a cluster that is not there: planned as they are declared, and in a simulation kept in the state alone.
import { isUnknown, type PropertyMap, stringAt, unwrapMap } from "../property-values.ts";
import { type CheckProblem, nameOfUrn, typeOfUrn } from "../provider-messages.ts";
import { describeRef, refOf, toId } from "./object-ref.ts";
import { toOutputs } from "./object-state.ts";
import { toFieldManager, type Written } from "./operations.ts";

/** A chart can be planned as what it is, one resource; to install it takes the official provider. */
export function isPlannable(urn: string): boolean {
  return typeOfUrn(urn) === "kubernetes:helm.sh/v3:Release";
}

/** Object → URN of the resource that declares it. */
export type PlannedNames = Map<string, string>;

/** Refuses an object that another resource of this run declares already, as the API server would. */
export function takePlannedName(
  taken: PlannedNames,
  urn: string,
  inputs: PropertyMap,
): readonly CheckProblem[] {
  const plain = unwrapMap(inputs);
  const ref = isPlannable(urn) ? releaseRef(plain) : refOf(plain, urn);
  if (ref.name === "" || isUnknown(ref.name) || isUnknown(ref.namespace)) return [];
  const key = JSON.stringify([ref.apiVersion, ref.kind, ref.namespace, ref.name]);
  const holder = taken.get(key) ?? urn;
  taken.set(key, holder);
  if (holder === urn) return [];
  const reason = `got ${describeRef(ref)}, which ${nameOfUrn(holder)} declares already, want another`;
  return [{ property: isPlannable(urn) ? "name" : "metadata.name", reason }];
}

function releaseRef(inputs: PropertyMap) {
  const name = stringAt(inputs, ["name"]) ?? "";
  return { apiVersion: "helm.sh/v3", kind: "Release", namespace: stringAt(inputs, ["namespace"]), name };
}

/** What a create or update gives back in a simulation: the object as declared. */
export function simulateObject(inputs: PropertyMap, urn: string): Written {
  const plain = unwrapMap(inputs);
  if (isPlannable(urn)) {
    const { namespace, name } = releaseRef(plain);
    const release = {
      ...inputs,
      name: name || nameOfUrn(urn),
      status: { name, namespace: namespace ?? null },
    };
    return { id: toId(namespace, name || nameOfUrn(urn)), outputs: release, notReady: [] };
  }
  const { namespace, name } = refOf(plain, urn);
  const outputs = toOutputs(inputs, inputs, toFieldManager(urn));
  return { id: toId(namespace, name), outputs, notReady: [] };
}
