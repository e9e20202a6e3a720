// The Prometheus operator's own definitions of its objects, from its Go module, as schemas that know every field.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { runCommand } from "../../../stacks/local/cluster/commands.ts";
import { ensureGo } from "../../../stacks/local/cluster/go-toolchain.ts";

const MODULE = "github.com/prometheus-operator/prometheus-operator@v0.94.0";
const FETCH_MS = 300_000;
const FILES = {
  ServiceMonitor: "monitoring.coreos.com_servicemonitors.yaml",
  PodMonitor: "monitoring.coreos.com_podmonitors.yaml",
  PrometheusRule: "monitoring.coreos.com_prometheusrules.yaml",
  AlertmanagerConfig: "monitoring.coreos.com_alertmanagerconfigs.yaml",
} as const;

export type OperatorKind = keyof typeof FILES;

const definition = z.looseObject({
  spec: z.looseObject({
    versions: z.array(
      z.looseObject({
        name: z.string(),
        schema: z.looseObject({ openAPIV3Schema: z.record(z.string(), z.unknown()) }),
      }),
    ),
  }),
});

/** Folder of the definitions. */
export async function fetchDefinitions(): Promise<string> {
  const go = await ensureGo("the Prometheus operator's definitions", { report: () => {} });
  const answer = await runCommand(go, ["mod", "download", "-json", MODULE], {
    deadlineMs: FETCH_MS,
    cwd: "/",
  });
  const { Dir } = z.looseObject({ Dir: z.string() }).parse(JSON.parse(answer));
  return join(Dir, "example/prometheus-operator-crd");
}

/** What the API server would say of an object: its problems, unknown fields included. */
export async function findProblems(
  folder: string,
  kind: OperatorKind,
  object: Readonly<Record<string, unknown>>,
): Promise<readonly string[]> {
  const { spec } = definition.parse(parse(await readFile(join(folder, FILES[kind]), "utf8")));
  const version = spec.versions.find(({ name }) => object.apiVersion === `monitoring.coreos.com/${name}`);
  if (version === undefined) return [`no version ${String(object.apiVersion)}`];
  const specSchema = z
    .looseObject({ properties: z.looseObject({ spec: z.looseObject({}) }) })
    .parse(version.schema.openAPIV3Schema).properties.spec;
  const result = z.fromJSONSchema(closed(specSchema)).safeParse(object.spec);
  return result.error?.issues.map((it) => `${it.path.join(".")}: ${it.message}`) ?? [];
}

/** The schema with unknown fields forbidden, and without what only the API server or Go's expressions know. */
function closed(schema: Readonly<Record<string, unknown>>): Record<string, unknown> {
  if (schema["x-kubernetes-int-or-string"] === true)
    return { anyOf: [{ type: "integer" }, { type: "string" }] };
  const copy = Object.fromEntries(
    Object.entries(schema)
      .filter(([key, value]) => isCommon(key, value))
      .map(([key, value]) => [key, key === "properties" ? closedFields(value) : descend(value)]),
  );
  const isOpen = "additionalProperties" in copy || schema["x-kubernetes-preserve-unknown-fields"] === true;
  const isClosable = copy.type === "object" && copy.properties !== undefined && !isOpen;
  return isClosable ? { ...copy, additionalProperties: false } : copy;
}

function isCommon(key: string, value: unknown): boolean {
  if (key === "pattern") return !String(value).includes("(?i)");
  return key !== "format" && !key.startsWith("x-kubernetes-");
}

function closedFields(value: unknown): Record<string, unknown> {
  const fields = z.record(z.string(), z.unknown()).parse(value);
  return Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, descend(field)]));
}

function descend(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(descend);
  const record = z.record(z.string(), z.unknown()).safeParse(value);
  return record.success ? closed(record.data) : value;
}
