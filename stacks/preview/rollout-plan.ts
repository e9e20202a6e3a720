// What a deployment does to the endpoints: weights step by step, pods replaced, the most GPUs at once. Pure.
import { z } from "zod";
import { GPU_DEVICE_CLASS } from "../../components/contract/gpus.ts";
import { LABELS } from "../../components/contract/labels.ts";
import { ROUTE_ANNOTATION_VERSIONS } from "../../serving/contract/route-annotations.ts";
import { parseJson } from "../local/parse-json.ts";
import { listAt, numberAt, type Resource, textAt, valueAt } from "./resource.ts";

/** Percent by version, as callers see it. */
export type Weights = Readonly<Record<string, number>>;

export type EndpointRollout = {
  readonly endpoint: string;
  /** Undefined for an endpoint that is new. */
  readonly before: Weights | undefined;
  /** One entry a step; a static canary has one. Empty when the endpoint is removed. */
  readonly steps: readonly Weights[];
  readonly versions: readonly VersionRollout[];
};

export type VersionRollout = {
  readonly version: string;
  /** `replaced`: its pods are exchanged by new ones; `scaled`: their number changes only. */
  readonly change: "added" | "removed" | "replaced" | "scaled" | "none";
  /** Pods that should run, as lower and upper bound where an autoscaler decides. */
  readonly pods: PodCount;
  /** Most pods at one time, old and new ones of a rolling update counted. */
  readonly peakPods: number;
  readonly gpusPerPod: number;
  /** Pool of GPU nodes that the pods are bound to. */
  readonly pool: string | undefined;
};

export type PodCount = { readonly least: number; readonly most: number };

const ROUTE = /^kubernetes:gateway\.networking\.k8s\.io\/[^:]+:HTTPRoute$/;
const DEPLOYMENT = /^kubernetes:apps\/v1:Deployment$/;
const SCALER = /^kubernetes:(keda\.sh\/[^:]+:ScaledObject|autoscaling\/v2:HorizontalPodAutoscaler)$/;
const CLAIM_TEMPLATE = /^kubernetes:resource\.k8s\.io\/[^:]+:ResourceClaimTemplate$/;
const GPU = /^nvidia\.com\/(gpu|mig-.+)$/;

/** One entry an endpoint that exists before or after, by name. */
export function planRollout(
  before: readonly Resource[],
  after: readonly Resource[],
): readonly EndpointRollout[] {
  const old = readEndpoints(before);
  const planned = readEndpoints(after);
  const names = [...new Set([...old.keys(), ...planned.keys()])].toSorted();
  return names.map((endpoint) => {
    const was = old.get(endpoint);
    const will = planned.get(endpoint);
    return {
      endpoint,
      before: was?.weights,
      steps: will === undefined ? [] : [will.weights],
      versions: compareVersions(was?.versions ?? new Map(), will?.versions ?? new Map()),
    };
  });
}

type Endpoint = { readonly weights: Weights; readonly versions: ReadonlyMap<string, Version> };

type Version = Omit<VersionRollout, "version" | "change" | "peakPods"> & {
  readonly surge: number;
  /** What makes new pods when it changes. */
  readonly template: string;
};

function readEndpoints(resources: readonly Resource[]): ReadonlyMap<string, Endpoint> {
  const deployments = resources.filter(({ type }) => DEPLOYMENT.test(type));
  const around = {
    scalers: resources.filter(({ type }) => SCALER.test(type)),
    claims: resources.filter(({ type }) => CLAIM_TEMPLATE.test(type)),
  };
  return new Map(
    resources
      .filter(({ type }) => ROUTE.test(type))
      .flatMap((route) => {
        const endpoint = textAt(route.props, "metadata", "labels", LABELS.endpoint);
        if (endpoint === undefined) return [];
        const own = deployments.filter(
          ({ props }) => textAt(props, "metadata", "labels", LABELS.endpoint) === endpoint,
        );
        const versions = own.map((it): [string, Version] => [versionOf(it), readVersion(it, around)]);
        return [[endpoint, { weights: readWeights(route), versions: new Map(versions) }]];
      }),
  );
}

function versionOf({ props }: Resource): string {
  return textAt(props, "metadata", "labels", LABELS.version) ?? "";
}

/** Proportions of the route → percent. A first preview does not know the names of Services, the annotation does. */
function readWeights(route: Resource): Weights {
  const versions = routeVersions(route);
  const refs = listAt(route.props, "spec", "rules").flatMap((rule) => listAt(rule, "backendRefs"));
  const sum = refs.reduce<number>((total, ref) => total + (numberAt(ref, "weight") ?? 1), 0);
  return Object.fromEntries(
    refs.map((ref, index) => {
      const version = versions.get(textAt(ref, "name") ?? "") ?? [...versions.values()][index] ?? "";
      const share = sum === 0 ? 0 : ((numberAt(ref, "weight") ?? 1) / sum) * 100;
      return [version, Math.round(share * 100) / 100];
    }),
  );
}

/** Service → version, in the order of the route's backends. */
function routeVersions({ props }: Resource): ReadonlyMap<string, string> {
  const text = textAt(props, "metadata", "annotations", ROUTE_ANNOTATION_VERSIONS) ?? "{}";
  return new Map(Object.entries(versionsSchema.safeParse(parseJson(text)).data ?? {}));
}

const versionsSchema = z.record(z.string(), z.string());

type Around = { readonly scalers: readonly Resource[]; readonly claims: readonly Resource[] };

function readVersion({ props }: Resource, { scalers, claims }: Around): Version {
  const template = valueAt(props, "spec", "template");
  const containers = listAt(template, "spec", "containers");
  const limits = containers.map((it) => valueAt(it, "resources", "limits"));
  const name = textAt(props, "metadata", "name");
  const scaler = scalers.find((it) => textAt(it.props, "spec", "scaleTargetRef", "name") === name);
  const fixed = numberAt(props, "spec", "replicas") ?? 1;
  return {
    pods: scaler === undefined ? { least: fixed, most: fixed } : scalerBounds(scaler),
    surge: numberAt(props, "spec", "strategy", "rollingUpdate", "maxSurge") ?? 0,
    template: JSON.stringify(template),
    gpusPerPod:
      limits.reduce<number>((sum, each) => sum + countGpus(each), 0) +
      listAt(template, "spec", "resourceClaims").reduce<number>(
        (sum, each) => sum + countClaimed(textAt(each, "resourceClaimTemplateName"), claims),
        0,
      ),
    pool: textAt(template, "spec", "nodeSelector", LABELS.pool),
  };
}

/** GPUs that a claim of the template has; each request of devices is for one unless it says more. */
function countClaimed(template: string | undefined, claims: readonly Resource[]): number {
  return claims
    .filter(({ props }) => textAt(props, "metadata", "name") === template)
    .flatMap(({ props }) => listAt(props, "spec", "spec", "devices", "requests"))
    .filter((request) => textAt(request, "exactly", "deviceClassName") === GPU_DEVICE_CLASS)
    .reduce<number>((sum, request) => sum + (numberAt(request, "exactly", "count") ?? 1), 0);
}

function scalerBounds({ props }: Resource): PodCount {
  const spec = valueAt(props, "spec");
  const least = numberAt(spec, "minReplicaCount") ?? numberAt(spec, "minReplicas") ?? 0;
  return { least, most: numberAt(spec, "maxReplicaCount") ?? numberAt(spec, "maxReplicas") ?? least };
}

function countGpus(limits: unknown): number {
  if (typeof limits !== "object" || limits === null) return 0;
  return Object.entries(limits)
    .filter(([name]) => GPU.test(name))
    .reduce((sum, [, amount]) => sum + Number(amount), 0);
}

function compareVersions(
  before: ReadonlyMap<string, Version>,
  after: ReadonlyMap<string, Version>,
): readonly VersionRollout[] {
  const names = [...new Set([...before.keys(), ...after.keys()])].toSorted();
  return names.map((version) => compareVersion(version, before.get(version), after.get(version)));
}

const NO_PODS: PodCount = { least: 0, most: 0 };

function compareVersion(
  version: string,
  was: Version | undefined,
  will: Version | undefined,
): VersionRollout {
  const { gpusPerPod, pool } = will ?? was ?? { gpusPerPod: 0, pool: undefined };
  const change = changeOf(was, will);
  const pods = will?.pods ?? NO_PODS;
  const most = Math.max(pods.most, was?.pods.most ?? 0);
  const peakPods = change === "replaced" ? most + (will?.surge ?? 0) : most;
  return { version, change, pods, peakPods, gpusPerPod, pool };
}

function changeOf(was: Version | undefined, will: Version | undefined): VersionRollout["change"] {
  if (was === undefined) return "added";
  if (will === undefined) return "removed";
  if (was.template !== will.template) return "replaced";
  const isScaled = was.pods.least !== will.pods.least || was.pods.most !== will.pods.most;
  return isScaled ? "scaled" : "none";
}
