// Why an object is not ready, judged from statuses as API servers report them.
import { describe, expect, it } from "vitest";
import {
  describePodProblem,
  podProblem,
} from "../../../../stacks/local/engine/kubernetes-provider/pod-problems.ts";
import { judgeOf, type Related } from "../../../../stacks/local/engine/kubernetes-provider/readiness.ts";
import type { PropertyMap } from "../../../../stacks/local/engine/property-values.ts";

const NOTHING: Related = { endpointSlices: [], deployments: [], storageClass: undefined };

function verdict(apiVersion: string, kind: string, rest: PropertyMap, related: Related = NOTHING): string {
  const judged = judgeOf({ apiVersion, kind })?.judge({ apiVersion, kind, ...rest }, related);
  if (!judged) return "no judge";
  return judged.kind === "ready" ? "ready" : `${judged.kind}: ${judged.reason}`;
}

function deployment(status: PropertyMap): PropertyMap {
  return { metadata: { generation: 2 }, spec: { replicas: 2 }, status: { observedGeneration: 2, ...status } };
}

const ALL = { replicas: 2, updatedReplicas: 2, availableReplicas: 2 };

describe("a Deployment", () => {
  it.each([
    [
      "whose change was not seen",
      { observedGeneration: 1 },
      "waiting: its controller has not seen the change yet",
    ],
    ["in the middle of its rollout", { ...ALL, updatedReplicas: 1 }, "waiting: 1 of 2 pods updated"],
    ["with an old pod left", { ...ALL, replicas: 3 }, "waiting: 1 old pods still run"],
    ["with a pod not available", { ...ALL, availableReplicas: 1 }, "waiting: 1 of 2 pods available"],
    ["with all pods available", ALL, "ready"],
    [
      "past its progress deadline",
      {
        ...ALL,
        conditions: [
          { type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded", message: "timed out" },
        ],
      },
      "failed: timed out",
    ],
  ])("%s is judged by its counts", (_what, status, expected) => {
    expect(verdict("apps/v1", "Deployment", deployment(status))).toBe(expected);
  });

  it("scaled to zero is ready", () => {
    const status = { observedGeneration: 1 };
    expect(
      verdict("apps/v1", "Deployment", { metadata: { generation: 1 }, spec: { replicas: 0 }, status }),
    ).toBe("ready");
  });
});

describe("other kinds", () => {
  const selector = { spec: { selector: { a: "b" } } };
  const endpoints = (ready: boolean): Related => ({
    ...NOTHING,
    endpointSlices: [{ endpoints: [{ conditions: { ready } }] }],
  });

  it("wait for what they need", () => {
    expect(verdict("v1", "Service", selector)).toBe("waiting: no ready pod behind it yet");
    expect(verdict("v1", "Service", selector, endpoints(false))).toBe("waiting: no ready pod behind it yet");
    expect(verdict("v1", "Service", selector, endpoints(true))).toBe("ready");
    expect(verdict("v1", "Service", { spec: { ...selector.spec, clusterIP: "None" } })).toBe("ready");
    expect(verdict("v1", "Service", { spec: { type: "ExternalName" } })).toBe("ready");
  });

  it("let a claim be that is bound with its first pod", () => {
    const pending = { status: { phase: "Pending" } };
    const later = { ...NOTHING, storageClass: { volumeBindingMode: "WaitForFirstConsumer" } };
    expect(verdict("v1", "PersistentVolumeClaim", pending)).toBe("waiting: not bound to a volume yet");
    expect(verdict("v1", "PersistentVolumeClaim", pending, later)).toBe("ready");
    expect(verdict("v1", "PersistentVolumeClaim", { status: { phase: "Lost" } })).toBe(
      "failed: the volume it was bound to is gone",
    );
  });

  it("fail when they cannot become ready any more", () => {
    const failed = { status: { conditions: [{ type: "Failed", status: "True", message: "backoff limit" }] } };
    expect(verdict("batch/v1", "Job", failed)).toBe("failed: backoff limit");
    const taken = {
      status: { conditions: [{ type: "NamesAccepted", status: "False", message: "name taken" }] },
    };
    expect(verdict("apiextensions.k8s.io/v1", "CustomResourceDefinition", taken)).toBe("failed: name taken");
  });

  it("without a judge are ready as soon as they exist", () => {
    expect(judgeOf({ apiVersion: "v1", kind: "ConfigMap" })).toBeUndefined();
  });
});

function pod(status: PropertyMap): PropertyMap {
  return { metadata: { name: "chat-abc" }, status };
}

function container(rest: PropertyMap): PropertyMap {
  return pod({ phase: "Pending", containerStatuses: [{ name: "main", ready: false, ...rest }] });
}

describe("a pod", () => {
  it.each([
    [
      "whose image cannot be pulled",
      container({
        state: { waiting: { reason: "ImagePullBackOff", message: 'Back-off pulling image "x:1"' } },
      }),
      'pod chat-abc: main: ImagePullBackOff: Back-off pulling image "x:1"',
    ],
    [
      "that crashes",
      container({
        state: { waiting: { reason: "CrashLoopBackOff", message: "back-off 10s" } },
        lastState: { terminated: { reason: "OOMKilled", exitCode: 137 } },
      }),
      "pod chat-abc: main: CrashLoopBackOff: back-off 10s: last run OOMKilled with exit code 137",
    ],
    [
      "that crashed and was started again a moment ago",
      pod({
        phase: "Pending",
        initContainerStatuses: [
          {
            name: "fetch",
            ready: false,
            state: { running: { startedAt: "x" } },
            lastState: { terminated: { reason: "Error", exitCode: 1, message: "one\ntwo\n" } },
          },
        ],
      }),
      "pod chat-abc: fetch: runs again, last run Error with exit code 1: two",
    ],
    [
      "that no node can take",
      pod({
        phase: "Pending",
        conditions: [
          {
            type: "PodScheduled",
            status: "False",
            reason: "Unschedulable",
            message: "0/1 nodes: Insufficient cpu.",
          },
        ],
      }),
      "pod chat-abc: Unschedulable: 0/1 nodes: Insufficient cpu.",
    ],
    [
      "whose readiness probe fails",
      container({ started: true, state: { running: { startedAt: "x" } } }),
      "pod chat-abc: main: readiness probe fails",
    ],
    [
      "whose startup probe has not passed",
      container({ started: false, state: { running: { startedAt: "x" } } }),
      "pod chat-abc: main: startup probe has not passed yet",
    ],
    [
      "that is starting",
      container({ state: { waiting: { reason: "ContainerCreating" } } }),
      "pod chat-abc: Pending, containers are being created",
    ],
  ])("%s says so in one line", (_what, given, expected) => {
    const problem = podProblem(given);
    expect(problem && describePodProblem(problem)).toBe(expected);
  });

  it("that is ready or done has no problem", () => {
    expect(podProblem(pod({ phase: "Succeeded" }))).toBeUndefined();
    expect(podProblem(pod({ conditions: [{ type: "Ready", status: "True" }] }))).toBeUndefined();
  });
});
