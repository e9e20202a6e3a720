// A gateway in this process with real sockets: model servers that fail on demand, keys and routes in files, a real log.
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import type { ClientKeys } from "../../../serving/contract/client-keys.ts";
import { type GatewayRuntime, gatewayRuntime } from "../../../serving/contract/runtime-config.ts";
import { type RunningGateway, startGateway } from "../../../serving/http/gateway/gateway-role.ts";
import { createLog, type RoleLog } from "../../../serving/http/log.ts";

export const KEY = "rk-planted-key-0123456789abcdef";

export type Upstream = {
  readonly port: number;
  /** Requests received, with their bodies. */
  readonly seen: {
    readonly headers: IncomingMessage["headers"];
    readonly body: string;
    readonly url: string;
  }[];
  /** Connections that the other side closed while an answer was running. */
  readonly aborted: () => number;
  readonly close: () => Promise<void>;
};

export type Behaviour = (body: string, response: ServerResponse, socket: Socket) => void;

/** A model server on loopback that answers as `behave` says. */
export async function startUpstream(behave: Behaviour = answer, onPort = 0): Promise<Upstream> {
  const seen: Upstream["seen"] = [];
  let aborted = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    response.on("close", () => {
      if (!response.writableFinished) aborted += 1;
    });
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString("utf8");
      seen.push({ headers: request.headers, body, url: request.url ?? "" });
      behave(body, response, request.socket);
    });
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.once("error", reject);
    server.listen(onPort, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { port, seen, aborted: () => aborted, close };
}

const USAGE = { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 };
export const ANSWER_TEXT = "the planted answer text";

export const frame = (content: string): string =>
  `data: ${JSON.stringify({ id: "c-1", object: "chat.completion.chunk", created: 1, model: "chat", choices: [{ index: 0, delta: { content }, finish_reason: null }] })}\n\n`;

const LAST_FRAMES = `data: ${JSON.stringify({ id: "c-1", object: "chat.completion.chunk", created: 1, model: "chat", choices: [], usage: USAGE })}\n\ndata: [DONE]\n\n`;

/** Answers whole, or as a stream of five frames with `gapMs` between them. */
export const answerWith =
  (gapMs: number): Behaviour =>
  (body, response) => {
    if (!JSON.parse(body).stream) {
      const message = { role: "assistant", content: ANSWER_TEXT, refusal: null };
      const choices = [{ index: 0, message, logprobs: null, finish_reason: "stop" }];
      const answer = {
        id: "c-1",
        object: "chat.completion",
        created: 1,
        model: "chat",
        choices,
        usage: USAGE,
      };
      response.setHeader("content-type", "application/json").end(JSON.stringify(answer));
      return;
    }
    response.setHeader("content-type", "text/event-stream");
    let sent = 0;
    const timer = setInterval(() => {
      response.write(frame(`w${sent} `));
      sent += 1;
      if (sent < 5) return;
      clearInterval(timer);
      response.end(LAST_FRAMES);
    }, gapMs);
    response.on("close", () => clearInterval(timer));
  };

export const answer: Behaviour = answerWith(5);

export type Backend = { readonly version: string; readonly port: number; readonly weight: number };

export function httpRoute(endpoint: string, backends: readonly Backend[], stickyBy = "session"): object {
  const versions = Object.fromEntries(backends.map(({ version, port }) => [`127.0.0.1:${port}`, version]));
  const backendRefs = backends.map(({ port, weight }) => ({
    group: "",
    kind: "Service",
    name: "127.0.0.1",
    port,
    weight,
  }));
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: {
      name: endpoint,
      namespace: "rampa",
      labels: { "rampa.dev/endpoint": endpoint },
      annotations: { "rampa.dev/versions": JSON.stringify(versions), "rampa.dev/sticky-by": stickyBy },
    },
    spec: { rules: [{ backendRefs }] },
  };
}

export const keyEntry = (secret: string, rest: Partial<ClientKeys["keys"][number]> = {}) => ({
  id: "local-1",
  sha256: createHash("sha256").update(secret).digest("hex"),
  ...rest,
});

export type Fixture = {
  readonly url: string;
  readonly gateway: RunningGateway;
  readonly setRoutes: (routes: readonly object[]) => void;
  readonly setKeys: (keys: readonly object[] | string) => void;
  /** All log lines so far. */
  readonly log: () => Promise<string>;
  readonly post: (body: unknown, headers?: Record<string, string>, path?: string) => Promise<Response>;
  readonly stop: () => Promise<void>;
};

export type FixtureSettings = {
  readonly routes: readonly object[];
  readonly keys?: readonly object[];
  readonly timeouts?: Partial<GatewayRuntime["timeouts"]>;
  readonly drain?: Partial<GatewayRuntime["drain"]>;
};

export async function startFixture(settings: FixtureSettings): Promise<Fixture> {
  const folder = mkdtempSync(join(tmpdir(), "rampa-gateway-"));
  const file = (name: string): string => join(folder, name);
  const setRoutes = (routes: readonly object[]): void =>
    writeFileSync(file("routes.json"), JSON.stringify(routes));
  const setKeys = (keys: readonly object[] | string): void =>
    writeFileSync(file("keys.json"), typeof keys === "string" ? keys : JSON.stringify({ keys }));
  setRoutes(settings.routes);
  setKeys(settings.keys ?? [keyEntry(KEY)]);
  const config = gatewayRuntime.parse({
    role: "gateway",
    listen: { host: "127.0.0.1" },
    keysFile: file("keys.json"),
    routes: { from: "file", path: file("routes.json") },
    timeouts: settings.timeouts,
    drain: { settleMs: 0, graceMs: 1_000, ...settings.drain },
  });
  const log: RoleLog = createLog("gateway", { level: "debug" }, file("log.jsonl"));
  const gateway = await startGateway({ ...config, listen: { host: "127.0.0.1", port: 0 } }, log, {
    pollMs: 40,
  });
  const url = `http://127.0.0.1:${gateway.server.port}`;
  return {
    url,
    gateway,
    setRoutes,
    setKeys,
    log: async () => {
      await log.flush();
      return readFileSync(file("log.jsonl"), "utf8");
    },
    post: (body, headers = {}, path = "/v1/chat/completions") =>
      fetch(url + path, {
        method: "POST",
        headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json", ...headers },
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
    stop: async () => {
      await gateway.server.drain();
      await gateway.close();
      await log.flush();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export const chat = (rest: object = {}) => ({
  model: "chat",
  messages: [{ role: "user", content: "the planted prompt text" }],
  ...rest,
});

/** Polls until `condition` holds; fails after three seconds. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = Date.now() + 3_000;
  while (!(await condition())) {
    if (Date.now() > endMs) throw new Error("the condition did not come true within 3 s");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const envelope = z.strictObject({
  error: z.strictObject({
    message: z.string(),
    type: z.string(),
    param: z.string().nullable(),
    code: z.string().nullable(),
  }),
});

/** The error of an answer in OpenAI's envelope; fails when the body is anything else. */
export async function errorOf(response: Response): Promise<z.output<typeof envelope>["error"]> {
  return envelope.parse(await response.json()).error;
}
