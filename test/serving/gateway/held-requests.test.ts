// Scale to zero: requests for a version without a pod are held until one is up, within bounds, each sent once.
import { describe, expect, it } from "vitest";
import {
  ANSWER_TEXT,
  answer,
  type Behaviour,
  chat,
  errorOf,
  type Fixture,
  type FixtureSettings,
  httpRoute,
  KEY,
  metric,
  requestLine,
  startFixture,
  startUpstream,
  type Upstream,
  until,
} from "./fixture.ts";
import { stopAfterEach } from "./stop-after-each.ts";
import { closedPort, startFullServer } from "./unreachable.ts";

const stopLater = stopAfterEach();

type Sleeper = {
  readonly fixture: Fixture;
  /** Starts the version's model server. */
  readonly wake: (behave?: Behaviour) => Promise<Upstream>;
};

/** A gateway before version 1.0.0 of `chat`, which may sleep and has no model server. */
async function startAsleep(
  settings: Omit<FixtureSettings, "routes"> = {},
  onPort?: number,
): Promise<Sleeper> {
  const port = onPort ?? (await closedPort());
  const routes = [httpRoute("chat", [{ version: "1.0.0", port, weight: 100, maySleep: true }])];
  const fixture = await startFixture({ routes, ...settings });
  stopLater(fixture.stop);
  const wake = async (behave: Behaviour = answer): Promise<Upstream> => {
    const upstream = await startUpstream(behave, port);
    stopLater(upstream.close);
    return upstream;
  };
  return { fixture, wake };
}

const waiting = (fixture: Fixture) => metric(fixture, "rampa_gateway_waiting_requests");

const untilWaiting = (fixture: Fixture, count: number) =>
  until(async () => (await waiting(fixture)) === String(count));

const postWith = (fixture: Fixture, signal: AbortSignal): Promise<Response> =>
  fetch(`${fixture.url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${KEY}` },
    body: JSON.stringify(chat()),
    signal,
  });

describe("a request for a version that sleeps", () => {
  it("is held until a pod is up two seconds later, then answered, and was sent once", async () => {
    const { fixture, wake } = await startAsleep();
    expect(await waiting(fixture)).toBe("0");
    const body = JSON.stringify(chat({ user: "u-1" }));
    const held = fixture.post(body);
    await untilWaiting(fixture, 1);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    const upstream = await wake();
    const response = await held;
    expect(response.status).toBe(200);
    expect(JSON.parse(await response.text()).choices[0].message.content).toBe(ANSWER_TEXT);
    expect(upstream.seen.map((seen) => seen.body)).toEqual([body]);
    expect(await waiting(fixture)).toBe("0");
    const line = await requestLine(fixture);
    expect(line).toMatchObject({ outcome: "ok", status: 200, version: "1.0.0", attempts: 2 });
    expect(line.heldMs).toBeGreaterThan(2_000);
    expect(line.heldMs).toBeLessThan(4_000);
    expect(await metric(fixture, "rampa_gateway_held_seconds_count", 'end="ready"')).toBe("1");
    expect(await fixture.log()).toContain("no pod of the version answers, requests are held");
    expect(await fixture.log()).toContain("a pod answers, held requests go on");
  });

  it("gets its stream", async () => {
    const { fixture, wake } = await startAsleep();
    const held = fixture.post(chat({ stream: true }));
    await untilWaiting(fixture, 1);
    await wake();
    const response = await held;
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    expect((await response.text()).endsWith("data: [DONE]\n\n")).toBe(true);
  });

  it("is held as well when the connection is neither accepted nor refused", async () => {
    const server = await startFullServer();
    stopLater(server.stop);
    const { fixture } = await startAsleep({ timeouts: { connectMs: 200 } }, server.port);
    const held = fixture.post(chat());
    await untilWaiting(fixture, 1);
    server.acceptAgain();
    expect((await held).status).toBe(200);
  });

  it("is held again when the pod goes away again, and is not held while it is up", async () => {
    const { fixture, wake } = await startAsleep();
    const first = fixture.post(chat());
    await untilWaiting(fixture, 1);
    const upstream = await wake();
    await (await first).text();
    await (await fixture.post(chat())).text();
    await upstream.close();
    const second = fixture.post(chat());
    await untilWaiting(fixture, 1);
    const next = await wake();
    expect((await second).status).toBe(200);
    expect(next.seen).toHaveLength(1);
    expect(await metric(fixture, "rampa_gateway_held_seconds_count", 'end="ready"')).toBe("2");
  });

  it("waits for its own version, although another one is up", async () => {
    const awake = await startUpstream();
    stopLater(awake.close);
    const port = await closedPort();
    const backends = [
      { version: "1.0.0", port, weight: 100, maySleep: true },
      { version: "1.1.0", port: awake.port, weight: 0 },
    ];
    const fixture = await startFixture({ routes: [httpRoute("chat", backends, "request")] });
    stopLater(fixture.stop);
    const held = fixture.post(chat());
    await untilWaiting(fixture, 1);
    expect(await metric(fixture, "rampa_gateway_waiting_requests", 'version="1.1.0"')).toBeUndefined();
    const other = await fixture.post(chat(), { "x-rampa-version": "1.1.0" });
    expect(other.headers.get("x-rampa-version")).toBe("1.1.0");
    await other.text();
    const upstream = await startUpstream(answer, port);
    stopLater(upstream.close);
    expect((await held).headers.get("x-rampa-version")).toBe("1.0.0");
  });
});

describe("many held requests", () => {
  it("are all answered, each sent once", async () => {
    const { fixture, wake } = await startAsleep();
    const users = Array.from({ length: 100 }, (_, at) => `u-${at}`);
    const held = users.map((user) => fixture.post(chat({ user })));
    await untilWaiting(fixture, 100);
    const upstream = await wake();
    const statuses = await Promise.all(
      held.map(async (response) => {
        await (await response).text();
        return (await response).status;
      }),
    );
    expect(statuses.filter((status) => status !== 200)).toEqual([]);
    expect(upstream.seen.map(({ body }) => JSON.parse(body).user).toSorted()).toEqual(users.toSorted());
    await untilWaiting(fixture, 0);
  });

  it("come to a new pod 32 at a time until it answers, the earliest first", async () => {
    const { fixture, wake } = await startAsleep();
    const early = Array.from({ length: 32 }, () => fixture.post(chat({ user: "early", stream: true })));
    await untilWaiting(fixture, 32);
    const late = Array.from({ length: 8 }, () => fixture.post(chat({ user: "late", stream: true })));
    await untilWaiting(fixture, 40);
    const open: (() => void)[] = [];
    const upstream = await wake((_body, response) => {
      open.push(() => response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders());
      response.on("close", () => response.destroy());
    });
    await until(() => upstream.seen.length === 32);
    expect(new Set(upstream.seen.map(({ body }) => JSON.parse(body).user))).toEqual(new Set(["early"]));
    await untilWaiting(fixture, 8);
    late.push(fixture.post(chat({ user: "last", stream: true })));
    await untilWaiting(fixture, 9);
    expect(upstream.seen).toHaveLength(32);
    // A stream that has begun is an answer, although it goes on.
    for (const begin of open.slice(0, 4)) begin();
    await until(() => upstream.seen.length === 40);
    expect(new Set(upstream.seen.slice(32).map(({ body }) => JSON.parse(body).user))).toEqual(
      new Set(["late"]),
    );
    for (const begin of open.slice(4, 5)) begin();
    await until(() => upstream.seen.length === 41);
    for (const begin of open.slice(5)) begin();
    for (const response of await Promise.all([...early, ...late])) await response.body?.cancel();
  });
});

describe("beyond the bounds", () => {
  it("a request more is refused at once with a time to come back, and those that wait are answered", async () => {
    const { fixture, wake } = await startAsleep({ hold: { requests: 2 } });
    const held = [fixture.post(chat()), fixture.post(chat())];
    await untilWaiting(fixture, 2);
    const refused = await fixture.post(chat());
    expect(refused.status).toBe(503);
    expect(refused.headers.get("retry-after")).toBe("5");
    expect((await errorOf(refused)).code).toBe("overloaded");
    expect(await metric(fixture, "rampa_gateway_held_seconds_count", 'end="full"')).toBe("1");
    await wake();
    for (const response of held) expect((await response).status).toBe(200);
  });

  it("bodies that are too large together are refused", async () => {
    const { fixture, wake } = await startAsleep({ hold: { bytes: 5_000 } });
    const held = fixture.post(chat({ user: "u".repeat(4_000) }));
    await untilWaiting(fixture, 1);
    const refused = await fixture.post(chat({ user: "u".repeat(1_000) }));
    expect(refused.status).toBe(503);
    await refused.text();
    await wake();
    expect((await held).status).toBe(200);
  });

  it("a request that has waited too long is refused with a time to come back", async () => {
    const { fixture } = await startAsleep({ hold: { ms: 300 } });
    const response = await fixture.post(chat());
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("5");
    expect(await errorOf(response)).toMatchObject({ code: "not_ready", type: "server_error" });
    const line = await requestLine(fixture);
    expect(line).toMatchObject({ outcome: "not_ready", attempts: 1 });
    // Timers round down.
    expect(line.heldMs).toBeGreaterThan(290);
    expect(line.heldMs).toBeLessThan(1_000);
    expect(await waiting(fixture)).toBe("0");
    expect(await metric(fixture, "rampa_gateway_held_seconds_count", 'end="late"')).toBe("1");
  });

  it("a hold of no request refuses at once", async () => {
    const { fixture } = await startAsleep({ hold: { requests: 0 } });
    const response = await fixture.post(chat());
    expect(response.status).toBe(503);
    expect((await errorOf(response)).code).toBe("overloaded");
  });

  it("the total time ends the wait", async () => {
    const { fixture } = await startAsleep({ timeouts: { totalMs: 300 } });
    const response = await fixture.post(chat());
    expect(response.status).toBe(504);
    expect((await errorOf(response)).message).toContain("total");
    expect(await waiting(fixture)).toBe("0");
  });
});

describe("a caller that leaves", () => {
  it("frees its place, and nothing is sent for it", async () => {
    const { fixture, wake } = await startAsleep({ hold: { requests: 1 } });
    const stop = new AbortController();
    const left = postWith(fixture, stop.signal);
    await untilWaiting(fixture, 1);
    stop.abort();
    await expect(left).rejects.toThrow();
    await untilWaiting(fixture, 0);
    expect(await requestLine(fixture)).toMatchObject({ outcome: "caller_gone", attempts: 1 });
    expect(await metric(fixture, "rampa_gateway_held_seconds_count", 'end="aborted"')).toBe("1");
    const held = fixture.post(chat());
    await untilWaiting(fixture, 1);
    const upstream = await wake();
    expect((await held).status).toBe(200);
    expect(upstream.seen).toHaveLength(1);
  });
});

describe("a gateway that stops", () => {
  it("cuts held requests when its grace time is over", async () => {
    const { fixture } = await startAsleep({ drain: { settleMs: 0, graceMs: 200 } });
    const held = fixture.post(chat());
    await untilWaiting(fixture, 1);
    const drained = fixture.gateway.server.drain();
    const response = await held;
    expect(response.status).toBe(503);
    expect((await errorOf(response)).code).toBe("shutting_down");
    await drained;
  });
});
