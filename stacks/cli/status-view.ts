// What works and what does not, from the facts: parts with cause and next command, endpoints with their versions. Pure.
import type { PartStatus } from "../local/cluster/cluster-status.ts";
import {
  type DeploymentObject,
  type PlatformObjects,
  type PodObject,
  type RouteObject,
  versionsOf,
} from "./platform-objects.ts";

export type StatusFacts = {
  readonly namespace: string;
  readonly baseUrl: string;
  /** Whether the Pulumi engine of this checkout is there. */
  readonly hasEngine: boolean;
  readonly cluster: readonly PartStatus[];
  /** Undefined where no API server answers. */
  readonly objects: PlatformObjects | undefined;
  readonly isGatewayReady: boolean;
};

export type PartView = {
  readonly part: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly next?: string;
};

export type EndpointView = {
  readonly name: string;
  readonly baseUrl: string;
  readonly versions: readonly {
    readonly version: string;
    readonly weight: number;
    readonly ready: boolean;
  }[];
};

export type StatusView = {
  readonly ok: boolean;
  readonly parts: readonly PartView[];
  readonly endpoints: readonly EndpointView[];
};

const UP = "npm run up";

export function viewStatus(facts: StatusFacts): StatusView {
  const { objects } = facts;
  const parts: PartView[] = [
    judge("engine", facts.hasEngine, ["ready", "not set up", UP]),
    ...facts.cluster.map(viewClusterPart),
    ...(objects ? viewObjects(objects, facts.namespace) : []),
    judge("gateway answers", facts.isGatewayReady, [
      `ready at ${facts.baseUrl}`,
      `nothing ready at ${facts.baseUrl}`,
      objects?.hasNamespace ? "npm run rampa -- logs gateway" : UP,
    ]),
  ];
  const endpoints = objects ? viewEndpoints(objects, facts.baseUrl) : [];
  return { ok: parts.every((part) => part.ok) && endpoints.length > 0, parts, endpoints };
}

function viewClusterPart({ part, ok, detail, next }: PartStatus): PartView {
  return { part, ok, detail, ...(next !== undefined && { next }) };
}

function judge(part: string, ok: boolean, [yes, no, next]: readonly [string, string, string]): PartView {
  return ok ? { part, ok, detail: yes } : { part, ok, detail: no, next };
}

function viewObjects(objects: PlatformObjects, namespace: string): readonly PartView[] {
  const space = judge(`namespace ${namespace}`, objects.hasNamespace, ["exists", "does not exist", UP]);
  return [space, ...objects.deployments.map(viewDeployment), ...objects.pods.filter(isUnwell).map(viewPod)];
}

function viewDeployment({ metadata, spec, status }: DeploymentObject): PartView {
  const count = `${status.availableReplicas} of ${spec.replicas} pods available`;
  const next = `npm run rampa -- logs ${metadata.name}`;
  return judge(`deployment ${metadata.name}`, status.availableReplicas >= spec.replicas, [
    count,
    count,
    next,
  ]);
}

function isUnwell({ status }: PodObject): boolean {
  if (status.phase === "Succeeded") return false;
  return status.phase !== "Running" || status.containerStatuses.some((container) => !container.ready);
}

function viewPod(pod: PodObject): PartView {
  const next = `npm run rampa -- logs ${pod.metadata.name}`;
  return { part: `pod ${pod.metadata.name}`, ok: false, detail: causeOf(pod), next };
}

/** The most telling words Kubernetes has about a pod: a waiting container, then a condition, then the phase. */
function causeOf({ status }: PodObject): string {
  for (const { name, ready, restartCount, state } of status.containerStatuses) {
    const restarts = restartCount > 0 ? `, ${restartCount} restarts` : "";
    if (state.waiting) {
      const { reason, message } = state.waiting;
      return `${name}: ${reason}${message ? ` (${message})` : ""}${restarts}`;
    }
    if (!ready) return `${name}: running, not ready yet${restarts}`;
  }
  const told = status.conditions.find((condition) => condition.status === "False" && condition.message);
  return told?.message ?? status.phase;
}

function viewEndpoints(objects: PlatformObjects, baseUrl: string): readonly EndpointView[] {
  return objects.routes.map((route) => ({
    name: route.metadata.name,
    baseUrl,
    versions: viewVersions(route, objects.deployments),
  }));
}

function viewVersions(
  route: RouteObject,
  deployments: readonly DeploymentObject[],
): EndpointView["versions"] {
  const versions = versionsOf(route);
  const backends = route.spec.rules.flatMap((rule) => rule.backendRefs);
  return backends.map(({ name, weight }) => {
    const deployment = deployments.find((it) => it.metadata.name === name);
    const ready = (deployment?.status.availableReplicas ?? 0) > 0;
    return { version: versions[name] ?? name, weight, ready };
  });
}

/** One line a part, the next command under what is not well, then the endpoints. */
export function renderStatus(view: StatusView): string {
  const width = Math.max(...view.parts.map(({ part }) => part.length));
  const parts = view.parts.flatMap(({ part, ok, detail, next }) => [
    `${ok ? "✓" : "✗"} ${part.padEnd(width)}  ${detail}`,
    ...(ok || next === undefined ? [] : [`  ${" ".repeat(width)}  next: ${next}`]),
  ]);
  const endpoints = view.endpoints.map(({ name, baseUrl, versions }) => {
    const shares = versions.map((it) => `${it.version} ${it.weight} %${it.ready ? "" : " (not ready)"}`);
    return `endpoint ${name} at ${baseUrl}: ${shares.join(", ")}`;
  });
  return [...parts, "", ...(endpoints.length > 0 ? endpoints : ["no endpoints"])].join("\n");
}
