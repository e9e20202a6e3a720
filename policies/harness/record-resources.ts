// recordResources: runs a Pulumi program without an engine and records every resource with its options.
import * as pulumi from "@pulumi/pulumi";
import type { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb.js";
import {
  specialResourceSig,
  specialSecretSig,
  specialSigKey,
  unknownValue,
} from "@pulumi/pulumi/runtime/rpc.js";
import { type RecordedIdentity, recordedIdentity } from "./recorded-identity.ts";

/** What stands in `props` for a value that is known only after deployment; the engine uses the same text. */
export const UNKNOWN = unknownValue;

/** A resource as the engine would have been asked to register it, with secrets unwrapped. */
export type RecordedResource = {
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  readonly custom: boolean;
  /** Inputs in plain JSON; unknown ones are `UNKNOWN`. */
  readonly props: Readonly<Record<string, unknown>>;
  /** Dotted paths in `props` whose value was marked secret. */
  readonly secretPaths: readonly string[];
  /** URN of the parent; empty for a resource without one. */
  readonly parent: string;
  /** `URN::id` of the provider; empty for components and providers. */
  readonly provider: string;
  readonly protect: boolean;
  readonly retainOnDelete: boolean;
  readonly deleteBeforeReplace: boolean;
  readonly deletedWith: string;
  readonly dependencies: readonly string[];
  /** Property → URNs it comes from. */
  readonly propertyDependencies: Readonly<Record<string, readonly string[]>>;
  readonly aliases: readonly { readonly urn: string; readonly type: string; readonly name: string }[];
  readonly ignoreChanges: readonly string[];
  readonly replaceOnChanges: readonly string[];
  readonly additionalSecretOutputs: readonly string[];
  readonly customTimeouts: { readonly create: string; readonly update: string; readonly delete: string };
};

export type RecordOptions = {
  readonly stack: string;
  readonly project: string;
  /** `true` records what a first preview sees: ids and generated values are unknown. Default `false`. */
  readonly preview?: boolean;
  /** Pulumi configuration by full key, e.g. `{"rampa:owner": "ml"}`. */
  readonly config?: Readonly<Record<string, string>>;
  /** Output properties that only a deployment can tell, by resource type; added to the built-in ones. */
  readonly computed?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** What a provider answers to a call, by its token; added to the built-in ones. Inputs are echoed beside it. */
  readonly answers?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** `true` records a resource of a default provider too, for a policy to judge. Default `false`: that is an error. */
  readonly allowDefaultProviders?: boolean;
};

/**
 * Runs `program` under Pulumi's mocks and returns what it registered, in order. Fails on what the mocks would let
 * pass: two resources with one URN, and (unless allowed) a resource of a default provider. One call at a time: the SDK's runtime
 * state is global.
 */
export async function recordResources(
  program: () => unknown,
  options: RecordOptions,
): Promise<RecordedResource[]> {
  const recorded: RecordedResource[] = [];
  const preview = options.preview ?? false;
  pulumi.runtime.setAllConfig({ ...options.config });
  const refusals: string[] = [];
  await pulumi.runtime.setMocks(createMocks(options, refusals), options.project, options.stack, preview);
  listen((request) => recorded.push(toRecord(request, options)));
  await program();
  // Registrations start others (an Output of one is an input of the next): this waits until none is left.
  await pulumi.runtime.disconnect();
  if (refusals[0] !== undefined) throw new Error(refusals[0]);
  refuseDuplicates(recorded);
  if (options.allowDefaultProviders !== true) refuseDefaultProviders(recorded);
  return recorded;
}

function createMocks(options: RecordOptions, refusals: string[]): pulumi.runtime.Mocks {
  const computed = { ...GENERATED, ...options.computed };
  const answers = { ...ANSWERS, ...options.answers };
  const preview = options.preview ?? false;
  return {
    newResource(args) {
      const identity = recordedIdentity(args.type, args.name);
      const outputs = { ...awsOutputs(args, identity), ...computed[args.type] };
      const generated = Object.entries(outputs).map(([key, value]) => [key, preview ? unknownValue : value]);
      const isProvider = args.type.startsWith("pulumi:providers:");
      // An empty id is how the engine says "not known yet"; a provider without one could not be referred to.
      const id = preview && !isProvider ? "" : identity.id;
      return { id, state: { ...args.inputs, ...Object.fromEntries(generated) } };
    },
    call(args) {
      if (args.token === "pulumi:pulumi:getResource") return args.inputs;
      const answer = answers[args.token];
      // Thrown here they would reach nobody who waits: the SDK lets them go as unhandled rejections.
      if (answer === undefined)
        refusals.push(`the program calls ${args.token}, which is not among the recorder's \`answers\``);
      else if ((args.provider ?? "") === "" && options.allowDefaultProviders !== true)
        refusals.push(`the program calls ${args.token} without an explicit provider`);
      return { ...args.inputs, ...answer };
    },
  };
}

/** Calls whose answer shapes no resource; the same every time, so that a recorded plan is no news of a provider. */
const ANSWERS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "aws:eks/getAddonVersion:getAddonVersion": { version: "v1.0.0-eksbuild.1" },
};

/** What AWS resources have in common: an ARN, and a name where the program leaves that to Pulumi. */
function awsOutputs(
  { type, name, inputs }: pulumi.runtime.MockResourceArgs,
  identity: RecordedIdentity,
): Record<string, unknown> {
  if (!type.startsWith("aws:")) return {};
  const outputs = Object.entries({ ...identity.outputs, name });
  return Object.fromEntries(outputs.filter(([key]) => !(key in inputs)));
}

/** Outputs that are no echo of an input. */
const GENERATED: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "random:index/randomPassword:RandomPassword": {
    result: { [specialSigKey]: specialSecretSig, value: "recorded-password-0123456789-abcdefghij" },
  },
  "aws:eks/cluster:Cluster": {
    endpoint: "https://recorded.eks.amazonaws.com",
    certificateAuthority: { data: "cmVjb3JkZWQ=" },
    vpcConfig: { clusterSecurityGroupId: "sg-recorded" },
  },
  "aws:ec2/launchTemplate:LaunchTemplate": { latestVersion: 1 },
};

function listen(onRequest: (request: RegisterResourceRequest) => void): void {
  const monitor = pulumi.runtime.getMonitor();
  if (monitor === undefined) throw new Error("setMocks left no monitor: has the Pulumi SDK changed?");
  const register = monitor.registerResource.bind(monitor);
  Reflect.set(monitor, "registerResource", (...call: Parameters<typeof register>) => {
    onRequest(call[0]);
    return register(...call);
  });
}

function toRecord(request: RegisterResourceRequest, options: RecordOptions): RecordedResource {
  const secretPaths: string[] = [];
  const props = unwrap(request.getObject()?.toJavaScript() ?? {}, "", secretPaths);
  if (!isRecord(props)) throw new Error(`${request.getName()}: the inputs are no object`);
  const timeouts = request.getCustomtimeouts();
  return {
    type: request.getType(),
    name: request.getName(),
    urn: toUrn(request, options),
    custom: request.getCustom(),
    props,
    secretPaths,
    parent: request.getParent(),
    provider: request.getProvider(),
    protect: request.getProtect() ?? false,
    retainOnDelete: request.getRetainondelete() ?? false,
    deleteBeforeReplace: request.getDeletebeforereplace(),
    deletedWith: request.getDeletedwith(),
    dependencies: request.getDependenciesList(),
    propertyDependencies: toPropertyDependencies(request),
    aliases: request.getAliasesList().map((alias) => ({
      urn: alias.getUrn(),
      type: alias.getSpec()?.getType() ?? "",
      name: alias.getSpec()?.getName() ?? "",
    })),
    ignoreChanges: request.getIgnorechangesList(),
    replaceOnChanges: request.getReplaceonchangesList(),
    additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
    customTimeouts: {
      create: timeouts?.getCreate() ?? "",
      update: timeouts?.getUpdate() ?? "",
      delete: timeouts?.getDelete() ?? "",
    },
  };
}

function toUrn(request: RegisterResourceRequest, options: RecordOptions): string {
  const parentType = request.getParent().split("::")[2];
  const type = parentType === undefined ? request.getType() : `${parentType}$${request.getType()}`;
  return `urn:pulumi:${options.stack}::${options.project}::${type}::${request.getName()}`;
}

function toPropertyDependencies(request: RegisterResourceRequest): Record<string, readonly string[]> {
  const entries: [string, readonly string[]][] = [];
  request.getPropertydependenciesMap().forEach((value, key) => {
    entries.push([key, value.getUrnsList()]);
  });
  return Object.fromEntries(entries);
}

/** Wire values → plain JSON: secrets unwrapped (and noted), references to resources by their URN. */
function unwrap(value: unknown, path: string, secretPaths: string[]): unknown {
  if (Array.isArray(value)) return value.map((each, index) => unwrap(each, `${path}.${index}`, secretPaths));
  if (!isRecord(value)) return value;
  if (value[specialSigKey] === specialSecretSig) {
    secretPaths.push(path);
    return unwrap(value.value, path, secretPaths);
  }
  if (value[specialSigKey] === specialResourceSig) return value.urn;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [
      key,
      unwrap(each, path === "" ? key : `${path}.${key}`, secretPaths),
    ]),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refuseDuplicates(recorded: readonly RecordedResource[]): void {
  const seen = new Set<string>();
  for (const { urn } of recorded) {
    if (seen.has(urn)) throw new Error(`two resources have the URN ${urn}`);
    seen.add(urn);
  }
}

function refuseDefaultProviders(recorded: readonly RecordedResource[]): void {
  for (const resource of recorded) {
    const needsProvider = resource.custom && !resource.type.startsWith("pulumi:");
    if (needsProvider && resource.provider === "") {
      throw new Error(`${resource.urn} has no explicit provider and would get a default one`);
    }
  }
}
