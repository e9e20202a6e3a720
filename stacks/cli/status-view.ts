// What works and what does not, from the facts: parts with cause and next command, endpoints with their versions. Pure.
import type { PartStatus } from "../local/cluster/cluster-status.ts";
import { lastWords } from "../local/last-words.ts";
import { rampaCommand, upCommand } from "./next-command.ts";
import {
  type ContainerStatus,
  type DeploymentObject,
  type PlatformObjects,
  type PodObject,
  providerVersionsOf,
  type RouteObject,
  versionsOf,
} from "./platform-objects.ts";

export type StatusFacts = {
  readonly stack: string;
  readonly namespace: string;
  readonly baseUrl: string;
  /** Whether the Pulumi engine of this checkout is there. */
  readonly hasEngine: boolean;
  readonly cluster: readonly PartStatus[];
  /** Undefined where no API server answers. */
  readonly objects: PlatformObjects | undefined;
  readonly isGatewayReady: boolean;
  /** Of the stack's own; undefined where it has none. */
  readonly prometheus: { readonly namespace: string; readonly isReady: boolean } | undefined;
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

export function viewStatus(facts: StatusFacts): StatusView {
  const { objects, stack } = facts;
  const up = upCommand(stack);
  const parts: PartView[] = [
    judge("engine", facts.hasEngine, ["ready", "not set up", up]),
    ...facts.cluster.map(viewClusterPart),
    ...(objects ? viewObjects(objects, facts) : []),
    judge("gateway answers", facts.isGatewayReady, [
      `ready at ${facts.baseUrl}`,
      `nothing ready at ${facts.baseUrl}`,
      objects?.hasNamespace ? rampaCommand("logs gateway", stack) : up,
    ]),
    ...viewPrometheus(facts.prometheus),
  ];
  const endpoints = objects ? viewEndpoints(objects, facts.baseUrl) : [];
  return { ok: parts.every((part) => part.ok) && endpoints.length > 0, parts, endpoints };
}

/** It answers inside of the cluster only, and to whom the cluster lets through. */
function viewPrometheus(prometheus: StatusFacts["prometheus"]): readonly PartView[] {
  if (prometheus === undefined) return [];
  const { namespace, isReady } = prometheus;
  const kubectl = `kubectl --namespace ${namespace}`;
  const open = `ready at 127.0.0.1:9090 after: ${kubectl} port-forward service/prometheus 9090`;
  return [judge("prometheus", isReady, [open, "not ready", `${kubectl} describe pods`])];
}

function viewClusterPart({ part, ok, detail, next }: PartStatus): PartView {
  return { part, ok, detail, ...(next !== undefined && { next }) };
}

function judge(part: string, ok: boolean, [yes, no, next]: readonly [string, string, string]): PartView {
  return ok ? { part, ok, detail: yes } : { part, ok, detail: no, next };
}

function viewObjects(
  objects: PlatformObjects,
  { namespace, stack }: Pick<StatusFacts, "namespace" | "stack">,
): readonly PartView[] {
  const space = judge(`namespace ${namespace}`, objects.hasNamespace, [
    "exists",
    "does not exist",
    upCommand(stack),
  ]);
  return [
    space,
    ...objects.deployments.map((it) => viewWorkload("deployment", it, stack)),
    ...(objects.statefulSets ?? []).map((it) => viewWorkload("stateful set", it, stack)),
    ...objects.pods.filter(isUnwell).map((pod) => viewPod(pod, stack)),
  ];
}

function viewWorkload(kind: string, { metadata, spec, status }: DeploymentObject, stack: string): PartView {
  const count = `${status.availableReplicas} of ${spec.replicas} pods available`;
  const next = rampaCommand(`logs ${metadata.name}`, stack);
  return judge(`${kind} ${metadata.name}`, status.availableReplicas >= spec.replicas, [count, count, next]);
}

function isUnwell({ status }: PodObject): boolean {
  if (status.phase === "Succeeded") return false;
  return status.phase !== "Running" || status.containerStatuses.some((container) => !container.ready);
}

function viewPod(pod: PodObject, stack: string): PartView {
  const next = rampaCommand(`logs ${pod.metadata.name}`, stack);
  return { part: `pod ${pod.metadata.name}`, ok: false, detail: causeOf(pod), next };
}

/** The most telling words Kubernetes has about a pod: its first container that is not well, a condition, the phase. */
function causeOf({ status }: PodObject): string {
  const containers = [...status.initContainerStatuses, ...status.containerStatuses];
  const unready = containers.find(({ ready }) => !ready);
  if (unready) return describeContainer(unready);
  const told = status.conditions.find((condition) => condition.status === "False" && condition.message);
  return told?.message ?? status.phase;
}

function describeContainer({ name, restartCount, state, lastState }: ContainerStatus): string {
  const ended = state.terminated ?? lastState.terminated;
  const words = lastWords(ended?.message);
  const parts = [
    `${name}: ${describeState(state)}`,
    ...(restartCount > 0 ? [`${restartCount} restarts`] : []),
    ...(words === undefined ? [] : [`its last words: ${words}`]),
  ];
  return parts.join(", ");
}

function describeState({ waiting, terminated }: ContainerStatus["state"]): string {
  if (waiting) return `${waiting.reason}${waiting.message ? ` (${waiting.message})` : ""}`;
  if (terminated) return `${terminated.reason} with exit code ${terminated.exitCode}`;
  return "running, not ready yet";
}

function viewEndpoints(objects: PlatformObjects, baseUrl: string): readonly EndpointView[] {
  return objects.routes.map((route) => ({
    name: route.metadata.name,
    baseUrl,
    versions: viewVersions(route, objects.deployments),
  }));
}

const GATEWAY = "gateway";

function viewVersions(
  route: RouteObject,
  deployments: readonly DeploymentObject[],
): EndpointView["versions"] {
  const versions = versionsOf(route);
  const ofProviders = providerVersionsOf(route);
  const backends = route.spec.rules.flatMap((rule) => rule.backendRefs);
  return backends.map(({ name, weight }) => {
    const version = versions[name] ?? name;
    const server = ofProviders.includes(version) ? GATEWAY : name;
    const deployment = deployments.find((it) => it.metadata.name === server);
    const ready = (deployment?.status.availableReplicas ?? 0) > 0;
    return { version, weight, ready };
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
