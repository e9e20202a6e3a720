// Writes the JSON Schemas of the kinds that some objects are of, from Kubernetes' own OpenAPI and from definitions.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { versions } from "../../../stacks/local/cluster/versions.ts";
import { fetchGoModule } from "../../kit/go-module.ts";
import { fetched } from "../../kit/obtained-tool.ts";
import type { Manifest } from "../rendered.ts";
import { readDefinedKinds } from "./definition-sources.ts";
import { type SchemaNode, toStrictSchema } from "./strict-schema.ts";

const node = z.record(z.string(), z.unknown());
const openApi = z.object({ definitions: z.record(z.string(), node) });
const identities = z.array(z.object({ group: z.string(), version: z.string(), kind: z.string() }));

const REFERENCE = /"#\/definitions\/([^"]+)"/g;
const OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
const QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity";

/** As kubeconform looks for them: `{{ .Group }}` of the core group is its version. */
export const SCHEMA_PLACE = "{{ .Group }}/{{ .ResourceKind }}_{{ .ResourceAPIVersion }}.json";

/** Writes one file a kind below `folder`. A kind that nobody defines gets none, so that the judge misses it. */
export async function writeSchemas(folder: string, objects: readonly Manifest[]): Promise<void> {
  const core = await readCore();
  const isCustom = ({ apiVersion, kind }: Manifest): boolean =>
    apiVersion.includes(".") && core.place(apiVersion, kind) === undefined;
  const groups = new Set(objects.filter(isCustom).map(({ apiVersion }) => groupOf(apiVersion)));
  for (const { apiVersion, kind } of objects) {
    const name = core.place(apiVersion, kind);
    if (name !== undefined) write(folder, { apiVersion, kind }, core.schemaOf({ $ref: refTo(name) }));
  }
  for (const { group, version, kind, schema } of await readDefinedKinds([...groups])) {
    // Definitions leave the metadata to the API server.
    const properties = { ...node.parse(schema.properties), metadata: { $ref: refTo(OBJECT_META) } };
    const whole = core.schemaOf(toStrictSchema({ ...schema, properties }));
    write(folder, { apiVersion: `${group}/${version}`, kind }, whole);
  }
}

type Core = {
  /** Name of the definition of a kind. */
  place(apiVersion: string, kind: string): string | undefined;
  /** A schema with all definitions that it leads to. */
  schemaOf(root: SchemaNode): SchemaNode;
};

async function readCore(): Promise<Core> {
  const module = `k8s.io/kubernetes@v${versions.kubernetes}`;
  const folder = await fetched(module, () => fetchGoModule(module));
  const { definitions } = openApi.parse(
    JSON.parse(readFileSync(join(folder, "api/openapi-spec/swagger.json"), "utf8")),
  );
  const places = new Map(
    Object.entries(definitions).flatMap(([name, definition]) =>
      identities
        .catch([])
        .parse(definition["x-kubernetes-group-version-kind"])
        .map(({ group, version, kind }) => [`${group === "" ? "" : `${group}/`}${version} ${kind}`, name]),
    ),
  );
  const strict = new Map(Object.entries(definitions).map(([name, it]) => [name, toStrictSchema(it)]));
  // Written as a text, but a bare number is read too.
  strict.set(QUANTITY, { type: ["string", "number"] });
  return {
    place: (apiVersion, kind) => places.get(`${apiVersion} ${kind}`),
    schemaOf: (root) => ({ ...root, definitions: reachable(root, strict) }),
  };
}

function reachable(root: SchemaNode, all: ReadonlyMap<string, SchemaNode>): Record<string, SchemaNode> {
  const found: Record<string, SchemaNode> = {};
  const open: SchemaNode[] = [root];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const [, name = ""] of JSON.stringify(next).matchAll(REFERENCE)) {
      const definition = all.get(name);
      if (definition === undefined || name in found) continue;
      found[name] = definition;
      open.push(definition);
    }
  }
  return found;
}

function refTo(name: string): string {
  return `#/definitions/${name}`;
}

function groupOf(apiVersion: string): string {
  return apiVersion.split("/")[0] ?? apiVersion;
}

function write(folder: string, of: Pick<Manifest, "apiVersion" | "kind">, schema: SchemaNode): void {
  const [group = "", version = group] = of.apiVersion.split("/");
  const file = join(folder, group, `${of.kind.toLowerCase()}_${version}.json`);
  mkdirSync(dirname(file), { recursive: true });
  // The API takes apiVersion and kind of every object, and a definition may leave both out.
  writeFileSync(file, JSON.stringify({ $schema: "http://json-schema.org/draft-07/schema#", ...schema }));
}
