// The watch over a fresh deployment: what its gateway's pods count, when it fails, and the way back.
import { describe, expect, it } from "vitest";
import { faults } from "../../serving/contract/openai/fault.ts";
import { createGatewayMetrics } from "../../serving/http/gateway/gateway-metrics.ts";
import type { KubernetesApi } from "../../stacks/local/cluster/kubernetes-api.ts";
import { countRequests, SERVER_OUTCOMES } from "../../stacks/pipeline/gateway-counts.ts";
import { withRollback } from "../../stacks/pipeline/stack-file-edit.ts";
import { readGateway, watchDeployment } from "../../stacks/pipeline/watch.ts";
import { decideWatch, type Reading, WATCH_LIMITS } from "../../stacks/pipeline/watch-decision.ts";

const reading = (requests: number, errors: number, pod = "gateway-1"): Reading => ({
  isReady: true,
  pods: { [pod]: { requests, errors } },
});
const down: Reading = { isReady: false, pods: {} };

describe("a deployment", () => {
  it.each<[string, readonly Reading[], ReturnType<typeof decideWatch>]>([
    ["without traffic", [reading(0, 0), reading(0, 0)], { kind: "holds", requests: 0, errors: 0 }],
    ["with few errors", [reading(10, 9), reading(110, 14)], { kind: "holds", requests: 100, errors: 5 }],
    [
      "with one error more",
      [reading(10, 9), reading(110, 15)],
      { kind: "fails", requests: 100, errors: 6, reason: "6 of 100 requests failed, at most 5 % may" },
    ],
    [
      "with too few requests to say",
      [reading(0, 0), reading(19, 19)],
      { kind: "holds", requests: 19, errors: 19 },
    ],
    [
      "that fails of late only",
      [
        reading(0, 0),
        reading(1_000, 0),
        reading(2_000, 0),
        reading(2_010, 5),
        reading(2_020, 10),
        reading(2_030, 15),
      ],
      { kind: "fails", requests: 2_030, errors: 15, reason: "15 of 30 requests failed, at most 5 % may" },
    ],
    [
      "whose errors come slowly",
      [reading(0, 0), reading(6, 2), reading(12, 4), reading(18, 6), reading(24, 8)],
      { kind: "fails", requests: 24, errors: 8, reason: "8 of 24 requests failed, at most 5 % may" },
    ],
    [
      "that is down for a moment",
      [reading(0, 0), down, down, reading(5, 0)],
      { kind: "holds", requests: 5, errors: 0 },
    ],
    [
      "that stays down",
      [reading(0, 0), down, down, down],
      { kind: "fails", requests: 0, errors: 0, reason: "the gateway was not ready in 3 readings in a row" },
    ],
    ["whose pod began anew", [reading(100, 50), reading(30, 0)], { kind: "holds", requests: 30, errors: 0 }],
    [
      "whose pod is another one now",
      [reading(100, 50), reading(40, 30, "gateway-2")],
      { kind: "fails", requests: 40, errors: 30, reason: "30 of 40 requests failed, at most 5 % may" },
    ],
    [
      "whose pod was away for a reading",
      [reading(100, 0), down, reading(130, 0)],
      { kind: "holds", requests: 30, errors: 0 },
    ],
  ])("%s", (_, readings, verdict) => {
    expect(decideWatch(readings, WATCH_LIMITS)).toEqual(verdict);
  });

  it("is looked at until the time is over, or the first verdict against it", async () => {
    const take = (readings: readonly Reading[]) => {
      const left = [...readings];
      return { read: async () => left.shift() ?? down, wait: async () => {}, left };
    };
    const [good, bad] = [
      take([0, 30, 60, 90].map((it) => reading(it, 0))),
      take([reading(0, 0), reading(30, 30), reading(60, 30)]),
    ];
    expect(await watchDeployment({ ...good, readings: 3, limits: WATCH_LIMITS })).toMatchObject({
      kind: "holds",
      requests: 90,
    });
    expect(await watchDeployment({ ...bad, readings: 2, limits: WATCH_LIMITS })).toMatchObject({
      kind: "fails",
      errors: 30,
    });
    expect([good.left.length, bad.left.length]).toEqual([0, 1]);
  });
});

describe("the counts of a gateway", () => {
  const figures = {
    operation: "chat",
    endpoint: "chat",
    version: "1.0.0",
    seconds: 1,
    firstTokenSeconds: undefined,
    secondsPerToken: undefined,
    inputTokens: undefined,
    outputTokens: undefined,
  };

  it("are read from its own metrics: what is the service's fault, and not the caller's", async () => {
    const metrics = createGatewayMetrics(
      { find: () => undefined, list: () => [], isLoaded: () => true },
      { waiting: () => 0 },
    );
    const outcomes = [
      "ok",
      "ok",
      "caller_gone",
      "model_not_found",
      "upstream_429",
      "upstream_500",
      "upstream_timeout",
      "no_backend",
    ];
    for (const outcome of outcomes) metrics.observe({ ...figures, outcome });
    expect(countRequests(await metrics.print())).toEqual({ requests: 8, errors: 3 });
  });

  it("know every fault that the service answers for", () => {
    const { invalidField: _field, ...table } = faults;
    const all = [
      table.queueFull(1),
      table.notReady(),
      table.draining(),
      table.noBackend("chat"),
      table.upstreamUnreachable(),
      table.upstreamBroken(),
      table.upstreamTimeout("connect", 1),
      table.internal(),
    ];
    expect(all.map(({ code }) => code).toSorted()).toEqual(SERVER_OUTCOMES);
    expect(all.filter(({ status }) => status < 500)).toEqual([]);
  });

  const pod = (name: string, status: string) => ({
    metadata: { name },
    status: { conditions: [{ type: "Ready", status }] },
  });
  const answers: Readonly<Record<string, { status: number; body: unknown }>> = {
    "/api/v1/namespaces/rampa/pods?labelSelector=app.kubernetes.io%2Fcomponent%3Dgateway": {
      status: 200,
      body: { items: [pod("a", "True"), pod("b", "True"), pod("c", "False")] },
    },
    "/api/v1/namespaces/rampa/pods/a:8080/proxy/metrics": {
      status: 200,
      body: 'gateway_requests_total{endpoint="chat",version="1",outcome="ok"} 7\n',
    },
    "/api/v1/namespaces/rampa/pods/b:8080/proxy/metrics": { status: 503, body: "" },
  };
  const apiOf = (known: typeof answers): KubernetesApi => ({
    get: async (path) => known[path] ?? { status: 0, body: "" },
    apply: async () => {},
  });

  it("come from each pod by name that is ready and answers", async () => {
    expect(await readGateway(apiOf(answers), "rampa")).toEqual({
      isReady: true,
      pods: { a: { requests: 7, errors: 0 } },
    });
  });

  it("are none where the API server does not answer", async () => {
    expect(await readGateway(apiOf({}), "rampa")).toEqual({ isReady: false, pods: {} });
  });
});

describe("the mark of a rollback in a stack file", () => {
  const file = "# kept\nconfig:\n  rampa:promotion: { from: staging } # why\n  rampa:namespace: rampa\n";
  const digest = `sha256:${"a".repeat(64)}`;

  it("is written, read back and taken away with the rest unchanged", () => {
    const marked = withRollback(file, digest);
    expect(marked).toContain(`rollbackTo: ${digest}`);
    expect(marked).toContain("# kept");
    expect(withRollback(marked, digest)).toBe(marked);
    expect(withRollback(marked, undefined)).toBe(file);
  });

  it("is not written where nothing compares images", () => {
    const free = "config:\n  rampa:namespace: rampa\n";
    expect(withRollback(free, digest)).toBe(free);
    expect(withRollback(file, undefined)).toBe(file);
  });
});
