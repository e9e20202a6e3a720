// A gateway in this process with real sockets: model servers that fail on demand, keys and routes in files, a real log.
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import type { ClientKeys } from "../../../serving/contract/client-keys.ts";
import type { providerRuntime } from "../../../serving/contract/provider.ts";
import { type GatewayRuntime, gatewayRuntime } from "../../../serving/contract/runtime-config.ts";
import type { ExternalModel } from "../../../serving/core/route/endpoint.ts";
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

const FRAME_HEAD = { id: "c-1", object: "chat.completion.chunk", created: 1, model: "chat" };
const toFrame = (rest: object): string => `data: ${JSON.stringify({ ...FRAME_HEAD, ...rest })}\n\n`;

/** `rest` as a model server adds it to every frame, e.g. a null usage. */
export const frame = (content: string, rest: object = {}): string =>
  toFrame({ choices: [{ index: 0, delta: { content }, finish_reason: null }], ...rest });

/** Answers whole, or as a stream of five frames with `gapMs` between them and the usage when it is asked for. */
export const answerWith =
  (gapMs: number): Behaviour =>
  (body, response) => {
    const { stream, stream_options: options } = JSON.parse(body);
    if (!stream) {
      const message = { role: "assistant", content: ANSWER_TEXT, refusal: null };
      const choices = [{ index: 0, message, logprobs: null, finish_reason: "stop" }];
      const whole = { ...FRAME_HEAD, object: "chat.completion", choices, usage: USAGE };
      response.setHeader("content-type", "application/json").end(JSON.stringify(whole));
      return;
    }
    const isAsked = options?.include_usage === true;
    response.setHeader("content-type", "text/event-stream");
    let sent = 0;
    const timer = setInterval(() => {
      response.write(frame(`w${sent} `, isAsked ? { usage: null } : {}));
      sent += 1;
      if (sent < 5) return;
      clearInterval(timer);
      response.end(`${isAsked ? toFrame({ choices: [], usage: USAGE }) : ""}data: [DONE]\n\n`);
    }, gapMs);
    response.on("close", () => clearInterval(timer));
  };

export const answer: Behaviour = answerWith(5);

export type Backend = {
  readonly version: string;
  readonly port: number;
  readonly weight: number;
  readonly maySleep?: boolean;
  readonly external?: ExternalModel;
};

export function httpRoute(endpoint: string, backends: readonly Backend[], stickyBy = "session"): object {
  const versions = Object.fromEntries(backends.map(({ version, port }) => [`127.0.0.1:${port}`, version]));
  const sleeping = backends.filter(({ maySleep }) => maySleep).map(({ version }) => version);
  const providers = Object.fromEntries(
    backends.flatMap(({ version, external }) => (external ? [[version, external]] : [])),
  );
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
      annotations: {
        "rampa.dev/versions": JSON.stringify(versions),
        "rampa.dev/sticky-by": stickyBy,
        ...(Object.keys(providers).length > 0 && { "rampa.dev/providers": JSON.stringify(providers) }),
        ...(sleeping.length > 0 && { "rampa.dev/sleeping": JSON.stringify(sleeping) }),
      },
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
  /** Writes the file `name` of the gateway's folder, as the kubelet does with a Secret: at once. */
  readonly setFile: (name: string, text: string) => void;
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
  readonly hold?: Partial<GatewayRuntime["hold"]>;
  /** By name; `file` of a key is inside the gateway's folder. */
  readonly providers?: Readonly<Record<string, ProviderSettings>>;
};

type ProviderSettings = Omit<z.input<typeof providerRuntime>, "key"> & {
  readonly key?: { readonly file: string; readonly header?: "authorization" | "api-key" };
};

export async function startFixture(settings: FixtureSettings): Promise<Fixture> {
  const folder = mkdtempSync(join(tmpdir(), "rampa-gateway-"));
  const file = (name: string): string => join(folder, name);
  const setRoutes = (routes: readonly object[]): void =>
    writeFileSync(file("routes.json"), JSON.stringify(routes));
  const setKeys = (keys: readonly object[] | string): void =>
    writeFileSync(file("keys.json"), typeof keys === "string" ? keys : JSON.stringify({ keys }));
  const setFile = (name: string, text: string): void => {
    writeFileSync(file(`${name}.next`), text);
    renameSync(file(`${name}.next`), file(name));
  };
  setRoutes(settings.routes);
  setKeys(settings.keys ?? [keyEntry(KEY)]);
  const config = gatewayRuntime.parse({
    role: "gateway",
    listen: { host: "127.0.0.1" },
    keysFile: file("keys.json"),
    routes: { from: "file", path: file("routes.json") },
    timeouts: settings.timeouts,
    hold: settings.hold,
    providers: toProviders(settings.providers ?? {}, file),
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
    setFile,
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

function toProviders(providers: Readonly<Record<string, ProviderSettings>>, file: (name: string) => string) {
  return Object.fromEntries(
    Object.entries(providers).map(([name, { key, ...rest }]) => [
      name,
      { ...rest, ...(key && { key: { ...key, file: file(key.file) } }) },
    ]),
  );
}

export type Served = {
  readonly upstream: Upstream;
  readonly fixture: Fixture;
  readonly stop: () => Promise<void>;
};

export type ServedSettings = Omit<FixtureSettings, "routes"> & {
  readonly behave?: Behaviour;
  readonly endpoints?: readonly string[];
};

/** A gateway before one model server that is version 1.0.0 of every endpoint, which is `chat` when left out. */
export async function startServed(settings: ServedSettings = {}): Promise<Served> {
  const { behave, endpoints = ["chat"], ...rest } = settings;
  const upstream = await startUpstream(behave);
  const backends = [{ version: "1.0.0", port: upstream.port, weight: 100 }];
  const fixture = await startFixture({ routes: endpoints.map((name) => httpRoute(name, backends)), ...rest });
  const stop = async (): Promise<void> => {
    await fixture.stop();
    await upstream.close();
  };
  return { upstream, fixture, stop };
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

/** The log line of the first request. */
export async function requestLine(fixture: Fixture): Promise<Record<string, unknown>> {
  const find = async () => (await fixture.log()).split("\n").find((line) => line.includes('"msg":"request"'));
  await until(async () => (await find()) !== undefined);
  return JSON.parse((await find()) ?? "");
}

/** The value of the one line of /metrics with this name and, of some, this kind of token. */
export async function metric(fixture: Fixture, name: string, kind = ""): Promise<string | undefined> {
  const lines = (await (await fetch(`${fixture.url}/metrics`)).text()).split("\n");
  return lines
    .find((line) => line.startsWith(`${name}{`) && line.includes(kind))
    ?.split(" ")
    .at(-1);
}
