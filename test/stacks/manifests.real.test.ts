// Every object of every stack, put to a real API server: strict field validation and the restricted pod standard.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { readGatewayDefinitions } from "../../stacks/local/cluster/gateway-api.ts";
import { silent } from "../../stacks/local/progress.ts";
import { onNamedCluster, planStack, STACKS } from "../kit/plan-stack.ts";
import type { RecordedResource } from "../kit/record-resources.ts";
import { readDefinitionsOf } from "../manifests/schemas/definition-sources.ts";
import { startTestCluster, type TestCluster } from "./local/engine/api-server-kit.ts";

const START_MS = 900_000;
const CALLS_MS = 60_000;

/** Kind → where its objects are posted; `{ns}` stands where the namespace goes. */
const PATHS: Readonly<Record<string, string>> = {
  Namespace: "/api/v1/namespaces",
  PersistentVolume: "/api/v1/persistentvolumes",
  PersistentVolumeClaim: "/api/v1/namespaces/{ns}/persistentvolumeclaims",
  PriorityClass: "/apis/scheduling.k8s.io/v1/priorityclasses",
  ServiceAccount: "/api/v1/namespaces/{ns}/serviceaccounts",
  ResourceQuota: "/api/v1/namespaces/{ns}/resourcequotas",
  LimitRange: "/api/v1/namespaces/{ns}/limitranges",
  Role: "/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/roles",
  RoleBinding: "/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/rolebindings",
  NetworkPolicy: "/apis/networking.k8s.io/v1/namespaces/{ns}/networkpolicies",
  ConfigMap: "/api/v1/namespaces/{ns}/configmaps",
  Secret: "/api/v1/namespaces/{ns}/secrets",
  Service: "/api/v1/namespaces/{ns}/services",
  Deployment: "/apis/apps/v1/namespaces/{ns}/deployments",
  StatefulSet: "/apis/apps/v1/namespaces/{ns}/statefulsets",
  CronJob: "/apis/batch/v1/namespaces/{ns}/cronjobs",
  ScaledObject: "/apis/keda.sh/v1alpha1/namespaces/{ns}/scaledobjects",
  PodDisruptionBudget: "/apis/policy/v1/namespaces/{ns}/poddisruptionbudgets",
  GatewayClass: "/apis/gateway.networking.k8s.io/v1/gatewayclasses",
  Gateway: "/apis/gateway.networking.k8s.io/v1/namespaces/{ns}/gateways",
  HTTPRoute: "/apis/gateway.networking.k8s.io/v1/namespaces/{ns}/httproutes",
};

const DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

let cluster: TestCluster;

beforeAll(async () => {
  const definitions = [...(await readGatewayDefinitions(silent)), ...(await readDefinitionsOf("keda.sh"))];
  cluster = await startTestCluster();
  for (const definition of definitions) {
    const { status, body } = await cluster.api("POST", DEFINITIONS, definition);
    if (status !== 201) throw new Error(JSON.stringify(body));
  }
  await waitServed("/apis/gateway.networking.k8s.io/v1/httproutes");
  await waitServed("/apis/keda.sh/v1alpha1/scaledobjects");
}, START_MS);

afterAll(async () => await cluster?.stop());

/** The API server serves a new definition a moment after it has accepted it. */
async function waitServed(path: string): Promise<void> {
  const deadline = Date.now() + CALLS_MS;
  while ((await cluster.api("GET", path)).status !== 200) {
    if (Date.now() > deadline) throw new Error(`${path} was not served within ${CALLS_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Posts an object as it is; an unknown or twice given field is an error, not a warning. */
async function post(kind: string, namespace: string, object: unknown, dryRun: boolean): Promise<unknown> {
  const path = PATHS[kind];
  if (path === undefined) throw new Error(`no path for ${kind}`);
  const query = `?fieldValidation=Strict${dryRun ? "&dryRun=All" : ""}`;
  const { status, body } = await cluster.api("POST", `${path.replace("{ns}", namespace)}${query}`, object);
  return status === 201 ? "created" : body;
}

const WORKLOADS = ["Deployment", "StatefulSet"];
const metadata = z.object({ namespace: z.string().optional() });

const kindOf = (resource: RecordedResource): string => resource.type.split(":").at(-1) ?? "";

describe.each(STACKS)("stack %s", (stack) => {
  it(
    "is accepted by a real API server, object by object and field by field",
    async () => {
      const { resources, settings } = await planStack(stack, { change: onNamedCluster });
      const objects = resources.filter((it) => it.type.startsWith("kubernetes:"));
      expect(objects.length).toBeGreaterThan(25);
      // What others are checked against has to exist; the rest is only tried.
      const first = (it: RecordedResource): boolean => ["Namespace", "PriorityClass"].includes(kindOf(it));
      for (const resource of [...objects.filter(first), ...objects.filter((it) => !first(it))]) {
        const { namespace = settings.namespace } = metadata.parse(resource.props.metadata);
        const answer = await post(kindOf(resource), namespace, resource.props, !first(resource));
        expect(answer, resource.name).toBe("created");
      }
    },
    CALLS_MS,
  );

  it(
    "has pods that its own namespace admits under the restricted standard",
    async () => {
      const { resources, settings } = await planStack(stack, { change: onNamedCluster });
      for (const workload of resources.filter((it) => WORKLOADS.includes(kindOf(it)))) {
        const { template } = workload.props.spec as { template: { metadata: object; spec: object } };
        const pod = { apiVersion: "v1", kind: "Pod", ...template };
        const named = { ...pod, metadata: { ...template.metadata, name: "try" } };
        const path = `/api/v1/namespaces/${settings.namespace}/pods?dryRun=All&fieldValidation=Strict`;
        const { status, body } = await cluster.api("POST", path, named);
        expect(status, JSON.stringify(body)).toBe(201);
        const rooted = { ...named, spec: { ...template.spec, securityContext: { runAsUser: 0 } } };
        expect((await cluster.api("POST", path, rooted)).status, "a root pod").toBe(403);
      }
    },
    CALLS_MS,
  );
});
