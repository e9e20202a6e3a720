// Settings of a stack: the schema of its `rampa:*` configuration, and the one place that reads it.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { getStack, runtime } from "@pulumi/pulumi";
import { parseDocument } from "yaml";
import { z } from "zod";
import { findWeightProblems, stickyBy, weights } from "../components/canary/canary.args.ts";
import { today } from "../components/contract/today.ts";
import { quotaSettings } from "../components/environment/environment.args.ts";
import { gatewayFields } from "../components/gateway/gateway.args.ts";
import { providers } from "../components/gateway/provider.args.ts";
import { imageSource } from "../components/image/image.args.ts";
import {
  dnsLabel,
  endpointName,
  labelValue,
  semanticVersion,
  workloadName,
} from "../components/kit/names.ts";
import { networkFields } from "../components/network/network.args.ts";
import { rotation } from "../components/secrets/secrets.args.ts";
import { modelCacheSettings } from "../components/serving/model-cache.ts";
import { findScalingProblems } from "../components/serving/scaling.args.ts";
import { artefactAuthority, type VersionSettings } from "../components/serving/serving.args.ts";
import { ConfigError, parseConfig } from "../serving/contract/config-error.ts";
import { ownWeights } from "./aws/aws-arguments.ts";
import { findAwsProblems, findScalerProblems } from "./aws/aws-problems.ts";
import { awsSettings } from "./aws/aws-settings.ts";
import { findPlacementProblems } from "./aws/gpu-placement.ts";
import { bucketAccess, findBucketProblems } from "./bucket-weights.ts";
import { dataSettings, findDataProblems } from "./data-settings.ts";
import { findMonitoringProblems, type MonitoredPlace, stackMonitoring } from "./monitoring-settings.ts";
import {
  asWritten,
  findProviderProblems,
  providerKeys,
  type SplitVersions,
  splitVersions,
  stackVersion,
  withoutKeys,
} from "./provider-settings.ts";

const PORT = "a port from 1024 to 65535";

const cluster = z
  .strictObject({
    use: z
      .enum(["auto", "context", "kind", "embedded", "aws", "stack"])
      .default("auto")
      .describe(
        "`context`: a cluster that exists; `kind` or `embedded`: one on this machine; `auto`: the first of these that is possible; `aws`: the stack's own EKS cluster; `stack`: the one that another stack made on AWS.",
      ),
    context: z.string().min(1).optional().describe("Name of a context in your kubeconfig."),
    stack: z
      .string()
      .min(1)
      .optional()
      .describe("Stack in the same backend whose output `kubeconfig` names the cluster."),
  })
  .refine((it) => it.use !== "context" || it.context !== undefined, {
    path: ["context"],
    message: 'the name of a kubeconfig context, as `use` is "context"',
  })
  .refine((it) => (it.use === "stack") === (it.stack !== undefined), {
    path: ["stack"],
    message: 'the name of the stack that made the cluster, with `use` "stack" and no other',
  })
  .prefault({})
  .describe("The Kubernetes cluster that the stack deploys to.");

const local = z
  .strictObject({
    gatewayPort: z
      .int(PORT)
      .min(1024, PORT)
      .max(65_535, PORT)
      .default(8080)
      .describe("Port on 127.0.0.1 under which the gateway answers."),
  })
  .describe("What only a cluster on this machine has.");

const promotion = z
  .strictObject({
    from: z
      .string()
      .min(1)
      .describe("Stack of the environment before, in the same backend; this one runs only what runs there."),
    rollbackTo: z
      .string()
      .regex(/^sha256:[0-9a-f]{64}$/, "want sha256: and 64 hexadecimal digits")
      .optional()
      .describe(
        "Digest of the image before, which may run here although it runs there no more: written by `pipeline rollback`, removed by the next `promote`.",
      ),
  })
  .describe("Where images and weights come from; nothing is compared when left out.");

export const branchSettings = z
  .strictObject({
    name: z.string().min(1).describe("Git branch that it is a preview of."),
    from: z.string().min(1).describe("Stack that its settings come from."),
    expires: z.iso
      .datetime("a time in UTC, e.g. 2030-01-31T12:00:00Z")
      .describe("Time from which on `rampa branch clean` removes it."),
  })
  .describe("What makes a stack a preview environment of a branch; written by `rampa branch up`.");

const modelCache = modelCacheSettings
  .pick({ path: true })
  .describe(
    "A directory that every node of the cluster has, writable for user 65532, as which all pods run: the first pod on a node fetches weights for all. Without it each pod fetches its own; a cluster on this machine has its own cache.",
  );

const endpoint = z
  .strictObject({
    versions: z
      .record(semanticVersion, stackVersion)
      .refine((it) => Object.keys(it).length > 0, "at least one version")
      .describe("All versions that run."),
    weights,
    stickyBy,
  })
  .superRefine((it, context) => {
    for (const problem of findWeightProblems(Object.keys(it.versions), it.weights)) {
      context.addIssue({ code: "custom", path: ["weights", ...problem.path], message: problem.want });
    }
  });

const endpoints = z
  .record(endpointName, endpoint)
  .refine((it) => Object.keys(it).length > 0, "at least one endpoint")
  .superRefine((it, context) => {
    const names = Object.entries(it).flatMap(([name, { versions }]) =>
      Object.keys(versions).map((version) => ({
        path: [name, "versions", version],
        name: workloadName(name, version),
      })),
    );
    for (const [index, { path, name }] of names.entries()) {
      const taken = names.findIndex((other) => other.name === name) < index;
      if (taken)
        context.addIssue({ code: "custom", path, message: `another name: "${name}" is taken already` });
    }
  })
  .describe("Endpoints by the name that callers use as `model`.");

/** The `rampa:*` keys of a stack's configuration, as they are written. */
export const stackConfig = z
  .strictObject({
    "rampa:environment": z
      .enum(["local", "dev", "staging", "prod"])
      .describe("Kind of environment: decides how strict the policies are."),
    "rampa:namespace": dnsLabel.default("rampa").describe("Kubernetes namespace of the environment."),
    "rampa:owner": labelValue.describe("Team that answers for the environment."),
    "rampa:costCenter": labelValue.describe("Cost centre that pays for it."),
    "rampa:cluster": cluster,
    "rampa:local": local.optional(),
    "rampa:aws": awsSettings.optional(),
    "rampa:image": imageSource
      .optional()
      .describe(
        "The runtime image; built from this checkout and kept on this machine when left out, for the local cluster only.",
      ),
    "rampa:promotion": promotion.optional(),
    "rampa:branch": branchSettings.optional(),
    "rampa:gateway": gatewayFields.prefault({}).describe("The gateway."),
    "rampa:network": networkFields.prefault({}).describe("Who may reach what."),
    "rampa:artefactAuthority": artefactAuthority.optional(),
    "rampa:bucketAccess": bucketAccess.optional(),
    "rampa:modelCache": modelCache.optional(),
    "rampa:quota": quotaSettings,
    "rampa:monitoring": stackMonitoring.optional(),
    "rampa:data": dataSettings.optional(),
    "rampa:providers": providers,
    "rampa:providerKeys": providerKeys,
    "rampa:secrets": z.strictObject({ rotation }).prefault({}).describe("The client keys."),
    "rampa:endpoints": endpoints,
  })
  .superRefine((it, context) => {
    const { "rampa:environment": environment, "rampa:image": image } = it;
    if (environment === "local" && it["rampa:modelCache"] !== undefined) {
      const message = "nothing, as a cluster on this machine has a cache of its own";
      context.addIssue({ code: "custom", path: ["rampa:modelCache"], message });
    }
    const isWorkshop = environment === "local" || environment === "dev";
    if (environment !== "local" && image === undefined) {
      const message = `the repository${isWorkshop ? "" : " and digest"} of the image, as the environment is not local`;
      context.addIssue({ code: "custom", path: ["rampa:image"], message });
    } else if (!isWorkshop && image?.digest === undefined) {
      const message = `the digest of an image that ran elsewhere before, as the environment is ${environment}`;
      context.addIssue({ code: "custom", path: ["rampa:image", "digest"], message });
    }
    for (const { path, want } of findDataProblems(it["rampa:data"], environment)) {
      context.addIssue({ code: "custom", path: ["rampa:data", ...path], message: want });
    }
    for (const { path, want } of findVersionProblems(splitEndpoints(it["rampa:endpoints"]), environment)) {
      context.addIssue({ code: "custom", path: ["rampa:endpoints", ...path], message: want });
    }
  });

type WrittenEndpoint = z.output<typeof endpoint>;

export type EndpointSettings = Pick<WrittenEndpoint, "weights" | "stickyBy"> & SplitVersions;

type Endpoints = Readonly<Record<string, EndpointSettings>>;

function splitEndpoints(all: Readonly<Record<string, WrittenEndpoint>>): Record<string, EndpointSettings> {
  return Object.fromEntries(
    Object.entries(all).map(([name, { versions, ...it }]) => [name, { ...it, ...splitVersions(versions) }]),
  );
}

/** What the environment asks of each version. */
function findVersionProblems(all: Endpoints, environment: string) {
  return Object.entries(all).flatMap(([endpoint, { versions, external }]) => {
    const own = Object.entries(versions).flatMap(([name, version]) =>
      findScalingProblems(version, environment).map(({ path, want }) => ({ path: [name, ...path], want })),
    );
    const approvals = Object.entries({ ...versions, ...external }).flatMap(([name, version]) =>
      findApprovalProblems(version, environment).map(({ path, want }) => ({ path: [name, ...path], want })),
    );
    return [...own, ...approvals].map(({ path, want }) => ({ path: [endpoint, "versions", ...path], want }));
  });
}

function findApprovalProblems({ card }: Pick<VersionSettings, "card">, environment: string) {
  if (environment !== "prod" || card?.approval !== undefined) return [];
  const want = "a model card and who approved the version, as the environment is prod";
  return [{ path: card === undefined ? ["card"] : ["card", "approval"], want }];
}

/** The whole of a stack file, for editors; Pulumi itself writes the fields beside `config`. */
export const stackFile = z.strictObject({
  config: stackConfig.safeExtend({
    "pulumi:disable-default-providers": z
      .array(z.string())
      .optional()
      .describe('`["*"]`: no resource may come from a provider that the program does not name.'),
  }),
  encryptionsalt: z.string().optional(),
  encryptedkey: z.string().optional(),
  secretsprovider: z.string().optional(),
});

/** The same frame around settings that are not checked yet. */
const stackFileFrame = stackFile.extend({ config: z.record(z.string(), z.unknown()) });

type StackConfig = z.output<typeof stackConfig>;
/** All versions of an endpoint, those of providers last. */
export function versionNames({
  versions,
  external,
}: Pick<EndpointSettings, "versions" | "external">): string[] {
  return [...Object.keys(versions), ...Object.keys(external)];
}

/** Settings of one stack, checked and with every default filled in. */
export type StackSettings = {
  readonly stack: string;
  readonly environment: StackConfig["rampa:environment"];
  readonly namespace: string;
  readonly owner: string;
  readonly costCenter: string;
  readonly cluster: StackConfig["rampa:cluster"];
  readonly local: StackConfig["rampa:local"];
  readonly aws: StackConfig["rampa:aws"];
  readonly image: StackConfig["rampa:image"];
  readonly promotion: StackConfig["rampa:promotion"];
  readonly branch: StackConfig["rampa:branch"];
  readonly gateway: StackConfig["rampa:gateway"];
  readonly network: StackConfig["rampa:network"];
  readonly bucketAccess: StackConfig["rampa:bucketAccess"];
  readonly artefactAuthority: StackConfig["rampa:artefactAuthority"];
  readonly modelCache: StackConfig["rampa:modelCache"];
  readonly quota: StackConfig["rampa:quota"];
  readonly monitoring: StackConfig["rampa:monitoring"];
  readonly data: StackConfig["rampa:data"];
  readonly providers: StackConfig["rampa:providers"];
  readonly secrets: StackConfig["rampa:secrets"];
  readonly endpoints: Endpoints;
};

/** Whether the stack makes its own cluster on AWS; one that is named by context goes before. */
export function ownsCluster({ cluster }: Pick<StackSettings, "cluster">): boolean {
  return cluster.use === "aws" && cluster.context === undefined;
}

/** Where what watches the stack runs. */
function monitoredPlace(config: StackConfig): MonitoredPlace {
  const { "rampa:environment": environment, "rampa:cluster": cluster } = config;
  const isHere = cluster.use === "auto" || cluster.use === "kind" || cluster.use === "embedded";
  const standing = isHere && cluster.context === undefined ? "machine" : "standing";
  return {
    environment,
    namespace: config["rampa:namespace"],
    cluster: ownsCluster({ cluster }) ? "own" : standing,
    scraper: config["rampa:network"].monitoringNamespace,
  };
}

/** The checks that need the stack's name and the day (`YYYY-MM-DD`), on which support of versions depends. */
function stackConfigOn(stack: string, day: string) {
  return stackConfig.superRefine((it, context) => {
    const { "rampa:aws": aws, "rampa:cluster": cluster, "rampa:environment": environment } = it;
    const report = (section: string, path: readonly (string | number)[], message: string): void =>
      context.addIssue({ code: "custom", path: [section, ...path], message });
    const endpoints = splitEndpoints(it["rampa:endpoints"]);
    for (const { section, path, want } of findProviderProblems({
      providers: it["rampa:providers"],
      keys: it["rampa:providerKeys"],
      endpoints,
      managed: ownsCluster({ cluster }) ? Object.keys(aws?.secrets.providerKeys ?? {}) : undefined,
    })) {
      report(section, path, want);
    }
    if (cluster.stack === stack) report("rampa:cluster", ["stack"], "another stack than itself");
    for (const { section, path, want } of findMonitoringProblems(it["rampa:monitoring"], monitoredPlace(it)))
      report(section, path, want);
    const reportBuckets = (own?: string): void => {
      const problems = findBucketProblems(endpoints, it["rampa:bucketAccess"], own);
      for (const { section, path, want } of problems) report(section, path, want);
    };
    if (!ownsCluster({ cluster })) return reportBuckets();
    if (aws === undefined) {
      const message = "account, region, zones and access of the cluster to make, or `rampa:cluster.context`";
      report("rampa:aws", [], message);
      return;
    }
    const ownership = { environment, owner: it["rampa:owner"], costCenter: it["rampa:costCenter"] };
    const awsContext = { stack, ownership, aws };
    for (const { path, want } of findAwsProblems(awsContext, day)) report("rampa:aws", path, want);
    reportBuckets(ownWeights(awsContext));
    for (const { path, want } of [
      ...findPlacementProblems(endpoints, aws.gpuPools),
      ...findScalerProblems(endpoints),
    ]) {
      report("rampa:endpoints", path, want);
    }
  });
}

/** Checks a stack's configuration, given by full key; throws one ConfigError with every problem. */
export function parseStackSettings(
  raw: Readonly<Record<string, unknown>>,
  stack: string,
  day = today(),
): StackSettings {
  // `pulumi:…` keys are the engine's own and checked by it.
  const ours = Object.fromEntries(Object.entries(raw).filter(([key]) => !key.startsWith("pulumi:")));
  const config = parseConfig(stackConfigOn(stack, day), withoutKeys(ours), {
    source: stackFileName(stack),
    next: `correct the file, then run \`pulumi preview --stack ${stack}\``,
  });
  return {
    stack,
    environment: config["rampa:environment"],
    namespace: config["rampa:namespace"],
    owner: config["rampa:owner"],
    costCenter: config["rampa:costCenter"],
    cluster: config["rampa:cluster"],
    local: config["rampa:local"],
    aws: config["rampa:aws"],
    image: config["rampa:image"],
    promotion: config["rampa:promotion"],
    branch: config["rampa:branch"],
    gateway: config["rampa:gateway"],
    network: config["rampa:network"],
    bucketAccess: config["rampa:bucketAccess"],
    artefactAuthority: config["rampa:artefactAuthority"],
    modelCache: config["rampa:modelCache"],
    quota: config["rampa:quota"],
    monitoring: config["rampa:monitoring"],
    data: config["rampa:data"],
    providers: config["rampa:providers"],
    secrets: config["rampa:secrets"],
    endpoints: splitEndpoints(config["rampa:endpoints"]),
  };
}

/** Reads the configuration of the stack that runs. The only place that reads Pulumi's configuration. */
export function readStackSettings(): StackSettings {
  const entries = Object.entries(runtime.allConfig()).map(([key, text]) => [
    key,
    asWritten(key, fromConfigText(text)),
  ]);
  return parseStackSettings(Object.fromEntries(entries), getStack());
}

/** Pulumi hands over every value as text: mappings and lists as JSON, the rest as it is. */
function fromConfigText(text: string): unknown {
  if (!/^\s*[{[]/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** `dev` → `stacks/Pulumi.dev.yaml`. */
function stackFileName(stack: string): string {
  return `stacks/Pulumi.${stack}.yaml`;
}

/** Reads and checks a stack file without Pulumi; throws a ConfigError when it is missing, no YAML, or wrong. */
export async function loadStackFile(path: string): Promise<StackSettings> {
  const stack = /Pulumi\.([^/]+)\.yaml$/.exec(path)?.[1] ?? path;
  return parseStackSettings(await readConfigBlock(path, stack), stack);
}

/** Path of a stack's file inside a checkout. */
export function stackFilePath(checkout: string, stack: string): string {
  return join(checkout, stackFileName(stack));
}

async function readConfigBlock(path: string, stack: string): Promise<Record<string, unknown>> {
  const source = stackFileName(stack);
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    const problem = { path: "", got: error.code ?? "an unreadable file", want: "a stack file" };
    throw new ConfigError(source, [problem], "`pulumi stack ls` lists the stacks");
  });
  const document = parseDocument(text);
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => ({
      path: "",
      got: error.message.split("\n")[0] ?? "",
      want: "valid YAML",
    }));
    throw new ConfigError(source, problems, `correct the file, then run \`pulumi preview --stack ${stack}\``);
  }
  const file = parseConfig(stackFileFrame, document.toJS(), {
    source,
    next: `correct the file, then run \`pulumi preview --stack ${stack}\``,
  });
  return file.config;
}
