// Weights over real connections: the share of a split, weight 0, the tester's override, live weight changes, drain.
import { Agent, request } from "undici";
import { describe, expect, it } from "vitest";
import {
  answerWith,
  type Behaviour,
  chat,
  errorOf,
  type Fixture,
  type FixtureSettings,
  frame,
  httpRoute,
  KEY,
  startFixture,
  startServed,
  startUpstream,
  until,
} from "./fixture.ts";
import { stopAfterEach } from "./stop-after-each.ts";

const stopLater = stopAfterEach();

async function startPair(
  weights: readonly [number, number],
  { stickyBy = "session", ...rest }: { stickyBy?: string } & Partial<FixtureSettings> = {},
): Promise<{ fixture: Fixture; route: (weights: readonly [number, number]) => object }> {
  const stable = await startUpstream(answerWith(20));
  const candidate = await startUpstream(answerWith(20));
  const route = ([first, second]: readonly [number, number]): object =>
    httpRoute(
      "chat",
      [
        { version: "1.0.0", port: stable.port, weight: first },
        { version: "1.1.0", port: candidate.port, weight: second },
      ],
      stickyBy,
    );
  const fixture = await startFixture({ routes: [route(weights)], ...rest });
  stopLater(stable.close, candidate.close, fixture.stop);
  return { fixture, route };
}

const versionOf = async (fixture: Fixture, headers: Record<string, string> = {}, body = chat()) => {
  const response = await fixture.post(body, headers);
  await response.text();
  return response.status === 200 ? response.headers.get("x-rampa-version") : `status ${response.status}`;
};

describe("a weighted split", () => {
  it("sends 2,000 requests to 90/10 within the 99.9 % band", async () => {
    const { fixture } = await startPair([90, 10]);
    const agent = new Agent({ connections: 16 });
    let candidate = 0;
    let sent = 0;
    const worker = async (): Promise<void> => {
      while (sent < 2_000) {
        sent += 1;
        const { headers, body } = await request(`${fixture.url}/v1/chat/completions`, {
          method: "POST",
          dispatcher: agent,
          // Fixed ids make the outcome the same in every run.
          headers: { authorization: `Bearer ${KEY}`, "x-request-id": `request-${sent}` },
          body: JSON.stringify(chat()),
        });
        await body.dump();
        if (headers["x-rampa-version"] === "1.1.0") candidate += 1;
      }
    };
    await Promise.all(Array.from({ length: 16 }, worker));
    await agent.close();
    // 200 ± 3.29 standard deviations of a binomial with n = 2000 and p = 0.1.
    expect(candidate).toBeGreaterThanOrEqual(156);
    expect(candidate).toBeLessThanOrEqual(244);
  }, 20_000);

  it("keeps a session on one side", async () => {
    const { fixture } = await startPair([50, 50]);
    const sides = new Set<unknown>();
    for (let each = 0; each < 10; each += 1) sides.add(await versionOf(fixture, { "x-session-id": "s-7" }));
    expect(sides.size).toBe(1);
  });

  it("keeps a user on one side, and users differ", async () => {
    const { fixture } = await startPair([50, 50], { stickyBy: "user" });
    const sideOf = (user: string) => versionOf(fixture, {}, chat({ user }));
    const first = await Promise.all(Array.from({ length: 20 }, (_, at) => sideOf(`u-${at}`)));
    const second = await Promise.all(Array.from({ length: 20 }, (_, at) => sideOf(`u-${at}`)));
    expect(second).toEqual(first);
    expect(new Set(first).size).toBe(2);
  });

  it("serves nobody from weight 0, except a tester who names the version", async () => {
    const { fixture } = await startPair([100, 0]);
    const sides = await Promise.all(Array.from({ length: 30 }, () => versionOf(fixture)));
    expect(new Set(sides)).toEqual(new Set(["1.0.0"]));
    expect(await versionOf(fixture, { "x-rampa-version": "1.1.0" })).toBe("1.1.0");
    expect(await versionOf(fixture, { "x-rampa-version": "9.9.9" })).toBe("status 400");
  });

  it("refuses with 503 when all weights are 0", async () => {
    const { fixture } = await startPair([0, 0]);
    const response = await fixture.post(chat());
    expect(response.status).toBe(503);
    expect((await errorOf(response)).code).toBe("no_backend");
  });

  it("follows a weight change without failing a request, and ignores a broken file", async () => {
    const { fixture, route } = await startPair([100, 0]);
    let running = true;
    const failed: unknown[] = [];
    const load = (async () => {
      while (running) {
        const version = await versionOf(fixture);
        if (version !== "1.0.0" && version !== "1.1.0") failed.push(version);
      }
    })();
    fixture.setRoutes([route([0, 100])]);
    await until(async () => (await versionOf(fixture)) === "1.1.0");
    fixture.setRoutes([
      { kind: "HTTPRoute", metadata: { name: "chat", namespace: "rampa" }, spec: { rules: [] } },
    ]);
    await until(async () => (await fixture.log()).includes("route refused"));
    expect(await versionOf(fixture)).toBe("1.1.0");
    running = false;
    await load;
    expect(failed).toEqual([]);
  });
});

describe("a drain", () => {
  it("lets running streams finish and refuses new readiness", async () => {
    const { fixture } = await startPair([100, 0], { drain: { settleMs: 150, graceMs: 3_000 } });
    const streams = Array.from({ length: 10 }, () => fixture.post(chat({ stream: true })));
    const responses = await Promise.all(streams);
    const drained = fixture.gateway.server.drain();
    const ready = await fetch(`${fixture.url}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.text()).toContain("draining");
    const late = await fixture.post(chat());
    expect(late.status).toBe(200);
    expect(late.headers.get("connection")).toBe("close");
    await late.text();
    const texts = await Promise.all(responses.map((response) => response.text()));
    expect(texts.every((text) => text.endsWith("data: [DONE]\n\n"))).toBe(true);
    await drained;
    await expect(fetch(`${fixture.url}/livez`)).rejects.toThrow();
  });

  it("cuts what outlives the grace time: an error event in a stream, 503 before its start", async () => {
    const behave: Behaviour = (body, response) => {
      if (!JSON.parse(body).stream) return;
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(frame("a"));
    };
    const drain = { settleMs: 0, graceMs: 200 };
    const { upstream: stuck, fixture, stop } = await startServed({ behave, drain });
    stopLater(stop);
    const whole = fixture.post(chat());
    const stream = await fixture.post(chat({ stream: true }));
    await until(() => stuck.seen.length === 2);
    const drained = fixture.gateway.server.drain();
    expect((await whole).status).toBe(503);
    expect((await errorOf(await whole)).code).toBe("shutting_down");
    const text = await stream.text();
    expect(text.split("\n\n")[1]).toContain('"code":"shutting_down"');
    expect(text).not.toContain("[DONE]");
    await drained;
    await until(() => stuck.aborted() === 2);
  });
});
