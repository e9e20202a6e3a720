// The status from facts: causes, next commands, endpoints with weights and readiness.
import { describe, expect, it } from "vitest";
import type { PlatformObjects } from "../../../stacks/cli/platform-objects.ts";
import { renderStatus, type StatusFacts, viewStatus } from "../../../stacks/cli/status-view.ts";

const deployment = (name: string, available: number) => ({
  metadata: { name, annotations: {} },
  spec: { replicas: 2 },
  status: { availableReplicas: available },
});

const objects: PlatformObjects = {
  hasNamespace: true,
  deployments: [deployment("gateway", 2), deployment("chat-1-0-0", 2), deployment("chat-1-1-0", 0)],
  pods: [
    {
      metadata: { name: "chat-1-1-0-x", annotations: {} },
      status: {
        phase: "Pending",
        conditions: [],
        initContainerStatuses: [],
        containerStatuses: [
          {
            name: "model",
            ready: false,
            restartCount: 3,
            state: { waiting: { reason: "CrashLoopBackOff", message: "back-off 40s" } },
            lastState: {},
          },
        ],
      },
    },
    {
      metadata: { name: "chat-1-1-0-y", annotations: {} },
      status: {
        phase: "Pending",
        conditions: [{ type: "PodScheduled", status: "False", message: "0/1 nodes: Insufficient memory" }],
        initContainerStatuses: [],
        containerStatuses: [],
      },
    },
    {
      metadata: { name: "gateway-a", annotations: {} },
      status: {
        phase: "Running",
        conditions: [],
        initContainerStatuses: [],
        containerStatuses: [{ name: "gateway", ready: true, restartCount: 0, state: {}, lastState: {} }],
      },
    },
  ],
  routes: [
    {
      metadata: {
        name: "chat",
        annotations: { "rampa.dev/versions": '{"chat-1-0-0":"1.0.0","chat-1-1-0":"1.1.0"}' },
      },
      spec: {
        rules: [
          {
            backendRefs: [
              { name: "chat-1-0-0", weight: 90 },
              { name: "chat-1-1-0", weight: 10 },
            ],
          },
        ],
      },
    },
  ],
};

const facts: StatusFacts = {
  stack: "local",
  namespace: "rampa",
  baseUrl: "http://127.0.0.1:8080/v1",
  hasEngine: true,
  cluster: [{ part: "kubelet", ok: true, detail: "running", next: undefined, logFile: undefined }],
  objects,
  isGatewayReady: true,
  prometheus: undefined,
};

describe("the status", () => {
  it("counts the pods of stores as those of deployments", () => {
    const statefulSets = [deployment("postgres", 1)];
    const { parts } = viewStatus({ ...facts, objects: { ...objects, statefulSets } });
    expect(parts).toContainEqual({
      part: "stateful set postgres",
      ok: false,
      detail: "1 of 2 pods available",
      next: "npm run rampa -- logs postgres",
    });
  });

  it("gives each endpoint its versions with weight and readiness", () => {
    expect(viewStatus(facts).endpoints).toEqual([
      {
        name: "chat",
        baseUrl: "http://127.0.0.1:8080/v1",
        versions: [
          { version: "1.0.0", weight: 90, ready: true },
          { version: "1.1.0", weight: 10, ready: false },
        ],
      },
    ]);
  });

  it("takes a provider's version for as ready as the gateway, whose pods call the provider", () => {
    const [route] = objects.routes;
    const annotations = {
      ...route?.metadata.annotations,
      "rampa.dev/providers": '{"1.1.0":{"provider":"openai","model":"gpt-4.1-mini"}}',
    };
    const routes = route === undefined ? [] : [{ ...route, metadata: { name: "chat", annotations } }];
    const readyWith = (gateways: number) =>
      viewStatus({
        ...facts,
        objects: { ...objects, routes, deployments: [deployment("gateway", gateways)] },
      }).endpoints[0]?.versions.map(({ version, ready }) => [version, ready]);
    expect(readyWith(1)).toEqual([
      ["1.0.0", false],
      ["1.1.0", true],
    ]);
    expect(readyWith(0)?.[1]).toEqual(["1.1.0", false]);
  });

  it("says why a pod is not well and what to run next, and leaves well pods out", () => {
    const pods = viewStatus(facts).parts.filter(({ part }) => part.startsWith("pod "));
    expect(pods).toEqual([
      {
        part: "pod chat-1-1-0-x",
        ok: false,
        detail: "model: CrashLoopBackOff (back-off 40s), 3 restarts",
        next: "npm run rampa -- logs chat-1-1-0-x",
      },
      {
        part: "pod chat-1-1-0-y",
        ok: false,
        detail: "0/1 nodes: Insufficient memory",
        next: "npm run rampa -- logs chat-1-1-0-y",
      },
    ]);
  });

  it.each<[string, string | undefined, string]>([
    [
      "code and message of a JSON line",
      '{"event":"progress"}\n{"event":"error","code":"artefact.checksum","message":"got sha256 a, want sha256 b"}\n',
      ", its last words: artefact.checksum: got sha256 a, want sha256 b",
    ],
    ["a plain line as it is", "first\nFatal: no memory\n", ", its last words: Fatal: no memory"],
    ["nothing of an empty log", "", ""],
    ["nothing where there is no log", undefined, ""],
  ])("quotes an init container that keeps failing: %s", (_, message, words) => {
    const ended = { exitCode: 1, reason: "Error", ...(message !== undefined && { message }) };
    const fetch = {
      name: "fetch",
      ready: false,
      restartCount: 2,
      state: { waiting: { reason: "CrashLoopBackOff" } },
      lastState: { terminated: ended },
    };
    const [, pending] = objects.pods;
    if (pending === undefined) throw new Error("no pending pod");
    const pod = { ...pending, status: { ...pending.status, initContainerStatuses: [fetch] } };
    const { parts } = viewStatus({ ...facts, objects: { ...objects, pods: [pod] } });
    expect(parts.find(({ part }) => part === "pod chat-1-1-0-y")?.detail).toBe(
      `fetch: CrashLoopBackOff, 2 restarts${words}`,
    );
  });

  it("names the stack in every command, unless it is the local one", () => {
    const next = viewStatus({ ...facts, stack: "dev", hasEngine: false }).parts.map((part) => part.next);
    expect(next.filter((command) => command !== undefined)).toEqual([
      "npm run up -- --stack dev",
      "npm run rampa -- logs chat-1-1-0 --stack dev",
      "npm run rampa -- logs chat-1-1-0-x --stack dev",
      "npm run rampa -- logs chat-1-1-0-y --stack dev",
    ]);
  });

  it("is well only when every part is and there is an endpoint", () => {
    const well = { ...objects, deployments: [deployment("gateway", 2)], pods: [] };
    expect(viewStatus({ ...facts, objects: well }).ok).toBe(true);
    expect(viewStatus({ ...facts, objects: { ...well, routes: [] } }).ok).toBe(false);
    expect(viewStatus({ ...facts, objects: well, isGatewayReady: false }).ok).toBe(false);
    expect(viewStatus({ ...facts, objects: well, hasEngine: false }).ok).toBe(false);
  });

  it("says how to ask the stack's own Prometheus, where it has one", () => {
    const partOf = (prometheus: StatusFacts["prometheus"]) =>
      viewStatus({ ...facts, prometheus }).parts.find(({ part }) => part === "prometheus");
    expect(partOf(undefined)).toBeUndefined();
    expect(partOf({ namespace: "monitoring", isReady: true })).toEqual({
      part: "prometheus",
      ok: true,
      detail:
        "ready at 127.0.0.1:9090 after: kubectl --namespace monitoring port-forward service/prometheus 9090",
    });
    expect(partOf({ namespace: "monitoring", isReady: false })).toEqual({
      part: "prometheus",
      ok: false,
      detail: "not ready",
      next: "kubectl --namespace monitoring describe pods",
    });
  });

  it("names `npm run up` on a machine where nothing stands", () => {
    const bare = viewStatus({ ...facts, hasEngine: false, objects: undefined, isGatewayReady: false });
    expect(bare.endpoints).toEqual([]);
    expect(bare.parts.filter(({ ok }) => !ok).map(({ next }) => next)).toEqual(["npm run up", "npm run up"]);
  });

  it("reads as one line a part, with the next command below what is not well", () => {
    const lines = renderStatus(viewStatus(facts)).split("\n");
    expect(lines).toContain("✓ kubelet                running");
    expect(lines).toContain("✗ deployment chat-1-1-0  0 of 2 pods available");
    expect(lines).toContain("                         next: npm run rampa -- logs chat-1-1-0");
    expect(lines.at(-1)).toBe(
      "endpoint chat at http://127.0.0.1:8080/v1: 1.0.0 90 %, 1.1.0 10 % (not ready)",
    );
  });
});
