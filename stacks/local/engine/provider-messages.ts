// What both provider stand-ins say to the engine: check and diff answers, and the calls with a fixed answer.
import type grpc from "@grpc/grpc-js";
import pluginPb, { type PluginInfo } from "@pulumi/pulumi/proto/plugin_pb.js";
import providerPb, {
  type CheckRequest,
  type CheckResponse,
  type DiffRequest,
  type DiffResponse,
  type GetSchemaResponse,
  type InvokeRequest,
} from "@pulumi/pulumi/proto/provider_pb.js";
import emptyPb from "google-protobuf/google/protobuf/empty_pb.js";
import { fromStruct, toStruct, unary, unimplemented } from "./plugin-server.ts";
import { isEqual, type PropertyMap, unwrapMap } from "./property-values.ts";

/** The type token of a resource: `urn:pulumi:stack::project::parent$type::name`. */
export function typeOfUrn(urn: string): string {
  return urn.split("::")[2]?.split("$").at(-1) ?? "";
}

export function nameOfUrn(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

export type CheckProblem = { readonly property: string; readonly reason: string };

export function checkResponse(inputs: PropertyMap, problems: readonly CheckProblem[]): CheckResponse {
  const response = new providerPb.CheckResponse();
  response.setInputs(toStruct(inputs));
  for (const problem of problems) {
    const failure = new providerPb.CheckFailure();
    failure.setProperty(problem.property);
    failure.setReason(problem.reason);
    response.addFailures(failure);
  }
  return response;
}

export type Difference = {
  /** Paths of inputs that differ. */
  readonly changed: readonly string[];
  /** Those of them that only a new resource can take. */
  readonly replaces: readonly string[];
  readonly deleteBeforeReplace: boolean;
};

export function diffResponse(difference: Difference): DiffResponse {
  const response = new providerPb.DiffResponse();
  const kinds = providerPb.DiffResponse.DiffChanges;
  response.setChanges(difference.changed.length > 0 ? kinds.DIFF_SOME : kinds.DIFF_NONE);
  response.setDiffsList([...new Set(difference.changed.map(topLevel))]);
  response.setReplacesList([...new Set(difference.replaces.map(topLevel))]);
  response.setDeletebeforereplace(difference.deleteBeforeReplace);
  response.setHasdetaileddiff(true);
  const detailed = response.getDetaileddiffMap();
  for (const path of difference.changed) detailed.set(path, propertyDiff(difference.replaces.includes(path)));
  return response;
}

function topLevel(path: string): string {
  return path.split(/[.[]/, 1)[0] ?? path;
}

function propertyDiff(replaces: boolean): InstanceType<typeof providerPb.PropertyDiff> {
  const diff = new providerPb.PropertyDiff();
  const kinds = providerPb.PropertyDiff.Kind;
  diff.setKind(replaces ? kinds.UPDATE_REPLACE : kinds.UPDATE);
  diff.setInputdiff(true);
  return diff;
}

/** Configuration is accepted as it is; `configure` is where it is used. */
function checkConfig(request: CheckRequest): CheckResponse {
  return checkResponse(fromStruct(request.getNews()), []);
}

/** A changed setting of the provider reconfigures it and never replaces what it manages. */
function diffConfig(request: DiffRequest): DiffResponse {
  const olds = unwrapMap(fromStruct(request.getOldInputs() ?? request.getOlds()));
  const news = unwrapMap(fromStruct(request.getNews()));
  const keys = new Set([...Object.keys(olds), ...Object.keys(news)]);
  const changed = [...keys].filter((key) => !key.startsWith("__") && !isEqual(olds[key], news[key]));
  return diffResponse({ changed, replaces: [], deleteBeforeReplace: false });
}

function invoke(request: InvokeRequest, name: string): never {
  throw new Error(
    `the built-in ${name} provider has no function ${request.getTok()}. Next: declare the resources themselves, or install the official provider plugin`,
  );
}

/** Methods whose answer does not depend on the provider; the provider adds the rest. */
export function providerBase(name: string, version: string): grpc.UntypedServiceImplementation {
  return {
    handshake: unimplemented("Handshake"),
    parameterize: unimplemented("Parameterize"),
    getSchema: unary((): GetSchemaResponse => {
      const response = new providerPb.GetSchemaResponse();
      response.setSchema(JSON.stringify({ name, version }));
      return response;
    }),
    checkConfig: unary(checkConfig),
    diffConfig: unary(diffConfig),
    invoke: unary((request: InvokeRequest) => invoke(request, name)),
    construct: unimplemented("Construct"),
    call: unimplemented("Call"),
    delete: unary(() => new emptyPb.Empty()),
    cancel: unary(() => new emptyPb.Empty()),
    attach: unary(() => new emptyPb.Empty()),
    getMapping: unimplemented("GetMapping"),
    getMappings: unimplemented("GetMappings"),
    getPluginInfo: unary((): PluginInfo => {
      const info = new pluginPb.PluginInfo();
      info.setVersion(version);
      return info;
    }),
  };
}
