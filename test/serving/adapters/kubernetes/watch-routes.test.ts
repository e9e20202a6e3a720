// List and watch over a real socket, against an API server that fails in the ways the real one does.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  createRouteTable,
  type WritableRouteTable,
} from "../../../../serving/adapters/kubernetes/route-table.ts";
import { watchRoutes } from "../../../../serving/adapters/kubernetes/watch-routes.ts";
import type { Log } from "../../../../serving/ports.ts";
import { until } from "../../gateway/fixture.ts";

type Call = { readonly url: URL; readonly token: string | undefined; readonly response: ServerResponse };

let folder: string;
let calls: Call[];
let messages: string[];
let answer: (call: Call) => void;
let server: ReturnType<typeof createServer>;
let origin: string;
let table: WritableRouteTable;
let stop: () => void;

const httpRoute = (name: string, weight: number, version: string) => ({
  metadata: { name, namespace: "rampa", resourceVersion: version },
  spec: { rules: [{ backendRefs: [{ name: "a", port: 80, weight }] }] },
});

const list = (version: string, items: readonly object[]): string =>
  JSON.stringify({ kind: "HTTPRouteList", metadata: { resourceVersion: version }, items });

const event = (type: string, object: object): string => `${JSON.stringify({ type, object })}\n`;
const isWatch = (call: Call): boolean => call.url.searchParams.get("watch") === "1";
const watches = (): Call[] => calls.filter(isWatch);
const weightOf = (name: string): number | undefined => table.find(name)?.variants[0]?.weight;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "rampa-watch-"));
  writeFileSync(join(folder, "token"), "token-1");
  calls = [];
  messages = [];
  const note = (fields: object, message: string): void => {
    messages.push(`${message} ${JSON.stringify(fields)}`);
  };
  const log: Log = { debug: note, info: note, warn: note, error: note };
  answer = (call) => {
    if (!isWatch(call)) call.response.end(list("10", [httpRoute("chat", 1, "9")]));
    else call.response.flushHeaders();
  };
  server = createServer((request, response) => {
    const call = {
      url: new URL(request.url ?? "", "http://x"),
      token: request.headers.authorization,
      response,
    };
    calls.push(call);
    answer(call);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  table = createRouteTable(log);
  const access = { origin, tokenFile: join(folder, "token") };
  stop = watchRoutes({
    access,
    namespace: "rampa",
    table,
    log,
    entropy: () => 0.5,
    shortestPauseMs: 10,
    longestPauseMs: 40,
  });
});

afterEach(async () => {
  stop();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

describe("watching routes", () => {
  it("lists the namespace's routes, then watches from that version with bookmarks", async () => {
    await until(() => watches().length === 1);
    expect(calls[0]?.url.pathname).toBe("/apis/gateway.networking.k8s.io/v1/namespaces/rampa/httproutes");
    expect(calls[0]?.token).toBe("Bearer token-1");
    expect(watches()[0]?.url.searchParams.get("resourceVersion")).toBe("10");
    expect(watches()[0]?.url.searchParams.get("allowWatchBookmarks")).toBe("true");
    expect(weightOf("chat")).toBe(1);
  });

  it("applies events, also when one arrives in pieces", async () => {
    await until(() => watches().length === 1);
    const { response } = watches()[0] ?? {};
    const modified = event("MODIFIED", httpRoute("chat", 2, "11"));
    response?.write(modified.slice(0, 30));
    response?.write(modified.slice(30) + event("ADDED", httpRoute("new", 7, "12")));
    await until(() => weightOf("chat") === 2 && weightOf("new") === 7);
    response?.write(event("DELETED", httpRoute("chat", 2, "13")));
    await until(() => table.find("chat") === undefined);
  });

  it("resumes from the last version or bookmark with the renewed token when the watch ends", async () => {
    await until(() => watches().length === 1);
    writeFileSync(join(folder, "token"), "token-2");
    watches()[0]?.response.end(event("BOOKMARK", { metadata: { resourceVersion: "77" } }));
    await until(() => watches().length === 2);
    expect(watches()[1]?.url.searchParams.get("resourceVersion")).toBe("77");
    expect(watches()[1]?.token).toBe("Bearer token-2");
    expect(calls.filter((call) => !isWatch(call))).toHaveLength(1);
  });

  it.each([
    ["an ERROR event", (call: Call) => void call.response.end(event("ERROR", { kind: "Status", code: 410 }))],
    ["the status", (call: Call) => void call.response.writeHead(410).end()],
  ])("lists again when the version is too old by %s", async (_name, refuse) => {
    await until(() => watches().length === 1);
    const usual = answer;
    answer = (call) => {
      if (isWatch(call) && watches().length === 2) refuse(call);
      else if (isWatch(call)) usual(call);
      else call.response.end(list("20", [httpRoute("chat", 5, "19")]));
    };
    watches()[0]?.response.end();
    await until(() => weightOf("chat") === 5);
  });

  it("keeps the last table while the API server fails, and goes on when it is back", async () => {
    await until(() => watches().length === 1);
    const usual = answer;
    answer = (call) => void call.response.destroy();
    watches()[0]?.response.destroy();
    await until(() => calls.length >= 5);
    expect(weightOf("chat")).toBe(1);
    expect(table.isLoaded()).toBe(true);
    answer = usual;
    const before = calls.length;
    await until(() => calls.length > before);
    calls.at(-1)?.response.write(event("MODIFIED", httpRoute("chat", 3, "30")));
    await until(() => weightOf("chat") === 3);
    expect(messages.some((message) => message.includes("watching routes failed"))).toBe(true);
  });

  it("keeps the last good form of a route that turns bad, and says why", async () => {
    await until(() => watches().length === 1);
    const bad = {
      metadata: { name: "chat", namespace: "rampa", resourceVersion: "12" },
      spec: { rules: [] },
    };
    watches()[0]?.response.write(event("MODIFIED", bad));
    await until(() => messages.some((message) => message.includes("route refused")));
    expect(weightOf("chat")).toBe(1);
  });
});
