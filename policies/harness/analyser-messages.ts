// Recorded resources, configuration and findings ↔ the analyser protocol's messages.
import analyzer from "@pulumi/pulumi/proto/analyzer_pb.js";
import structs from "google-protobuf/google/protobuf/struct_pb.js";
import { FIX_MARK } from "../kit.ts";
import type { RecordedResource } from "./record-resources.ts";

export type Verdict = {
  readonly rule: string;
  readonly level: "advisory" | "mandatory";
  readonly severity: "unspecified" | "low" | "medium" | "high" | "critical";
  /** The resource it is about. */
  readonly urn: string;
  readonly message: string;
  /** What to do; empty where nothing has to be done now. */
  readonly fix: string;
};

/** Pack configuration as `--policy-pack-config` takes it: rule → its level and settings. */
export type PackConfig = Readonly<Record<string, RuleConfig>>;
export type RuleConfig = {
  readonly enforcementLevel?: "advisory" | "mandatory" | "disabled" | "remediate";
  readonly [setting: string]: unknown;
};

/** The part of a recorded resource that an analyser is told. */
export type JudgedResource = Pick<
  RecordedResource,
  "type" | "name" | "urn" | "custom" | "props" | "parent" | "provider" | "protect" | "ignoreChanges"
>;

export function toAnalyzeRequest(
  resource: JudgedResource,
  all: readonly JudgedResource[],
): analyzer.AnalyzeRequest {
  const request = new analyzer.AnalyzeRequest()
    .setType(resource.type)
    .setName(resource.name)
    .setUrn(resource.urn)
    .setProperties(toStruct(resource.props))
    .setOptions(toOptions(resource));
  const provider = toProvider(resource, all);
  return provider === undefined ? request : request.setProvider(provider);
}

export function toStackRequest(resources: readonly JudgedResource[]): analyzer.AnalyzeStackRequest {
  const entries = resources.map((resource) => {
    const entry = new analyzer.AnalyzerResource()
      .setType(resource.type)
      .setName(resource.name)
      .setUrn(resource.urn)
      .setParent(resource.parent)
      .setProperties(toStruct(resource.props))
      .setOptions(toOptions(resource));
    const provider = toProvider(resource, resources);
    return provider === undefined ? entry : entry.setProvider(provider);
  });
  return new analyzer.AnalyzeStackRequest().setResourcesList(entries);
}

export function toConfigureRequest(config: PackConfig): analyzer.ConfigureAnalyzerRequest {
  const request = new analyzer.ConfigureAnalyzerRequest();
  for (const [rule, { enforcementLevel = "mandatory", ...settings }] of Object.entries(config)) {
    const entry = new analyzer.PolicyConfig()
      .setEnforcementlevel(LEVELS.indexOf(enforcementLevel))
      .setProperties(toStruct(settings));
    request.getPolicyconfigMap().set(rule, entry);
  }
  return request;
}

export function toVerdict(diagnostic: analyzer.AnalyzeDiagnostic, urn: string): Verdict {
  const text = diagnostic.getMessage().replace(`${diagnostic.getDescription()}\n`, "");
  const [message = "", fix = ""] = text.split(FIX_MARK);
  return {
    rule: diagnostic.getPolicyname(),
    level: diagnostic.getEnforcementlevel() === analyzer.EnforcementLevel.ADVISORY ? "advisory" : "mandatory",
    severity: SEVERITIES[diagnostic.getSeverity()] ?? "unspecified",
    urn: diagnostic.getUrn() || urn,
    message,
    fix,
  };
}

// In the order of the protocol's numbers (analyzer.proto).
const LEVELS = ["advisory", "mandatory", "disabled", "remediate"] as const;
const SEVERITIES = ["unspecified", "low", "medium", "high", "critical"] as const;

/** Without options the library takes the engine for one that is too old. */
function toOptions({ protect, ignoreChanges, parent }: JudgedResource): analyzer.AnalyzerResourceOptions {
  return new analyzer.AnalyzerResourceOptions()
    .setProtect(protect)
    .setIgnorechangesList([...ignoreChanges])
    .setParent(parent);
}

/** The provider that the resource names (`URN::id`), or the default one that the engine would make for it. */
export function toProviderRef(
  resource: JudgedResource,
  all: readonly JudgedResource[],
): { readonly type: string; readonly urn: string; readonly props: JudgedResource["props"] } | undefined {
  if (!resource.custom || resource.type.startsWith("pulumi:")) return undefined;
  const type = `pulumi:providers:${resource.type.split(":")[0]}`;
  const [stack, project] = resource.urn.split("::");
  const own = resource.provider.split("::").slice(0, -1).join("::");
  const urn = own === "" ? `${stack}::${project}::${type}::default` : own;
  return { type, urn, props: all.find((other) => other.urn === urn)?.props ?? {} };
}

function toProvider(
  resource: JudgedResource,
  all: readonly JudgedResource[],
): analyzer.AnalyzerProviderResource | undefined {
  const provider = toProviderRef(resource, all);
  return (
    provider &&
    new analyzer.AnalyzerProviderResource()
      .setType(provider.type)
      .setUrn(provider.urn)
      .setName(provider.urn.split("::").at(-1) ?? "")
      .setProperties(toStruct(provider.props))
  );
}

/** Through JSON, which is what goes over the wire: absent values are left out. */
function toStruct(value: Readonly<Record<string, unknown>>): structs.Struct {
  return structs.Struct.fromJavaScript(JSON.parse(JSON.stringify(value)));
}
