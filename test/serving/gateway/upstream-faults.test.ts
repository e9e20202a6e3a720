// What the caller sees when a model server fails, before and in the middle of an answer.
import { describe, expect, it } from "vitest";
import {
  answer,
  answerWith,
  type Behaviour,
  chat,
  errorOf,
  frame,
  httpRoute,
  type Served,
  type ServedSettings,
  startFixture,
  startServed,
  startUpstream,
  until,
} from "./fixture.ts";
import { stopAfterEach } from "./stop-after-each.ts";
import { closedPort, startFullServer } from "./unreachable.ts";

const stopLater = stopAfterEach();

async function start(behave: Behaviour, timeouts: ServedSettings["timeouts"] = {}): Promise<Served> {
  const served = await startServed({ behave, timeouts });
  stopLater(served.stop);
  return served;
}

describe("before the first byte", () => {
  it("answers 502 when no model server listens", async () => {
    const port = await closedPort();
    const fixture = await startFixture({ routes: [httpRoute("chat", [{ version: "1", port, weight: 1 }])] });
    stopLater(fixture.stop);
    const response = await fixture.post(chat());
    expect(response.status).toBe(502);
    expect((await errorOf(response)).code).toBe("upstream_unreachable");
  });

  it("retries a reset and succeeds when the next connection works", async () => {
    let calls = 0;
    const { fixture } = await start((body, response, socket) => {
      calls += 1;
      if (calls === 1) socket.resetAndDestroy();
      else answer(body, response, socket);
    });
    const response = await fixture.post(chat());
    expect(response.status).toBe(200);
    expect(calls).toBe(2);
    expect(JSON.parse(await response.text()).object).toBe("chat.completion");
  });

  it("asks again when a connection is not accepted in time", async () => {
    const server = await startFullServer();
    stopLater(server.stop);
    const routes = [httpRoute("chat", [{ version: "1.0.0", port: server.port, weight: 100 }])];
    const fixture = await startFixture({ routes, timeouts: { connectMs: 300 } });
    stopLater(fixture.stop);
    const response = fixture.post(chat());
    setTimeout(server.acceptAgain, 1_200);
    expect((await response).status).toBe(200);
  });

  it("sends a request of no session to another variant when one is gone", async () => {
    const upstream = await startUpstream();
    stopLater(upstream.close);
    const routes = [
      httpRoute("chat", [
        { version: "1.0.0", port: await closedPort(), weight: 99 },
        { version: "1.1.0", port: upstream.port, weight: 1 },
      ]),
    ];
    const fixture = await startFixture({ routes });
    stopLater(fixture.stop);
    const response = await fixture.post(chat());
    expect(response.status).toBe(200);
    expect(response.headers.get("x-rampa-version")).toBe("1.1.0");
    await response.text();
    const sticky = await fixture.post(chat(), { "x-session-id": "s-1" });
    expect(sticky.status).toBe(502);
    await sticky.text();
  });

  it("answers 504 when the first byte takes too long, and frees the model server", async () => {
    const { fixture, upstream } = await start(() => undefined, { firstByteMs: 100 });
    const response = await fixture.post(chat({ stream: true }));
    expect(response.status).toBe(504);
    expect(await errorOf(response)).toMatchObject({
      code: "upstream_timeout",
      type: "server_error",
      param: null,
    });
    await until(() => upstream.aborted() === 1);
  });

  it("gives a plain answer more than the time to the first byte of a stream", async () => {
    const slow: Behaviour = (body, response, socket) =>
      void setTimeout(() => answer(body, response, socket), 300);
    const { fixture } = await start(slow, { firstByteMs: 100 });
    const response = await fixture.post(chat());
    expect(response.status).toBe(200);
    await response.text();
  });

  it("fails no request while a model server is replaced under load", async () => {
    const { upstream: first, fixture } = await start(answer);
    let running = true;
    const statuses: number[] = [];
    const load = Array.from({ length: 4 }, async () => {
      while (running) {
        const response = await fixture.post(chat());
        statuses.push(response.status);
        await response.text();
      }
    });
    await until(() => statuses.length > 50);
    await first.close();
    const second = await startUpstream(answer, first.port);
    stopLater(second.close);
    await until(() => second.seen.length > 50);
    running = false;
    await Promise.all(load);
    expect(statuses.filter((status) => status !== 200)).toEqual([]);
  });

  it("answers 504 when the total time is over", async () => {
    const { fixture } = await start(() => undefined, { totalMs: 100 });
    const response = await fixture.post(chat());
    expect(response.status).toBe(504);
    expect((await errorOf(response)).message).toContain("total");
  });

  it("answers 502 when the model server sends something that is not HTTP", async () => {
    const { fixture } = await start((_body, _response, socket) => {
      socket.end("garbage\r\n\r\n");
    });
    const response = await fixture.post(chat());
    expect(response.status).toBe(502);
    expect((await errorOf(response)).code).toBe("upstream_broken");
  });

  it("passes a model server's own error through", async () => {
    const fault = JSON.stringify({
      error: { message: "full", type: "server_error", param: null, code: "overloaded" },
    });
    const { fixture } = await start((_body, response) => {
      response.writeHead(503, { "content-type": "application/json", "retry-after": "2" }).end(fault);
    });
    const response = await fixture.post(chat());
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("2");
    expect(await response.text()).toBe(fault);
  });
});

describe("in the middle of a stream", () => {
  const brokenAfterTwo: Behaviour = (_body, response, socket) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(frame("a"));
    setTimeout(() => {
      response.write(frame("b"));
      setTimeout(() => socket.resetAndDestroy(), 10);
    }, 10);
  };

  it("ends a reset stream with one error event and no [DONE]", async () => {
    const { fixture } = await start(brokenAfterTwo);
    const text = await (await fixture.post(chat({ stream: true }))).text();
    const frames = text.trim().split("\n\n");
    expect(frames).toHaveLength(3);
    expect(JSON.parse(frames[2]?.slice(6) ?? "").error.code).toBe("upstream_broken");
    expect(text).not.toContain("[DONE]");
  });

  it("ends a stalled stream with an error event at the idle limit", async () => {
    const { fixture, upstream } = await start(
      (_body, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.write(frame("a"));
      },
      { idleMs: 150 },
    );
    const text = await (await fixture.post(chat({ stream: true }))).text();
    expect(text).toContain('"code":"upstream_timeout"');
    expect(text).toContain("idle");
    await until(() => upstream.aborted() === 1);
  });

  it("breaks off a plain answer that came short, instead of completing it", async () => {
    const { fixture } = await start((_body, response, socket) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
      response.write('{"half":');
      setTimeout(() => socket.destroy(), 20);
    });
    const response = await fixture.post(chat());
    await expect(response.text()).rejects.toThrow();
  });

  it("carries the caller's abort to the model server", async () => {
    const { fixture, upstream } = await start(answerWith(50));
    const stop = new AbortController();
    const response = await fetch(`${fixture.url}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: "Bearer rk-planted-key-0123456789abcdef" },
      body: JSON.stringify(chat({ stream: true })),
      signal: stop.signal,
    });
    await response.body?.getReader().read();
    stop.abort();
    await until(() => upstream.aborted() === 1);
    await until(async () => (await fixture.log()).includes('"outcome":"caller_gone"'));
  });

  it("holds the model server back when the caller reads slowly", async () => {
    const big = Buffer.alloc(64 * 1024, "x");
    let written = 0;
    const { fixture } = await start((_body, response) => {
      response.writeHead(200, { "content-type": "application/octet-stream" });
      const push = (): void => {
        while (written < 64 * 1024 * 1024) {
          written += big.length;
          if (!response.write(big)) {
            response.once("drain", push);
            return;
          }
        }
        response.end();
      };
      push();
    });
    const response = await fixture.post(chat());
    await new Promise((resolve) => setTimeout(resolve, 300));
    const heldAt = written;
    expect(heldAt).toBeLessThan(48 * 1024 * 1024);
    const all = await response.arrayBuffer();
    expect(all.byteLength).toBe(64 * 1024 * 1024);
  });
});
