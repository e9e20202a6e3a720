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
