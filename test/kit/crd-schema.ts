// Judges custom resources by the schema of their definition: types, required fields, enums, and no field unknown to it.
import { parseAllDocuments } from "yaml";
import { z } from "zod";

/** What of a CustomResourceDefinition tells how its objects look. */
export const definition = z.object({
  kind: z.literal("CustomResourceDefinition"),
  spec: z.object({
    group: z.string(),
    names: z.object({ kind: z.string() }),
    versions: z.array(
      z.object({
        name: z.string(),
        served: z.boolean(),
        schema: z.object({ openAPIV3Schema: z.record(z.string(), z.unknown()) }),
      }),
    ),
  }),
});

export type CustomResourceCheck = (object: { readonly [key: string]: unknown }) => readonly string[];

/** A check that returns what is wrong with an object; throws for a kind or version that no definition serves. */
export function readDefinitions(texts: readonly string[]): CustomResourceCheck {
  const schemas = new Map(texts.flatMap(readSchemas));
  return (object) => {
    const key = `${String(object.apiVersion)}/${String(object.kind)}`;
    const schema = schemas.get(key);
    if (schema === undefined) throw new Error(`no definition serves ${key}`);
    const issues = schema.safeParse(object).error?.issues ?? [];
    return issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  };
}

function readSchemas(text: string): [string, z.ZodType][] {
  return parseAllDocuments(text).flatMap((document) => {
    const parsed = definition.safeParse(document.toJS());
    if (!parsed.success) return [];
    const { group, names, versions } = parsed.data.spec;
    return versions
      .filter(({ served }) => served)
      .map(({ name, schema }): [string, z.ZodType] => [
        `${group}/${name}/${names.kind}`,
        toZod(toObject(schema.openAPIV3Schema)),
      ]);
  });
}

type Node = { readonly [key: string]: unknown };

/** The keywords that definitions use; rules in CEL are the API server's to judge. */
function toZod(node: Node): z.ZodType {
  if (node["x-kubernetes-preserve-unknown-fields"] === true) return z.unknown();
  if (node["x-kubernetes-int-or-string"] === true) return z.union([z.string(), z.number()]);
  if (node.enum !== undefined) return z.literal(z.array(z.union([z.string(), z.number()])).parse(node.enum));
  switch (node.type) {
    case "string":
      return typeof node.pattern === "string" ? z.string().regex(new RegExp(node.pattern)) : z.string();
    case "integer":
      return z.int();
    case "number":
      return z.number();
    case "boolean":
      return z.boolean();
    case "array":
      return z.array(toZod(toObject(node.items)));
    default:
      return toZodObject(node);
  }
}

function toZodObject({ properties, additionalProperties, required }: Node): z.ZodType {
  if (properties === undefined) {
    return z.record(z.string(), toZod(toObject(additionalProperties ?? ANYTHING)));
  }
  const needed: readonly unknown[] = Array.isArray(required) ? required : [];
  const fields = Object.entries(toObject(properties)).map(([key, field]) => {
    const schema = toZod(toObject(field));
    return [key, needed.includes(key) ? schema : schema.optional()];
  });
  return z.strictObject(Object.fromEntries(fields));
}

const ANYTHING: Node = { "x-kubernetes-preserve-unknown-fields": true };

function toObject(value: unknown): Node {
  return z.record(z.string(), z.unknown()).parse(value);
}
