// The HTTP shell: probes, its own failures, time limits of a request, and routes.
import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { faults } from "../../../serving/contract/openai/fault.ts";
import { type RunningServer, type ServerSettings, startServer } from "../../../serving/http/server.ts";
import type { ReadinessCheck } from "../../../serving/ports.ts";

let server: RunningServer | undefined;
let messages: string[] = [];

afterEach(async () => {
  await server?.drain();
  server = undefined;
  messages = [];
});

const note = (fields: object, message: string): void => {
  messages.push(`${message} ${JSON.stringify(fields)}`);
};

async function start(settings: Partial<ServerSettings> = {}): Promise<string> {
  server = await startServer({
    listen: { host: "127.0.0.1", port: 0 },
    routes: [],
    checks: [],
    metrics: { contentType: "text/plain", print: async () => "a_metric 1\n" },
    drain: { settleMs: 0, graceMs: 500 },
    log: { debug: note, info: note, warn: note, error: note },
    ...settings,
  });
  return `http://127.0.0.1:${server.port}`;
}

const statusOf = async (url: string): Promise<number> => {
  const response = await fetch(url);
  await response.text();
  return response.status;
};

describe("the probes", () => {
  it("tell alive, started and ready apart, and a start is not undone", async () => {
    let isLoaded = false;
    const check: ReadinessCheck = {
      name: "model",
      check: () => ({ ok: isLoaded, detail: isLoaded ? "loaded" : "loading weights" }),
    };
    const url = await start({ checks: [check] });
    expect(await statusOf(`${url}/livez`)).toBe(200);
    expect(await statusOf(`${url}/healthz`)).toBe(200);
    expect(await statusOf(`${url}/startupz`)).toBe(503);
    expect(await statusOf(`${url}/health`)).toBe(503);
    const notReady = await fetch(`${url}/readyz`);
    expect(notReady.status).toBe(503);
    expect(await notReady.text()).toBe("[-] model: loading weights\n[+] lifecycle: serving\nnot ready\n");
    isLoaded = true;
    expect(await statusOf(`${url}/startupz`)).toBe(200);
    expect(await (await fetch(`${url}/readyz`)).text()).toBe("ready\n");
    expect(await (await fetch(`${url}/readyz?verbose`)).text()).toContain("[+] model: loaded\n");
    const health = await fetch(`${url}/health`);
    expect([health.status, await health.text()]).toEqual([200, ""]);
    isLoaded = false;
    expect(await statusOf(`${url}/startupz`)).toBe(200);
    expect(await statusOf(`${url}/readyz`)).toBe(503);
  });

  it("fail liveness only for what a restart heals", async () => {
    const wedged: ReadinessCheck = {
      name: "engine",
      check: () => ({ ok: false, detail: "no token for 120 s" }),
    };
    const url = await start({ liveness: [wedged] });
    expect(await statusOf(`${url}/livez`)).toBe(503);
  });

  it("print the metrics", async () => {
    expect(await (await fetch(`${await start()}/metrics`)).text()).toBe("a_metric 1\n");
  });
});

describe("a route", () => {
  it("that throws is answered 500 in the envelope, and its reason goes to the log only", async () => {
    const url = await start({
      routes: [
        { method: "GET", path: "/sync", handle: () => Promise.reject(new Error("inner reason")) },
        {
          method: "GET",
          path: "/prefix/*",
          handle: () => {
            throw new Error("inner reason");
          },
        },
      ],
    });
    for (const path of ["/sync", "/prefix/x"]) {
      const response = await fetch(url + path);
      expect(response.status).toBe(500);
      const text = await response.text();
      expect(JSON.parse(text).error).toMatchObject({ code: "internal_error", type: "server_error" });
      expect(text).not.toContain("inner reason");
    }
    expect(messages.filter((message) => message.includes("inner reason"))).toHaveLength(2);
  });

  it("that fails in a started stream ends it with an error event", async () => {
    const url = await start({
      routes: [
        {
          method: "GET",
          path: "/stream",
          handle: (exchange) => {
            exchange.response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
            exchange.response.write("data: 1\n\n");
            exchange.refuse(faults.internal());
          },
        },
      ],
    });
    const [first, second] = (await (await fetch(`${url}/stream`)).text()).split("\n\n");
    expect(first).toBe("data: 1");
    expect(JSON.parse(second?.slice(6) ?? "").error.code).toBe("internal_error");
  });

  it("hears of the caller's leaving by signal and by listener", async () => {
    const heard: unknown[] = [];
    const url = await start({
      routes: [
        {
          method: "GET",
          path: "/wait",
          handle: (exchange) => {
            exchange.signal.addEventListener("abort", () => heard.push(exchange.signal.reason));
            exchange.onAbort((reason) => heard.push(reason));
          },
        },
      ],
    });
    await fetch(`${url}/wait`, { signal: AbortSignal.timeout(100) }).catch(() => undefined);
    await expect.poll(() => heard).toEqual(["caller gone", "caller gone"]);
  });
});

describe("a slow request", () => {
  it.each([
    ["headers", "GET /livez HTTP/1.1\r\nhost: x\r\n"],
    ["body", "POST /v1/x HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\n{"],
  ])("whose %s do not arrive is closed at the limit", async (_name, text) => {
    await start({
      timeouts: { headersMs: 200, requestMs: 300 },
      routes: [{ method: "POST", path: "/v1/x", handle: () => undefined }],
    });
    const received = await new Promise<string>((resolve) => {
      let all = "";
      const socket = connect(server?.port ?? 0, "127.0.0.1", () => socket.write(text));
      socket.on("data", (chunk) => {
        all += chunk.toString("utf8");
      });
      socket.on("close", () => resolve(all));
      socket.on("error", () => undefined);
    });
    expect(received).toMatch(/^HTTP\/1\.1 408 /);
    expect(received).toContain('"code":"request_timeout"');
  });
});

describe("a taken port", () => {
  it("is an error at the start", async () => {
    await start();
    const port = server?.port ?? 0;
    const first = server;
    await expect(start({ listen: { host: "127.0.0.1", port } })).rejects.toThrow(
      `port: got ${port}, which is in use on 127.0.0.1, want a free port`,
    );
    server = first;
  });
});
