// What the state keeps of a live object, with secrets marked, and what of it counts as the program's inputs.
import {
  isEqual,
  isList,
  isMap,
  markSecrets,
  type PropertyMap,
  type PropertyValue,
  stringAt,
  toSecret,
  valueAt,
  withValueAt,
} from "../property-values.ts";
import { parseQuantity } from "./quantity.ts";

const SERVER_METADATA = [
  "creationTimestamp",
  "deletionGracePeriodSeconds",
  "deletionTimestamp",
  "generation",
  "managedFields",
  "resourceVersion",
  "selfLink",
  "uid",
] as const;

/** Outputs of the resource. What is secret in the inputs is secret here, and a Secret's data always. */
export function toOutputs(live: PropertyMap, inputs: PropertyMap, fieldManager: string): PropertyMap {
  const shown = withValueAt(live, ["metadata", "managedFields"], undefined);
  const marked = markSecrets(withSecretData(shown), inputs);
  return { ...marked, __fieldManager: fieldManager, __initialApiVersion: live.apiVersion ?? null };
}

function withSecretData(object: PropertyMap): PropertyMap {
  if (object.kind !== "Secret") return object;
  const secretFields = ["data", "stringData"].filter((field) => object[field] !== undefined);
  const marked = secretFields.map((field): [string, PropertyValue] => [
    field,
    toSecret(object[field] ?? null),
  ]);
  return { ...object, ...Object.fromEntries(marked) };
}

/** Inputs of an object that nobody has declared yet: all that a user could have written. */
export function importedInputs(live: PropertyMap): PropertyMap {
  const { status: _status, ...spec } = live;
  return withSecretData(
    SERVER_METADATA.reduce((map, key) => withValueAt(map, ["metadata", key], undefined), spec),
  );
}

/**
 * Inputs after a refresh: as declared, except where the live object differs from them. Fields that the program
 * did not declare stay out, so the server's defaults never show as changes.
 */
export function refreshedInputs(inputs: PropertyMap, live: PropertyMap): PropertyMap {
  const comparable = inputs.kind === "Secret" ? withStringData(live) : live;
  const projected = project(inputs, comparable);
  return isMap(projected) ? projected : inputs;
}

/** The server keeps `stringData` under `data`, in base64. */
function withStringData(live: PropertyMap): PropertyMap {
  const data = isMap(live.data) ? live.data : {};
  const decoded = Object.entries(data).map(([key, value]): [string, PropertyValue] => [
    key,
    typeof value === "string" ? Buffer.from(value, "base64").toString("utf8") : value,
  ]);
  return { ...live, stringData: Object.fromEntries(decoded) };
}

function project(declared: PropertyValue, live: PropertyValue | undefined): PropertyValue | undefined {
  if (isMap(declared)) return isMap(live) ? projectMap(declared, live) : isEmpty(declared) ? declared : live;
  if (isList(declared))
    return isList(live) ? projectList(declared, live) : isEmpty(declared) ? declared : live;
  return isSameScalar(declared, live) ? declared : live;
}

function projectMap(declared: PropertyMap, live: PropertyMap): PropertyMap {
  const entries = Object.entries(declared).flatMap(([key, value]): [string, PropertyValue][] => {
    const projected = project(value, live[key]);
    return projected === undefined ? [] : [[key, projected]];
  });
  return Object.fromEntries(entries);
}

/** Items are matched by name where they have one, since others may add theirs; else by place. */
function projectList(declared: readonly PropertyValue[], live: readonly PropertyValue[]): PropertyValue {
  if (declared.every((item) => nameIn(item) !== undefined)) {
    return declared.flatMap((item) => {
      const match = live.find((candidate) => nameIn(candidate) === nameIn(item));
      const projected = match === undefined ? undefined : project(item, match);
      return projected === undefined ? [] : [projected];
    });
  }
  if (declared.length !== live.length) return live;
  return declared.map((item, index) => project(item, live[index]) ?? null);
}

function nameIn(item: PropertyValue | undefined): string | undefined {
  return stringAt(item, ["name"]);
}

function isEmpty(value: PropertyMap | readonly PropertyValue[]): boolean {
  return Object.keys(value).length === 0;
}

/** The server drops zero values and writes quantities in its own way; neither is a change. */
function isSameScalar(declared: PropertyValue, live: PropertyValue | undefined): boolean {
  if (isEqual(declared, live)) return true;
  if (live === undefined) return declared === false || declared === 0 || declared === "";
  if (typeof declared === "object" || typeof live === "object") return false;
  if (String(declared) === String(live)) return true;
  const amount = parseQuantity(String(declared));
  return amount !== undefined && amount === parseQuantity(String(live));
}

/** The manager that applied this resource before, from its state. */
export function fieldManagerOf(state: PropertyMap): string | undefined {
  const manager = valueAt(state, ["__fieldManager"]);
  return typeof manager === "string" ? manager : undefined;
}
