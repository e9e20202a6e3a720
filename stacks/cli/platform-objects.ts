// The Kubernetes objects of a platform as the status and log verbs need them, decoded from API lists.
import { z } from "zod";
import {
  ROUTE_ANNOTATION_PROVIDERS,
  ROUTE_ANNOTATION_VERSIONS,
} from "../../serving/contract/route-annotations.ts";
import type { KubernetesApi } from "../local/cluster/kubernetes-api.ts";

const named = z.object({ name: z.string(), annotations: z.record(z.string(), z.string()).default({}) });

const deployment = z.object({
  metadata: named,
  spec: z.object({ replicas: z.int().default(1) }),
  status: z.object({ availableReplicas: z.int().default(0) }).default({ availableReplicas: 0 }),
});

const waiting = z.object({ reason: z.string().default("waiting"), message: z.string().optional() });
const terminated = z.object({
  exitCode: z.int(),
  reason: z.string().default("Error"),
  /** The container's last log lines, where it failed. */
  message: z.string().optional(),
});
const containerStatus = z.object({
  name: z.string(),
  ready: z.boolean(),
  restartCount: z.int(),
  state: z.object({ waiting: waiting.optional(), terminated: terminated.optional() }).default({}),
  lastState: z.object({ terminated: terminated.optional() }).default({}),
});
const pod = z.object({
  metadata: named,
  status: z
    .object({
      phase: z.string().default("Unknown"),
      conditions: z
        .array(z.object({ type: z.string(), status: z.string(), message: z.string().optional() }))
        .default([]),
      initContainerStatuses: z.array(containerStatus).default([]),
      containerStatuses: z.array(containerStatus).default([]),
    })
    .prefault({}),
});

const route = z.object({
  metadata: named,
  spec: z.object({
    rules: z
      .array(
        z.object({
          backendRefs: z.array(z.object({ name: z.string(), weight: z.int().default(1) })).default([]),
        }),
      )
      .default([]),
  }),
});

export type DeploymentObject = z.output<typeof deployment>;
export type ContainerStatus = z.output<typeof containerStatus>;
export type PodObject = z.output<typeof pod>;
export type RouteObject = z.output<typeof route>;

export type PlatformObjects = {
  readonly hasNamespace: boolean;
  readonly deployments: readonly DeploymentObject[];
  /** Stores; none where the stack has none. */
  readonly statefulSets?: readonly DeploymentObject[];
  readonly pods: readonly PodObject[];
  readonly routes: readonly RouteObject[];
};

const versionNames = z.record(z.string(), z.string());
const providerNames = z.record(z.string(), z.unknown());

/** Service name → version, as the canary component annotates it; empty where the annotation is missing or broken. */
export function versionsOf(it: RouteObject): Readonly<Record<string, string>> {
  return readAnnotation(it, ROUTE_ANNOTATION_VERSIONS, versionNames);
}

/** Versions that a provider serves: they have no pods, and are as ready as the gateway. */
export function providerVersionsOf(it: RouteObject): readonly string[] {
  return Object.keys(readAnnotation(it, ROUTE_ANNOTATION_PROVIDERS, providerNames));
}

function readAnnotation<T>(it: RouteObject, name: string, schema: z.ZodType<Record<string, T>>) {
  try {
    return schema.parse(JSON.parse(it.metadata.annotations[name] ?? "{}"));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) return {};
    throw error;
  }
}

export async function readObjects(api: KubernetesApi, namespace: string): Promise<PlatformObjects> {
  const within = `namespaces/${namespace}`;
  const [space, deployments, statefulSets, pods, routes] = await Promise.all([
    api.get(`/api/v1/${within}`),
    readList(api, `/apis/apps/v1/${within}/deployments`, deployment),
    readList(api, `/apis/apps/v1/${within}/statefulsets`, deployment),
    readList(api, `/api/v1/${within}/pods`, pod),
    readList(api, `/apis/gateway.networking.k8s.io/v1/${within}/httproutes`, route),
  ]);
  return { hasNamespace: space.status === 200, deployments, statefulSets, pods, routes };
}

/** Whether all pods of a Deployment work. */
export async function isAvailable(api: KubernetesApi, namespace: string, name: string): Promise<boolean> {
  const answer = await api.get(`/apis/apps/v1/namespaces/${namespace}/deployments/${name}`);
  if (answer.status !== 200) return false;
  const { spec, status } = deployment.parse(answer.body);
  return status.availableReplicas >= spec.replicas;
}

/** An unreachable server or a missing kind reads as none: the cluster's own part of the status says why. */
async function readList<S extends z.ZodType>(
  api: KubernetesApi,
  path: string,
  item: S,
): Promise<readonly z.output<S>[]> {
  const answer = await api.get(path);
  return answer.status === 200 ? z.object({ items: z.array(item) }).parse(answer.body).items : [];
}
