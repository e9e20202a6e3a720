// definePlatform: the composition root; wires the components of one environment together and decides nothing.
import type { Output, ProviderResource, Resource } from "@pulumi/pulumi";
import { StaticCanary } from "../components/canary/canary.ts";
import { Environment } from "../components/environment/environment.ts";
import { AiGateway } from "../components/gateway/gateway.ts";
import { RuntimeImage } from "../components/image/image.ts";
import { workloadName } from "../components/kit/names.ts";
import { Isolation } from "../components/network/network.ts";
import { ClientKeys } from "../components/secrets/secrets.ts";
import { ExternalVersion } from "../components/serving/external.ts";
import { ModelCache } from "../components/serving/model-cache.ts";
import { ModelVersion } from "../components/serving/serving.ts";
import { bucketWeights } from "./bucket-weights.ts";
import { defineMonitoring } from "./define-monitoring.ts";
import { gatewayBaseUrl } from "./gateway-url.ts";
import type { ToolReferences } from "./local/images/tool-image.ts";
import { standaloneStackOf } from "./monitoring-settings.ts";
import { providerPeers } from "./provider-settings.ts";
import { type EndpointSettings, type StackSettings, versionNames } from "./settings.ts";
import { defineStores } from "./stores.ts";

export type PlatformRefs = {
  readonly providers: { readonly kubernetes: ProviderResource; readonly random: ProviderResource };
  /** The key at each provider whose `key.from` is `config`; secret. */
  readonly providerKeys?: Readonly<Record<string, Output<string>>> | undefined;
  readonly image: {
    readonly repository: string;
    readonly digest: string;
    readonly sbomDigest?: string | undefined;
    readonly allowedRegistries?: string[] | undefined;
  };
  /** Servers of others whose images were built here. */
  readonly tools?: ToolReferences | undefined;
  /** Address ranges of the API server where they are known; those of the settings count before them. */
  readonly apiServers?: string[] | undefined;
  /** Directory of verified weights on the cluster's nodes, which pods only read. */
  readonly modelCachePath?: string | undefined;
  /** Directory of the cluster's one node that has a directory a volume; undefined where the cluster makes volumes. */
  readonly storeDirectory?: string | undefined;
  /** What a cluster of the stack's own adds; undefined on one that stood before. */
  readonly own?: OwnGround | undefined;
};

export type Keys = Pick<ClientKeys, "apiKey" | "checksum" | "secretName">;

export type OwnGround = {
  /** What everything in the cluster depends on. */
  readonly ready: readonly Resource[];
  /** What defines the kinds that monitoring consists of; none without it. */
  readonly monitoring: readonly Resource[];
  /** Ranges that the API server's addresses as pods see them are in. */
  readonly apiServers: string[];
  /** Ranges of the load balancer in front of the gateway; none without one. */
  readonly clients: string[];
  defineKeys(place: { readonly namespace: Output<string>; readonly dependsOn: Resource[] }): Keys;
  /** The right of model pods to read the stack's bucket of weights. */
  defineModelAccess(): Resource;
  /** The way in from outside, where the settings ask for one. */
  defineIngress(gateway: { readonly namespace: Output<string>; readonly service: Output<string> }): void;
};

export type EndpointOutput = {
  readonly name: string;
  /** What an OpenAI client takes as its base URL. */
  readonly baseUrl: string;
  readonly versions: readonly { readonly version: string; readonly weight: number }[];
};

export type PlatformOutputs = {
  readonly endpoints: readonly EndpointOutput[];
  /** The newest client key; secret. */
  readonly apiKey: Output<string>;
  readonly namespace: Output<string>;
  /** Image reference by digest. */
  readonly image: Output<string>;
};

type Wiring = {
  readonly settings: StackSettings;
  readonly ownership: { readonly environment: string; readonly owner: string; readonly costCenter: string };
  readonly environment: Environment;
  readonly isolation: Isolation;
  readonly image: RuntimeImage;
  readonly cache: CacheChoice["mode"];
  readonly cacheClaim: Output<string> | undefined;
  /** What pods of models need before they start. */
  readonly modelAccess: readonly Resource[];
  readonly providers: ProviderResource[];
};

/** Creates everything one environment consists of. Needs checked settings; the providers come from the caller. */
export function definePlatform(settings: StackSettings, refs: PlatformRefs): PlatformOutputs {
  const wiring = defineGround(settings, refs);
  const { ownership, environment, isolation, image, providers } = wiring;
  const { namespace } = environment;
  const keys = defineKeys(wiring, refs);
  const gateway = new AiGateway(
    "gateway",
    {
      ...settings.gateway,
      ownership,
      namespace: settings.namespace,
      providers: settings.providers,
      refs: {
        namespace,
        ...environment.roles.gateway,
        image: image.reference,
        keysSecret: keys.secretName,
        keysChecksum: keys.checksum,
        ...(refs.providerKeys && { providerKeys: refs.providerKeys }),
      },
    },
    { providers, dependsOn: [environment, isolation] },
  );
  for (const [name, endpoint] of Object.entries(settings.endpoints)) {
    defineEndpoint(wiring, { name, endpoint, gateway });
  }
  defineStores(settings, {
    ownership,
    namespace,
    priorityClass: environment.roles.gateway.priorityClass,
    providers,
    dependsOn: [environment, isolation],
    tools: refs.tools ?? {},
    directory: refs.storeDirectory,
  });
  defineMonitoring(settings, {
    ownership,
    namespace,
    providers,
    dependsOn: [environment, ...(refs.own?.monitoring ?? [])],
    tools: refs.tools ?? {},
  });
  refs.own?.defineIngress({ namespace, service: gateway.serviceName });
  return {
    endpoints: toEndpointOutputs(settings),
    apiKey: keys.apiKey,
    namespace,
    image: image.reference,
  };
}

/** As Kubernetes Secrets, unless the stack's own cluster has a better place for them. */
function defineKeys({ settings, ownership, environment, providers }: Wiring, { own }: PlatformRefs): Keys {
  const { namespace } = environment;
  if (own !== undefined) return own.defineKeys({ namespace, dependsOn: [environment] });
  return new ClientKeys(
    "client-keys",
    { ownership, ...settings.secrets, refs: { namespace } },
    { providers, dependsOn: [environment] },
  );
}

/** What pods stand on: the namespace, its isolation, the image and the weights. */
function defineGround(settings: StackSettings, refs: PlatformRefs): Wiring {
  const { environment: kind, owner, costCenter, namespace: name, quota } = settings;
  const ownership = { environment: kind, owner, costCenter };
  const providers = [refs.providers.kubernetes, refs.providers.random];
  const image = new RuntimeImage("runtime-image", { ...refs.image }, { providers });
  const environment = new Environment(
    "environment",
    { ownership, namespace: name, quota },
    { providers, dependsOn: [...(refs.own?.ready ?? [])] },
  );
  const { namespace } = environment;
  const readsBucket = bucketWeights(settings.endpoints).length > 0;
  const modelAccess = readsBucket && refs.own ? [refs.own.defineModelAccess()] : [];
  const weights = chooseCache(settings, refs);
  const isolation = new Isolation(
    "isolation",
    {
      ...settings.network,
      apiServers: settings.network.apiServers ?? refs.apiServers ?? refs.own?.apiServers,
      clients: [...settings.network.clients, ...(refs.own?.clients ?? [])],
      monitoringNamespace: settings.network.monitoringNamespace ?? standaloneStackOf(settings)?.namespace,
      ownership,
      artefacts: weights.mode === "node" ? "cached" : "fetched",
      providers: providerPeers(settings.providers),
      podIdentity: readsBucket && (refs.own !== undefined || settings.bucketAccess === "pod-identity"),
      refs: { namespace },
    },
    { providers, dependsOn: [environment] },
  );
  const { mode, ...cache } = weights;
  const cacheClaim =
    cache.path === undefined
      ? undefined
      : new ModelCache(
          "model-cache",
          { ownership, namespace: name, ...cache, refs: { namespace } },
          { providers },
        ).claimName;
  const ground = { settings, ownership, environment, isolation, image, providers };
  return { ...ground, cache: mode, cacheClaim, modelAccess };
}

type CacheChoice =
  | { readonly mode: "node"; readonly path: string; readonly filledBy: "host" }
  | { readonly mode: "shared"; readonly path: string; readonly filledBy: "pods" }
  | { readonly mode: "pod"; readonly path?: never };

function chooseCache({ modelCache }: StackSettings, { modelCachePath }: PlatformRefs): CacheChoice {
  if (modelCachePath !== undefined) return { mode: "node", path: modelCachePath, filledBy: "host" };
  return modelCache === undefined
    ? { mode: "pod" }
    : { mode: "shared", path: modelCache.path, filledBy: "pods" };
}

type EndpointParts = {
  readonly name: string;
  readonly endpoint: EndpointSettings;
  readonly gateway: AiGateway;
};

function defineEndpoint(wiring: Wiring, { name, endpoint, gateway }: EndpointParts): void {
  const { ownership, environment, providers } = wiring;
  const own = Object.fromEntries(
    Object.entries(endpoint.versions).map(([version, settings]) => [
      version,
      defineVersion(wiring, { endpoint: name, version, settings }),
    ]),
  );
  const services = { ...own, ...defineExternal(wiring, { name, endpoint, gateway }) };
  new StaticCanary(
    `${name}-canary`,
    {
      ownership,
      endpoint: name,
      versions: versionNames(endpoint),
      weights: endpoint.weights,
      stickyBy: endpoint.stickyBy,
      sleeping: sleepingVersions(endpoint),
      external: externalModels(endpoint),
      refs: { namespace: environment.namespace, gateway: gateway.gatewayName, services },
    },
    { providers },
  );
}

/** Names of the Services of the versions that providers serve; they lead to the gateway, and so are there after it. */
function defineExternal(wiring: Wiring, { name, endpoint, gateway }: EndpointParts) {
  const { ownership, environment, providers } = wiring;
  return Object.fromEntries(
    Object.entries(endpoint.external).map(([version, { engine: _, ...settings }]) => [
      version,
      new ExternalVersion(
        workloadName(name, version),
        { ...settings, ownership, endpoint: name, version, refs: { namespace: environment.namespace } },
        { providers, dependsOn: [environment, gateway] },
      ).serviceName,
    ]),
  );
}

function externalModels({ external }: EndpointSettings) {
  return Object.fromEntries(
    Object.entries(external).map(([version, { provider, model }]) => [version, { provider, model }]),
  );
}

/** Versions whose last pod may go: the gateway holds their requests until one is back. */
function sleepingVersions({ versions }: EndpointSettings): string[] {
  return Object.entries(versions)
    .filter(([, { scaling }]) => scaling.kind === "keda" && scaling.min === 0)
    .map(([version]) => version);
}

type VersionParts = {
  readonly endpoint: string;
  readonly version: string;
  readonly settings: EndpointSettings["versions"][string];
};

/** Creates one version's model servers; returns the name of their Service. */
function defineVersion(wiring: Wiring, { endpoint, version, settings }: VersionParts): Output<string> {
  const { ownership, environment, isolation, image, cache, cacheClaim, modelAccess, providers } = wiring;
  const { artefactAuthority } = wiring.settings;
  return new ModelVersion(
    workloadName(endpoint, version),
    {
      ...settings,
      ownership,
      endpoint,
      version,
      cache,
      ...(artefactAuthority !== undefined && { artefactAuthority }),
      refs: {
        namespace: environment.namespace,
        ...environment.roles.model,
        image: image.reference,
        ...(cacheClaim && { cacheClaim }),
      },
    },
    { providers, dependsOn: [environment, isolation, ...modelAccess] },
  ).serviceName;
}

function toEndpointOutputs(settings: StackSettings): EndpointOutput[] {
  return Object.entries(settings.endpoints).map(([name, endpoint]) => ({
    name,
    baseUrl: gatewayBaseUrl(settings),
    versions: versionNames(endpoint).map((version) => ({ version, weight: endpoint.weights[version] ?? 0 })),
  }));
}
