// OpenAPI as Kubernetes writes it → JSON Schema that knows no field but the written ones. Pure.

export type SchemaNode = { readonly [key: string]: unknown };

const INT_OR_STRING = { anyOf: [{ type: "integer" }, { type: "string" }] };
/** Only these mean the same in JSON Schema; the rest describes, or is the API server's to check. */
const KEPT = new Set([
  "$ref",
  "additionalProperties",
  "allOf",
  "anyOf",
  "enum",
  "items",
  "maxItems",
  "maxLength",
  "maximum",
  "maxProperties",
  "minItems",
  "minLength",
  "minimum",
  "minProperties",
  "not",
  "oneOf",
  "pattern",
  "properties",
  "required",
  "type",
]);
/** Schemas that stand for a condition on fields defined beside them, so they know only some of these. */
const CONDITIONS = new Set(["allOf", "anyOf", "oneOf", "not"]);

/** The schema with unknown fields refused wherever the definition lists fields. */
export function toStrictSchema(node: SchemaNode): SchemaNode {
  return convert(node, true);
}

function convert(node: SchemaNode, isClosing: boolean): SchemaNode {
  if (node.format === "int-or-string" || node["x-kubernetes-int-or-string"] === true) return INT_OR_STRING;
  const entries = Object.entries(node)
    .filter(([key]) => KEPT.has(key))
    .map(([key, value]) => [key, convertKeyword(key, value, isClosing)] as const);
  const isOpen = node["x-kubernetes-preserve-unknown-fields"] === true || "additionalProperties" in node;
  const isClosed = isClosing && isNode(node.properties) && !isOpen;
  return { ...Object.fromEntries(entries), ...(isClosed && { additionalProperties: false }) };
}

function convertKeyword(key: string, value: unknown, isClosing: boolean): unknown {
  const isStrict = isClosing && !CONDITIONS.has(key);
  if (key === "enum" || key === "required") return value;
  if (key === "properties" && isNode(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([name, field]) => [name, isNode(field) ? convert(field, isStrict) : field]),
    );
  }
  if (Array.isArray(value)) return value.map((each) => (isNode(each) ? convert(each, isStrict) : each));
  return isNode(value) ? convert(value, isStrict) : value;
}

function isNode(value: unknown): value is SchemaNode {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
