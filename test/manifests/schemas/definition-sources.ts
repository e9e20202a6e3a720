// Where the definitions of custom resources come from: the Go module of who serves them, by API group.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { CHARTS } from "../../../components/contract/charts.ts";
import { definition } from "../../kit/crd-schema.ts";
import { fetchGoModule } from "../../kit/go-module.ts";
import { fetched } from "../../kit/obtained-tool.ts";
import type { SchemaNode } from "./strict-schema.ts";

/** Module and the folder in it. */
type Source = readonly [module: string, folder: string];

const KARPENTER: Source = [
  `github.com/aws/karpenter-provider-aws@v${CHARTS.karpenter.version}`,
  "pkg/apis/crds",
];

/** The newest version that the Go client finds, where that is older than the chart's. */
const SOURCES: Readonly<Record<string, Source>> = {
  "gateway.networking.k8s.io": ["sigs.k8s.io/gateway-api@v1.5.1", "config/crd/standard"],
  "karpenter.sh": KARPENTER,
  "karpenter.k8s.aws": KARPENTER,
  "external-secrets.io": ["github.com/external-secrets/external-secrets@v1.3.2", "config/crds/bases"],
  "keda.sh": [`github.com/kedacore/keda/v2@v${CHARTS.keda.version}`, "config/crd/bases"],
  "monitoring.coreos.com": [
    "github.com/prometheus-operator/prometheus-operator@v0.94.0",
    "example/prometheus-operator-crd",
  ],
};

/** Groups whose definitions no Go module holds, and the test that judges their objects instead. */
export const JUDGED_ELSEWHERE: Readonly<Record<string, string>> = {
  "gateway.k8s.aws": "test/components/ingress/controller-fields.ts",
};

export type DefinedKind = {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly schema: SchemaNode;
};

/** Every kind that is defined for one of the groups. Throws for a group that has no source. */
export async function readDefinedKinds(groups: readonly string[]): Promise<readonly DefinedKind[]> {
  const kinds: DefinedKind[] = [];
  for (const source of new Map(
    groups.map((group) => [sourceOf(group).join("/"), sourceOf(group)]),
  ).values()) {
    for (const text of await readSource(source)) kinds.push(...kindsIn(text));
  }
  return kinds.filter(({ group }) => groups.includes(group));
}

/** The definitions of a group, as an API server takes them. */
export async function readDefinitionsOf(group: string): Promise<readonly unknown[]> {
  const texts = await readSource(sourceOf(group));
  return texts
    .flatMap((text) => parseAllDocuments(text).map((document): unknown => document.toJS()))
    .filter((it) => definition.safeParse(it).data?.spec.group === group);
}

async function readSource([module, folder]: Source): Promise<readonly string[]> {
  const place = join(await fetched(module, () => fetchGoModule(module)), folder);
  return readdirSync(place)
    .filter((name) => name.endsWith(".yaml"))
    .map((name) => readFileSync(join(place, name), "utf8"));
}

function sourceOf(group: string): Source {
  const source = SOURCES[group];
  if (source === undefined) throw new Error(`no source for the definitions of ${group}: add it to SOURCES`);
  return source;
}

function kindsIn(text: string): DefinedKind[] {
  return parseAllDocuments(text).flatMap((document) => {
    const parsed = definition.safeParse(document.toJS());
    if (!parsed.success) return [];
    const { group, names, versions } = parsed.data.spec;
    return versions
      .filter(({ served }) => served)
      .map(({ name, schema }) => ({
        group,
        version: name,
        kind: names.kind,
        schema: schema.openAPIV3Schema,
      }));
  });
}
