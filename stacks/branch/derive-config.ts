// Settings of a preview environment from those of its base: the same models and rules, one small pod of each. Pure.
import { z } from "zod";
import { providerSecretName } from "../../components/kit/provider-secret.ts";
import { type ContainerResources, toMilliCpu } from "../../components/kit/quantities.ts";
import { type EndpointSettings, ownsCluster, type StackSettings } from "../settings.ts";
import type { BranchNames } from "./branch-name.ts";

/** The parts that change; whatever else the base says is taken over as it is written. */
const baseConfig = z.looseObject({
  "rampa:gateway": z.looseObject({}).default({}),
  "rampa:providers": z
    .record(z.string(), z.looseObject({ key: z.looseObject({ from: z.string() }) }))
    .default({}),
  "rampa:endpoints": z.record(
    z.string(),
    z.looseObject({ versions: z.record(z.string(), z.looseObject({})) }),
  ),
});

type BaseEndpoint = z.output<typeof baseConfig>["rampa:endpoints"][string];

export type BranchImage = {
  readonly repository: string;
  readonly digest: string;
  readonly sbomDigest: string;
};

export type Derivation = {
  readonly names: BranchNames;
  /** The base as it is written: the `config` of its file. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The base as it is meant, with its defaults. */
  readonly base: StackSettings;
  readonly expires: string;
  /** Of the local cluster, which takes images from this machine alone; the base's repository when left out. */
  readonly image?: BranchImage;
};

/**
 * What belongs to the base alone: its own cloud, its way in from this machine, where its releases come from, and its
 * alerts, as nobody is to be woken for a preview. Stores stay out as well: their rows are the base's. Keys at
 * providers are encrypted for the base.
 */
const NOT_TAKEN = [
  "rampa:aws",
  "rampa:local",
  "rampa:promotion",
  "rampa:monitoring",
  "rampa:data",
  "rampa:providerKeys",
];

/** The `config` of the branch's stack file. Needs a base that is no preview environment itself. */
export function deriveConfig({ names, config, base, expires, image }: Derivation): Record<string, unknown> {
  const own = baseConfig.parse(config);
  const endpoints = Object.entries(own["rampa:endpoints"]).map(([name, endpoint]) => [
    name,
    toSmallEndpoint(endpoint, base.endpoints[name]),
  ]);
  const changed = {
    "rampa:environment": "dev",
    "rampa:namespace": names.namespace,
    "rampa:branch": { name: names.branch, from: base.stack, expires },
    "rampa:cluster": deriveCluster(base),
    "rampa:image": image ?? withoutDigest(base.image),
    "rampa:gateway": {
      ...own["rampa:gateway"],
      ...smallest,
      resources: toSmallResources(base.gateway.resources),
      service: { kind: "clusterIp" },
      // The base's, and gone with a branch that had made it.
      createGatewayClass: false,
    },
    ...("rampa:providers" in config && {
      "rampa:providers": Object.fromEntries(Object.entries(own["rampa:providers"]).map(toOwnKey)),
    }),
    "rampa:endpoints": Object.fromEntries(endpoints),
  };
  const kept = Object.entries(config).filter(([key]) => !NOT_TAKEN.includes(key) && !(key in changed));
  return { ...Object.fromEntries(kept), ...changed };
}

const smallest = { replicas: 1, spread: "prefer" };

type BaseProvider = z.output<typeof baseConfig>["rampa:providers"][string];

/** A key in the branch's namespace is for whoever wants one there to make; without it the gateway refuses that provider's versions. */
function toOwnKey([name, { key, ...provider }]: [string, BaseProvider]): [string, object] {
  const isOfBase = key.from === "config" || key.from === "secretsManager";
  return [name, { ...provider, key: isOfBase ? { from: "secret", name: providerSecretName(name) } : key }];
}

/** One pod a version, whatever scales the base's; one on GPUs keeps its size, as the model needs it. */
function toSmallEndpoint(endpoint: BaseEndpoint, meant: EndpointSettings | undefined): BaseEndpoint {
  const versions = Object.entries(endpoint.versions).map(([version, { scaling: _, ...written }]) => {
    if (written.engine === "external") return [version, written];
    const { gpu, resources } = meant?.versions[version] ?? {};
    const isSmaller = resources !== undefined && gpu === undefined;
    return [
      version,
      { ...written, ...smallest, ...(isSmaller && { resources: toSmallResources(resources) }) },
    ];
  });
  return { ...endpoint, versions: Object.fromEntries(versions) };
}

const MOST_CPU = "1";

/** Memory stays: weights do not shrink. */
function toSmallResources({ cpu, cpuRequest, memory }: ContainerResources): ContainerResources {
  const request = cpuRequest === undefined ? undefined : toLess(cpuRequest);
  return { cpu: toLess(cpu), ...(request !== undefined && { cpuRequest: request }), memory };
}

function toLess(cpu: string): string {
  return toMilliCpu(cpu) > toMilliCpu(MOST_CPU) ? MOST_CPU : cpu;
}

/** A cluster on AWS is the base's own, or was another stack's to begin with. */
function deriveCluster(base: StackSettings): StackSettings["cluster"] {
  const { context } = base.cluster;
  if (context !== undefined) return { use: "context", context };
  return ownsCluster(base) ? { use: "stack", stack: base.stack } : base.cluster;
}

/** A preview runs the branch's own code, built by `up`. */
function withoutDigest(image: StackSettings["image"]): Record<string, unknown> | undefined {
  if (image === undefined) return undefined;
  const { digest: _, sbomDigest: __, ...rest } = image;
  return rest;
}
