// Waiting for an object: which of the verdicts in its status end the wait.
import { expect, it } from "vitest";
import { awaitReady } from "../../../../stacks/local/engine/kubernetes-provider/await-object.ts";
import type { ClusterAccess } from "../../../../stacks/local/engine/kubernetes-provider/cluster-access.ts";
import type { PropertyMap } from "../../../../stacks/local/engine/property-values.ts";

const counts = { observedGeneration: 2, replicas: 1, updatedReplicas: 1, availableReplicas: 1 };

function deployment(status: PropertyMap): PropertyMap {
  const metadata = { name: "chat", namespace: "rampa", generation: 2 };
  return { kind: "Deployment", metadata, spec: { replicas: 1 }, status: { ...counts, ...status } };
}

const timedOut = deployment({
  conditions: [
    { type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded", message: "too late" },
  ],
});
const ready = deployment({});

/** Answers one state after the other, the last one for ever. */
function accessTo(states: readonly PropertyMap[]): ClusterAccess {
  const left = [...states];
  const refuse = () => Promise.reject(new Error("not asked for here"));
  return {
    server: "https://127.0.0.1:6443",
    get: async () => (left.length > 1 ? left.shift() : left[0]),
    list: async () => [],
    find: refuse,
    apply: refuse,
    remove: refuse,
    logTail: refuse,
  };
}

const ref = { apiVersion: "apps/v1", kind: "Deployment", namespace: "rampa", name: "chat" };

function wait(states: readonly PropertyMap[]) {
  const [first = ready, ...rest] = states;
  const options = { timeoutSeconds: 30, status: () => {}, signal: new AbortController().signal };
  return awaitReady(accessTo(rest.length > 0 ? rest : [first]), ref, first, options);
}

it("a verdict of the rollout before the change does not end the wait", async () => {
  expect(await wait([timedOut, timedOut, ready])).toMatchObject({ kind: "ready" });
});

it("a failure that lasts does", async () => {
  const { kind, ...rest } = await wait([timedOut]);
  expect(kind).toBe("not-ready");
  expect(rest).toMatchObject({ reasons: ["Deployment rampa/chat is not ready: too late"] });
});

const behind = (name: string, app: string, object: PropertyMap): PropertyMap => ({
  ...object,
  metadata: { name, namespace: "rampa", generation: 2 },
  spec: { replicas: 1, template: { metadata: { labels: { app, tier: "model" } } } },
});

/** Waits for a Service that has no ready pod, beside these Deployments. */
async function waitForService(deployments: readonly PropertyMap[], timeoutSeconds = 30) {
  const service = {
    kind: "Service",
    metadata: { name: "chat", namespace: "rampa" },
    spec: { clusterIP: "10.96.0.7", selector: { app: "chat" } },
  };
  const asked: string[] = [];
  const access: ClusterAccess = {
    ...accessTo([service]),
    list: async ({ kind }) => {
      asked.push(kind);
      return kind === "Deployment" ? [...deployments] : [];
    },
  };
  const options = { timeoutSeconds, status: () => {}, signal: new AbortController().signal };
  const ref = { apiVersion: "v1", kind: "Service", namespace: "rampa", name: "chat" };
  return { ...(await awaitReady(access, ref, service, options)), asked };
}

it("a Service fails soon with the reason of the Deployment behind it", async () => {
  const started = Date.now();
  const found = await waitForService([
    behind("chat-1-0-0", "chat", timedOut),
    behind("other", "other", ready),
  ]);
  expect(found).toMatchObject({
    kind: "not-ready",
    reasons: [
      "Service rampa/chat is not ready: no ready pod behind it, and none will come: Deployment chat-1-0-0: too late",
    ],
  });
  expect(Date.now() - started).toBeLessThan(10_000);
});

it.each([
  [
    "another Deployment may still bring pods",
    [behind("a", "chat", timedOut), behind("b", "chat", deployment({ availableReplicas: 0 }))],
  ],
  ["only a stranger has failed", [behind("other", "other", timedOut)]],
  ["there is no Deployment yet", []],
])("a Service waits on where %s", async (_what, deployments) => {
  const found = await waitForService(deployments, 3);
  expect(found).toMatchObject({
    reasons: ["Service rampa/chat is not ready: no ready pod behind it yet, and the time for it is up"],
  });
});
