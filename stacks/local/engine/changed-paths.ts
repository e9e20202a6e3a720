// Paths of what differs between two values, in Pulumi's notation.
import { isEqual, isList, isMap, type PropertyMap, type PropertyValue } from "./property-values.ts";

/** Paths of the leaves that differ: `spec.ports[0].port`, `data["a.b"]`; a list of another length as a whole. */
export function changedPaths(
  old: PropertyValue | undefined,
  next: PropertyValue | undefined,
  path = "",
): string[] {
  if (isEqual(old, next)) return [];
  const [before, after] = [toMap(old, next), toMap(next, old)];
  if (before && after) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...keys].flatMap((key) => changedPaths(before[key], after[key], joinPath(path, key)));
  }
  if (isList(old) && isList(next) && old.length === next.length) {
    return old.flatMap((item, index) => changedPaths(item, next[index], `${path}[${index}]`));
  }
  return [path];
}

/** A mapping that comes or goes differs in its fields; an empty one as a whole. */
function toMap(value: PropertyValue | undefined, other: PropertyValue | undefined): PropertyMap | undefined {
  if (isMap(value)) return value;
  const isAbsent = value === undefined || value === null;
  return isAbsent && isMap(other) && Object.keys(other).length > 0 ? {} : undefined;
}

export function joinPath(path: string, key: string): string {
  if (!/^[A-Za-z_$][\w$-]*$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === "" ? key : `${path}.${key}`;
}

/** Whether `path` is `prefix` or lies in it. */
export function isWithin(prefix: string, path: string): boolean {
  return path === prefix || path.startsWith(`${prefix}.`) || path.startsWith(`${prefix}[`);
}
