// A small Kubernetes API client: JSON requests with a deadline, authenticated as the kubeconfig says.
import { existsSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { KubeConfig } from "@kubernetes/client-node";
import type { PropertyMap, PropertyValue } from "../property-values.ts";
import { isMap } from "../property-values.ts";
import { ApiFault, ApiUnreachable } from "./api-fault.ts";

export type ApiRequest = {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Path with query, e.g. `/api/v1/namespaces/x/pods?limit=1`. */
  readonly path: string;
  readonly body?: PropertyMap;
  readonly contentType?: string;
  readonly timeoutMs?: number;
};

export type ApiClient = {
  readonly server: string;
  /** Rejects with ApiFault when the server refuses and ApiUnreachable when it does not answer. */
  send(request: ApiRequest): Promise<PropertyMap>;
  /** As `send`, for answers that are plain text. */
  text(path: string): Promise<string>;
};

export type Kubeconfig = { readonly kubeconfig: string | undefined; readonly context: string | undefined };

const REQUEST_TIMEOUT_MS = 30_000;
const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 200;

/** Reads the kubeconfig given as text or as a path, else the user's own. */
export function loadKubeconfig(given: Kubeconfig): KubeConfig {
  const config = new KubeConfig();
  if (given.kubeconfig === undefined) config.loadFromDefault();
  else if (existsSync(given.kubeconfig)) config.loadFromFile(given.kubeconfig);
  else config.loadFromString(given.kubeconfig);
  if (given.context !== undefined) config.setCurrentContext(given.context);
  return config;
}

export function createApiClient(config: KubeConfig): ApiClient {
  const server = config.getCurrentCluster()?.server;
  if (server === undefined) {
    throw new Error(
      `the kubeconfig has no cluster for its context ${config.getCurrentContext() || "(none)"}. Next: npm run rampa -- status`,
    );
  }
  const base = new URL(server);
  let agent: http.Agent | undefined;
  const exchange = async (request: ApiRequest): Promise<Answer> => {
    // Asked for each request, since a token may have to be renewed; the sockets' TLS material stays.
    const options: https.RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    agent ??= createAgent(base, options);
    const { headers, auth } = options;
    const call = { agent, ...(headers && { headers }), ...(auth && { auth }) };
    return withRetries(request, () => send(base, call, request));
  };
  return {
    server,
    send: async (request) => parseAnswer(await exchange(request)),
    text: async (path) => {
      const answer = await exchange({ method: "GET", path });
      if (answer.status >= 400) parseAnswer(answer);
      return answer.body;
    },
  };
}

const SOCKETS = { keepAlive: true, maxSockets: 16 } as const;

function createAgent(base: URL, options: https.RequestOptions): http.Agent {
  if (base.protocol === "http:") return new http.Agent(SOCKETS);
  const { ca, cert, key, rejectUnauthorized, servername } = options;
  const tls = Object.entries({ ca, cert, key, rejectUnauthorized, servername });
  const given = Object.fromEntries(tls.filter(([, value]) => value !== undefined));
  return new https.Agent({ ...SOCKETS, ...given });
}

type Answer = { readonly status: number; readonly body: string };

function send(base: URL, options: https.RequestOptions, request: ApiRequest): Promise<Answer> {
  const payload = request.body === undefined ? undefined : Buffer.from(JSON.stringify(request.body));
  const timeoutMs = request.timeoutMs ?? REQUEST_TIMEOUT_MS;
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(new ApiUnreachable(base.origin, describe(error, timeoutMs)));
    const call = (base.protocol === "http:" ? http : https).request(
      new URL(base.pathname.replace(/\/$/, "") + request.path, base),
      {
        ...options,
        method: request.method,
        signal: AbortSignal.timeout(timeoutMs),
        headers: {
          ...options.headers,
          accept: "application/json",
          ...(payload && {
            "content-type": request.contentType ?? "application/json",
            "content-length": payload.length,
          }),
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", fail);
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }),
        );
      },
    );
    call.on("error", fail);
    call.end(payload);
  });
}

function describe(error: Error, timeoutMs: number): string {
  if (error.name === "AbortError" || error.name === "TimeoutError")
    return `no answer within ${timeoutMs / 1000} s`;
  return error.message || ("code" in error ? String(error.code) : error.name);
}

/** Reading and server-side apply can be repeated; so can what the server answers with 429 or 503. */
async function withRetries(request: ApiRequest, attempt: () => Promise<Answer>): Promise<Answer> {
  const repeatable = request.method === "GET" || request.method === "PATCH";
  for (let tried = 1; ; tried++) {
    const last = tried >= ATTEMPTS;
    try {
      const answer = await attempt();
      if (last || (answer.status !== 429 && answer.status !== 503)) return answer;
    } catch (error) {
      if (last || !repeatable) throw error;
    }
    await pause(FIRST_PAUSE_MS * 2 ** (tried - 1));
  }
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function parseAnswer(answer: Answer): PropertyMap {
  const body = parseJson(answer.body);
  if (answer.status >= 200 && answer.status < 300 && isMap(body)) return body;
  throw new ApiFault(answer.status, body);
}

function parseJson(text: string): PropertyValue {
  try {
    return JSON.parse(text);
  } catch {
    return { message: text.slice(0, 500) };
  }
}
