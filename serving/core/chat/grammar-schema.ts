// Rewrites a JSON Schema into the part that a grammar can enforce, and refuses what it cannot: a promise is kept or not made.
import { faults } from "../../contract/openai/fault.ts";
import type { Decoded } from "./decoded.ts";

type Schema = Readonly<Record<string, unknown>>;

/** Keywords that say nothing about which values are valid. */
const ANNOTATIONS = new Set([
  "title",
  "description",
  "default",
  "examples",
  "$schema",
  "$id",
  "$comment",
  "deprecated",
  "readOnly",
  "writeOnly",
]);
const ENFORCED = new Set([
  "type",
  "const",
  "enum",
  "oneOf",
  "anyOf",
  "properties",
  "required",
  "additionalProperties",
  "minProperties",
  "maxProperties",
  "items",
  "prefixItems",
  "minItems",
  "maxItems",
  "minLength",
  "maxLength",
  "format",
  "$ref",
  "$defs",
  "definitions",
]);
const FORMATS = new Set(["date-time", "time", "date"]);
const DEEPEST = 32;

/** `at` is the request field that holds the schema, for the fault. */
export function toGrammarSchema(schema: Schema, at: string): Decoded<Schema> {
  const problems: string[] = [];
  const value = rewrite(schema, { at, depth: 0, problems });
  const first = problems[0];
  if (first === undefined) return { ok: true, value };
  return { ok: false, fault: faults.invalidField(at, "unsupported_schema", `Invalid schema: ${first}.`) };
}

type Place = { readonly at: string; readonly depth: number; readonly problems: string[] };

function rewrite(schema: Schema, place: Place): Schema {
  if (place.depth > DEEPEST) {
    place.problems.push(`'${place.at}' is nested deeper than ${DEEPEST} levels`);
    return {};
  }
  const kept = Object.entries(schema).filter(([key]) => !ANNOTATIONS.has(key));
  for (const [key] of kept) {
    if (!ENFORCED.has(key)) place.problems.push(`'${place.at}.${key}' cannot be enforced`);
  }
  if (typeof schema.format === "string" && !FORMATS.has(schema.format)) {
    place.problems.push(`'${place.at}.format' can be one of ${[...FORMATS].join(", ")}`);
  }
  return splitTypes(Object.fromEntries(kept.map(([key, value]) => rewriteKey(key, value, place))));
}

function rewriteKey(key: string, value: unknown, place: Place): [string, unknown] {
  const inner = (name: string): Place => ({ ...place, at: `${place.at}.${name}`, depth: place.depth + 1 });
  if (key === "anyOf" || key === "oneOf" || key === "prefixItems") {
    const list = Array.isArray(value) ? value : [];
    return [
      key === "anyOf" ? "oneOf" : key,
      list.map((item: unknown, i) => rewriteAny(item, inner(`${key}[${i}]`))),
    ];
  }
  if (key === "properties" || key === "$defs" || key === "definitions") {
    const entries = isSchema(value) ? Object.entries(value) : [];
    const target = key === "definitions" ? "$defs" : key;
    return [
      target,
      Object.fromEntries(entries.map(([name, item]) => [name, rewriteAny(item, inner(`${key}.${name}`))])),
    ];
  }
  if (key === "items" || key === "additionalProperties") return [key, rewriteAny(value, inner(key))];
  if (key === "$ref") return [key, String(value).replace("#/definitions/", "#/$defs/")];
  return [key, value];
}

function rewriteAny(value: unknown, place: Place): unknown {
  return isSchema(value) ? rewrite(value, place) : value;
}

/** `type: ["object", "null"]` becomes a choice, since a grammar takes lists of plain types only. */
function splitTypes(schema: Schema): Schema {
  const types: unknown = schema.type;
  if (!Array.isArray(types) || !types.some((type) => type === "object" || type === "array")) return schema;
  const { type: _types, $defs, ...rest } = schema;
  const choices = types.map((type: unknown) =>
    type === "object" || type === "array" ? { ...rest, type } : { type },
  );
  return $defs === undefined ? { oneOf: choices } : { oneOf: choices, $defs };
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
