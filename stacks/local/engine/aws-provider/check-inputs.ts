// Compares the inputs of a resource with what the SDK declares for it: every problem at once, each with its path. Pure.
import { joinPath } from "../changed-paths.ts";
import {
  isList,
  isMap,
  isSecret,
  isUnknown,
  type PropertyMap,
  type PropertyValue,
} from "../property-values.ts";
import type { CheckProblem } from "../provider-messages.ts";
import type { Declaration, TypeNode } from "./declarations.ts";
import type { Resolved } from "./sdk-types.ts";

export type Resolve = (type: TypeNode) => Resolved | undefined;

/** `inputs` with secrets still wrapped, so that none is named in a problem. */
export function checkInputs(
  inputs: PropertyMap,
  declared: Declaration,
  resolve: Resolve,
): readonly CheckProblem[] {
  return checkMembers(inputs, declared, { path: "", isHidden: false, resolve });
}

type Spot = { readonly path: string; readonly isHidden: boolean; readonly resolve: Resolve };

function checkMembers(given: PropertyMap, declared: Declaration, spot: Spot): CheckProblem[] {
  const own = Object.entries(given).filter(([key, value]) => !key.startsWith("__") && isGiven(value));
  const wrong = own.flatMap(([key, value]): CheckProblem[] => {
    const member = declared.get(key);
    const path = joinPath(spot.path, key);
    if (member === undefined) return [{ property: path, reason: unknownName(key, declared) }];
    return checkValue(value, member.type, { ...spot, path });
  });
  const missing = [...declared.values()].filter(
    ({ name, isOptional }) => !isOptional && !isGiven(given[name]),
  );
  const absent = missing.map(({ name, type }) => ({
    property: joinPath(spot.path, name),
    reason: `got nothing, want ${describeType(type, spot.resolve)}: it is required`,
  }));
  return [...wrong, ...absent];
}

function isGiven(value: PropertyValue | undefined): boolean {
  return value !== undefined && value !== null;
}

function checkValue(value: PropertyValue, type: TypeNode, spot: Spot): CheckProblem[] {
  if (isSecret(value) && isMap(value)) {
    return checkValue(value.value ?? null, type, { ...spot, isHidden: true });
  }
  if (isUnknown(value) || value === null) return [];
  switch (type.kind) {
    case "any":
      return [];
    case "string":
    case "number":
    case "boolean":
      return typeof value === type.kind ? [] : [mismatch(value, type, spot)];
    case "literal":
      return value === type.value ? [] : [mismatch(value, type, spot)];
    case "list":
      if (!isList(value)) return [mismatch(value, type, spot)];
      return value.flatMap((item, index) =>
        checkValue(item, type.item, { ...spot, path: `${spot.path}[${index}]` }),
      );
    case "record":
      if (!isMap(value)) return [mismatch(value, type, spot)];
      return Object.entries(value).flatMap(([key, item]) =>
        checkValue(item, type.value, { ...spot, path: joinPath(spot.path, key) }),
      );
    case "union":
      return checkOptions(value, type.options, spot);
    case "reference":
      return checkReference(value, type, spot);
  }
}

/** One fitting option is enough; a mapping is judged by the options that are mappings. */
function checkOptions(value: PropertyValue, options: readonly TypeNode[], spot: Spot): CheckProblem[] {
  const tried = options.map((option) => ({ option, problems: checkValue(value, option, spot) }));
  if (tried.some(({ problems }) => problems.length === 0)) return [];
  const objects = tried.filter(({ option }) => spot.resolve(option)?.kind === "object");
  const [closest] = objects.toSorted((a, b) => a.problems.length - b.problems.length);
  if (isMap(value) && closest) return closest.problems;
  return [mismatch(value, { kind: "union", options }, spot)];
}

function checkReference(value: PropertyValue, type: TypeNode, spot: Spot): CheckProblem[] {
  const resolved = spot.resolve(type);
  if (resolved === undefined || resolved.kind === "open") return [];
  if (resolved.kind === "values") {
    return resolved.values.some((one) => one === value) ? [] : [mismatch(value, type, spot)];
  }
  return isMap(value) ? checkMembers(value, resolved.members, spot) : [mismatch(value, type, spot)];
}

function mismatch(value: PropertyValue, type: TypeNode, spot: Spot): CheckProblem {
  const got = spot.isHidden ? "a secret of another kind" : describeValue(value);
  return { property: spot.path, reason: `got ${got}, want ${describeType(type, spot.resolve)}` };
}

const LONGEST_SHOWN = 60;

export function describeValue(value: PropertyValue | undefined): string {
  if (value === undefined || value === null) return "nothing";
  if (isSecret(value)) return "a secret";
  if (isUnknown(value)) return "a value not known yet";
  if (isList(value)) return `a list of ${value.length}`;
  if (isMap(value)) return "a mapping";
  const text = JSON.stringify(value);
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
}

function describeType(type: TypeNode, resolve: Resolve): string {
  switch (type.kind) {
    case "string":
    case "number":
    case "boolean":
      return `a ${type.kind}`;
    case "any":
      return "any value";
    case "literal":
      return JSON.stringify(type.value);
    case "list":
      return `a list of which each is ${describeType(type.item, resolve)}`;
    case "record":
      return `a mapping of which each value is ${describeType(type.value, resolve)}`;
    case "union":
      return [...new Set(type.options.map((option) => describeType(option, resolve)))].join(" or ");
    case "reference": {
      const resolved = resolve(type);
      if (resolved?.kind === "values") return `one of ${resolved.values.join(", ")}`;
      return resolved?.kind === "object" ? `a mapping with ${nameList(resolved.members)}` : "any value";
    }
  }
}

const MOST_NAMED = 12;

function nameList(declared: Declaration): string {
  const names = [...declared.keys()];
  const shown = names.slice(0, MOST_NAMED).join(", ");
  return names.length > MOST_NAMED ? `${shown} and ${names.length - MOST_NAMED} more` : shown;
}

function unknownName(key: string, declared: Declaration): string {
  const [closest] = [...declared.keys()]
    .map((name) => ({ name, far: distance(key.toLowerCase(), name.toLowerCase()) }))
    .filter(({ far }) => far <= Math.max(2, key.length / 4))
    .toSorted((a, b) => a.far - b.far);
  const want = closest ? closest.name : `one of ${nameList(declared)}`;
  return `got ${JSON.stringify(key)}, which does not exist there, want ${want}`;
}

/** Levenshtein's. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
