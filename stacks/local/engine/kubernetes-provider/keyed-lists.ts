// Lists whose order means nothing to the API server: it finds their items by key.
import { isList, isMap, type PropertyMap, type PropertyValue } from "../property-values.ts";
import { groupOf } from "./object-ref.ts";

/**
 * Field → what its items are told apart by. Source: `x-kubernetes-list-map-keys` of the built-in kinds, without lists
 * whose order does mean something: containers that start one after the other, and variables that refer to earlier ones.
 */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  ports: ["port", "containerPort", "protocol"],
  volumes: ["name"],
  volumeMounts: ["mountPath"],
  imagePullSecrets: ["name"],
  topologySpreadConstraints: ["topologyKey", "whenUnsatisfiable"],
};

/** Groups whose kinds have these lists; a custom resource may order lists of the same name. */
const GROUPS: readonly string[] = ["", "apps", "batch"];

const DEFAULTS: PropertyMap = { protocol: "TCP" };

/** `olds` with the items of such lists in the order of `news`, so that only their content can differ. */
export function inOrderOf(news: PropertyMap, olds: PropertyMap): PropertyMap {
  const isKnown = GROUPS.includes(groupOf(String(news.apiVersion ?? "")));
  return isKnown ? alignMap(news, olds) : olds;
}

function alignMap(news: PropertyMap, olds: PropertyMap): PropertyMap {
  return Object.fromEntries(
    Object.entries(olds).map(([field, old]): [string, PropertyValue] => [
      field,
      align(field, news[field], old),
    ]),
  );
}

function align(field: string, next: PropertyValue | undefined, old: PropertyValue): PropertyValue {
  if (isMap(old) && isMap(next)) return alignMap(next, old);
  if (!isList(old) || !isList(next)) return old;
  const ordered = orderedBy(KEYS[field], next, old);
  return ordered.map((item, index) => align("", next[index], item));
}

/** Items of both come first, as the new list has them; those that went keep their order behind. */
function orderedBy(
  keys: readonly string[] | undefined,
  next: readonly PropertyValue[],
  old: readonly PropertyValue[],
): readonly PropertyValue[] {
  if (keys === undefined || ![...next, ...old].every(isMap)) return old;
  const keyOf = (item: PropertyValue): string =>
    JSON.stringify(keys.map((key) => (isMap(item) ? (item[key] ?? DEFAULTS[key] ?? null) : null)));
  const places = new Map(next.map((item, index) => [keyOf(item), index]));
  const isUnique = places.size === next.length && new Set(old.map(keyOf)).size === old.length;
  if (!isUnique) return old;
  const placeOf = (item: PropertyValue): number => places.get(keyOf(item)) ?? next.length;
  return old.toSorted((a, b) => placeOf(a) - placeOf(b));
}
