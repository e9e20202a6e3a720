// Values as the engine sends them to providers: plain JSON, with secrets wrapped and unknowns as sentinels.

export type PropertyValue = null | boolean | number | string | PropertyList | PropertyMap;
export type PropertyList = readonly PropertyValue[];
export type PropertyMap = { readonly [key: string]: PropertyValue };

/** Key and value by which the engine marks an object as something other than a plain map. */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

/** Stand in for values that are not known before the operation runs, one for each kind of value. */
const UNKNOWNS: ReadonlySet<string> = new Set([
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

/** The sentinel for an unknown string, as the engine writes it. */
export const UNKNOWN_STRING = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export function isMap(value: PropertyValue | undefined): value is PropertyMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isList(value: PropertyValue | undefined): value is PropertyList {
  return Array.isArray(value);
}

export function isUnknown(value: PropertyValue | undefined): boolean {
  return typeof value === "string" && UNKNOWNS.has(value);
}

export function isSecret(value: PropertyValue | undefined): boolean {
  return isMap(value) && value[SIGNATURE] === SECRET;
}

/** Wraps a value so that the engine encrypts it in the state and hides it in output; never wraps twice. */
export function toSecret(value: PropertyValue): PropertyValue {
  return isSecret(value) ? value : { [SIGNATURE]: SECRET, value };
}

/** The value with every secret wrapper taken off, at any depth; unknowns stay. */
export function unwrapSecrets(value: PropertyValue): PropertyValue {
  if (isList(value)) return value.map(unwrapSecrets);
  if (!isMap(value)) return value;
  if (isSecret(value)) return unwrapSecrets(value.value ?? null);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unwrapSecrets(inner)]));
}

/** As `unwrapSecrets`, for a whole property map. */
export function unwrapMap(map: PropertyMap): PropertyMap {
  const plain = unwrapSecrets(map);
  return isMap(plain) ? plain : {};
}

export function containsUnknown(value: PropertyValue | undefined): boolean {
  return anywhere(value, isUnknown);
}

export function containsSecret(value: PropertyValue | undefined): boolean {
  return anywhere(value, isSecret);
}

function anywhere(
  value: PropertyValue | undefined,
  found: (value: PropertyValue | undefined) => boolean,
): boolean {
  if (found(value)) return true;
  if (isList(value)) return value.some((inner) => anywhere(inner, found));
  return isMap(value) && Object.values(value).some((inner) => anywhere(inner, found));
}

/**
 * Marks in `outputs` what was secret in `inputs`. A list that holds a secret becomes secret as a whole, since
 * the server may have reordered it.
 */
export function markSecrets(outputs: PropertyMap, inputs: PropertyMap): PropertyMap {
  const marked = Object.entries(outputs).map(([key, output]): [string, PropertyValue] => {
    const input = inputs[key];
    if (isSecret(input)) return [key, toSecret(output)];
    if (isMap(input) && isMap(output)) return [key, markSecrets(output, input)];
    if (isList(input) && containsSecret(input)) return [key, toSecret(output)];
    return [key, output];
  });
  return Object.fromEntries(marked);
}

/** The value at a path of keys, or undefined. */
export function valueAt(
  value: PropertyValue | undefined,
  path: readonly string[],
): PropertyValue | undefined {
  let current = value;
  for (const key of path) {
    if (!isMap(current)) return undefined;
    current = current[key];
  }
  return current;
}

/** A copy of `map` with `value` at `path`; `undefined` removes the field. */
export function withValueAt(
  map: PropertyMap,
  path: readonly string[],
  value: PropertyValue | undefined,
): PropertyMap {
  const [key, ...rest] = path;
  if (key === undefined) return map;
  const { [key]: inner, ...others } = map;
  if (rest.length === 0) return value === undefined ? others : { ...map, [key]: value };
  return { ...map, [key]: withValueAt(isMap(inner) ? inner : {}, rest, value) };
}

export function stringAt(value: PropertyValue | undefined, path: readonly string[]): string | undefined {
  const found = valueAt(value, path);
  return typeof found === "string" ? found : undefined;
}

/** Deep equality; a key whose value is null or undefined counts as absent, as on the wire. */
export function isEqual(a: PropertyValue | undefined, b: PropertyValue | undefined): boolean {
  if (a === b) return true;
  if ((a ?? null) === null || (b ?? null) === null) return (a ?? null) === (b ?? null);
  if (isList(a) && isList(b)) {
    return a.length === b.length && a.every((inner, index) => isEqual(inner, b[index]));
  }
  if (!isMap(a) || !isMap(b)) return false;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) => isEqual(a[key], b[key]));
}
