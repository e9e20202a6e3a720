// Planned resources → the files of `rampa render`: one YAML file an object, secrets left out. Pure.
import { stringify } from "yaml";

/** What is needed of a planned resource; `secretPaths` are dotted paths inside `props`. */
export type PlannedObject = {
  readonly type: string;
  readonly urn: string;
  readonly props: Readonly<Record<string, unknown>>;
  readonly secretPaths: readonly string[];
};

export type RenderedFile = {
  /** `<namespace>/<kind>-<name>.yaml`, `cluster/…` for objects without a namespace, `charts/…` for Helm releases. */
  readonly path: string;
  readonly text: string;
};

/** In place of every value that is secret: a rendered folder is made to be shown and kept. */
export const SECRET_STAND_IN = "not-rendered";

const HELM_RELEASE = /^kubernetes:helm\.sh\/[^:]+:Release$/;

/** Files of all Kubernetes objects among the resources, by path. Throws when two objects claim one path. */
export function toManifestFiles(resources: readonly PlannedObject[]): readonly RenderedFile[] {
  const files = resources
    .filter(({ type }) => type.startsWith("kubernetes:"))
    .map(toFile)
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
  for (const [index, { path }] of files.entries()) {
    if (files[index + 1]?.path === path) throw new Error(`two objects of the stack are called ${path}`);
  }
  return files;
}

function toFile(resource: PlannedObject): RenderedFile {
  const props = withoutSecrets(resource.props, resource.secretPaths);
  return HELM_RELEASE.test(resource.type) ? toChartFile(props) : toManifestFile(resource, props);
}

function toManifestFile(
  { type, urn }: PlannedObject,
  props: Readonly<Record<string, unknown>>,
): RenderedFile {
  const { kind, metadata } = props;
  const { name, namespace } = isRecord(metadata) ? metadata : {};
  if (typeof kind !== "string" || typeof name !== "string") {
    throw new Error(`${urn} has no kind and name of its own, so it is no manifest`);
  }
  const group = /^kubernetes:([^/:]+)\//.exec(type)?.[1];
  const isOfKubernetes = group === undefined || !group.includes(".") || group.endsWith(".k8s.io");
  const folder = typeof namespace === "string" ? namespace : "cluster";
  const stem = isOfKubernetes ? kind : `${kind}.${group}`;
  return { path: `${folder}/${stem.toLowerCase()}-${name}.yaml`, text: toYaml(props) };
}

/** A chart is rendered by Helm itself: the file says which, and with which values. */
function toChartFile(props: Readonly<Record<string, unknown>>): RenderedFile {
  return { path: `charts/${String(props.name)}.yaml`, text: toYaml(props) };
}

function toYaml(value: unknown): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}

function withoutSecrets(
  props: Readonly<Record<string, unknown>>,
  paths: readonly string[],
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(props).map(([key, value]) => [key, mask(value, key, paths)]));
}

/** Keys may hold dots themselves, so whole paths are compared rather than taken apart. */
function mask(value: unknown, path: string, secret: readonly string[]): unknown {
  if (secret.includes(path)) return maskLeaves(value);
  if (Array.isArray(value)) return value.map((each, index) => mask(each, `${path}.${index}`, secret));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, mask(each, `${path}.${key}`, secret)]),
  );
}

/** The shape stays, so that the object is still valid. */
function maskLeaves(value: unknown): unknown {
  if (!isRecord(value)) return SECRET_STAND_IN;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, maskLeaves(each)]));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
