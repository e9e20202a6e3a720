// The HTTP shell that every serving role shares: routing, limits, probes, one fault encoder, drain.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { ConfigError } from "../contract/config-error.ts";
import { encodeFault, faults, type OpenAiFault } from "../contract/openai/fault.ts";
import type { Log, ReadinessCheck } from "../ports.ts";
import { endProcess } from "./end-process.ts";
import { Exchange } from "./exchange.ts";
import { describeError } from "./log.ts";
import { createProbes, type Metrics, type Probe } from "./probes.ts";

export type Route = {
  readonly method: "GET" | "POST" | "DELETE";
  /** An exact path, or a prefix that ends in `/*`. Exact paths win, then earlier routes. */
  readonly path: string;
  /** Answers through the exchange. What it throws is our bug: logged, answered as 500. */
  readonly handle: (exchange: Exchange) => void | Promise<void>;
};

export type ServerSettings = {
  readonly listen: { readonly host: string; readonly port: number };
  readonly routes: readonly Route[];
  /** What `/readyz` asks. */
  readonly checks: readonly ReadinessCheck[];
  /** What `/livez` asks; nothing but the event loop when left out. */
  readonly liveness?: readonly ReadinessCheck[];
  readonly metrics: Metrics;
  readonly drain: { readonly settleMs: number; readonly graceMs: number };
  readonly log: Log;
  readonly timeouts?: { readonly headersMs: number; readonly requestMs: number };
};

export type RunningServer = {
  readonly port: number;
  /** Answers running now. */
  readonly running: () => number;
  /** Not ready → settle → no new connections → running answers finish, or are cut after the grace time. Idempotent. */
  readonly drain: () => Promise<void>;
  /** The longest that `drain` may take. */
  readonly drainLimitMs: number;
};

/** What cutting the last answers may take after the grace time. */
const CUT_MS = 1_000;
const DEFAULT_TIMEOUTS = { headersMs: 15_000, requestMs: 60_000 };
/** Longer than the idle time of common load balancers, so that they close a connection first. */
const KEEP_ALIVE_MS = 75_000;

/** Starts listening. Rejects with a ConfigError when the port is taken. */
export async function startServer(settings: ServerSettings): Promise<RunningServer> {
  const running = new Set<Exchange>();
  let draining = false;
  const probes = createProbes({
    checks: settings.checks,
    liveness: settings.liveness ?? [],
    metrics: settings.metrics,
    isDraining: () => draining,
  });
  const timeouts = settings.timeouts ?? DEFAULT_TIMEOUTS;
  const dispatch = createDispatch(settings, probes);

  const server = createServer(
    {
      headersTimeout: timeouts.headersMs,
      requestTimeout: timeouts.requestMs,
      connectionsCheckingInterval: Math.min(1_000, timeouts.headersMs),
      keepAliveTimeout: KEEP_ALIVE_MS,
    },
    (request: IncomingMessage, response: ServerResponse) => {
      const exchange = new Exchange(request, response);
      running.add(exchange);
      response.once("close", () => running.delete(exchange));
      if (draining) exchange.closeAfterAnswer();
      dispatch(exchange);
    },
  );
  server.on("clientError", answerClientError);
  await listen(server, settings.listen);
  // E.g. no file descriptor left for a new connection: the running ones go on.
  server.on("error", (error) => settings.log.error({ error: describeError(error) }, "accepting failed"));

  let drained: Promise<void> | undefined;
  const drain = (): Promise<void> => {
    draining = true;
    drained ??= drainServer(server, running, settings);
    return drained;
  };
  // A TCP server's address is an object, never a pipe's name.
  const { port } = server.address() as AddressInfo;
  const drainLimitMs = settings.drain.settleMs + settings.drain.graceMs + CUT_MS;
  return { port, running: () => running.size, drain, drainLimitMs };
}

/**
 * Waits for SIGTERM or SIGINT, drains, and resolves to exit code 0. Where the drain or what the role does after it
 * outlasts the limit, the process ends all the same.
 */
export function runUntilSignal(server: RunningServer, log: Log): Promise<number> {
  return new Promise((resolve) => {
    const stop = (signal: NodeJS.Signals): void => {
      log.info({ signal, running: server.running() }, "draining");
      setTimeout(() => endProcess(0), server.drainLimitMs);
      void server.drain().then(() => {
        log.info({}, "drained");
        resolve(0);
      });
    };
    process.once("SIGTERM", stop);
    process.once("SIGINT", stop);
  });
}

function createDispatch(
  settings: ServerSettings,
  probes: ReadonlyMap<string, Probe>,
): (exchange: Exchange) => void {
  const exact = new Map(settings.routes.map((route) => [`${route.method} ${route.path}`, route]));
  const prefixes = settings.routes.filter((route) => route.path.endsWith("/*"));
  const allowed = (path: string): string[] =>
    settings.routes.filter((route) => isOn(route, path)).map((route) => route.method);

  return (exchange) => {
    const method = exchange.request.method ?? "GET";
    const probe = probes.get(exchange.path);
    if (probe && (method === "GET" || method === "HEAD")) {
      guard(exchange, settings.log, () => probe(exchange));
      return;
    }
    const route =
      exact.get(`${method} ${exchange.path}`) ??
      prefixes.find((candidate) => candidate.method === method && isOn(candidate, exchange.path));
    if (route) {
      guard(exchange, settings.log, () => route.handle(exchange));
      return;
    }
    const methods = probe ? ["GET"] : allowed(exchange.path);
    if (methods.length > 0) exchange.response.setHeader("allow", methods.join(", "));
    exchange.refuse(refusal(methods, method, exchange.path));
  };
}

function refusal(methods: readonly string[], method: string, path: string): OpenAiFault {
  return methods.length > 0 ? faults.methodNotAllowed(method, path) : faults.unknownUrl(method, path);
}

function isOn(route: Route, path: string): boolean {
  if (!route.path.endsWith("/*")) return route.path === path;
  const prefix = route.path.slice(0, -1);
  return path.startsWith(prefix) && path.length > prefix.length;
}

function guard(exchange: Exchange, log: Log, handle: () => void | Promise<void>): void {
  const fail = (error: unknown): void => {
    log.error({ requestId: exchange.requestId, error: describeError(error) }, "request handler failed");
    exchange.refuse(faults.internal());
  };
  try {
    const done = handle();
    if (done) done.catch(fail);
  } catch (error) {
    fail(error);
  }
}

/** What Node's parser refuses never reaches a handler; it gets the same envelope as everything else. */
function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  // A response that has begun can't be amended; `_httpMessage` is where Node itself looks for it.
  const begun = Reflect.get(socket, "_httpMessage")?.headersSent === true;
  if (error.code === "ECONNRESET" || !socket.writable || begun) {
    socket.destroy();
    return;
  }
  const { status, headers, body } = encodeFault(clientFault(error.code));
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(
    `HTTP/1.1 ${status} Refused\r\n${lines.join("")}connection: close\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

function clientFault(code: string | undefined): OpenAiFault {
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return faults.requestTimeout();
  if (code === "HPE_HEADER_OVERFLOW") return faults.headersTooLarge();
  return faults.badHttp();
}

function listen(server: Server, { host, port }: { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => reject(toListenError(error, host, port)));
    server.listen(port, host, 1_024, () => {
      server.removeAllListeners("error");
      resolve();
    });
  });
}

/** Address and port are the user's choice, so a refusal of either is theirs to correct. */
function toListenError(error: Error & { code?: string }, host: string, port: number): Error {
  const next = "choose another address or port, or stop what uses it";
  const fail = (path: string, got: string, want: string): Error =>
    new ConfigError("listen", [{ path, got, want }], next);
  if (error.code === "EADDRINUSE") return fail("port", `${port}, which is in use on ${host}`, "a free port");
  if (error.code === "EACCES")
    return fail("port", `${port}, which this user may not open`, "a port above 1023");
  if (error.code === "EADDRNOTAVAIL" || error.code === "ENOTFOUND") {
    return fail("host", host, "an address of this machine");
  }
  return error;
}

async function drainServer(
  server: Server,
  running: ReadonlySet<Exchange>,
  { drain, log }: ServerSettings,
): Promise<void> {
  await pause(drain.settleMs);
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  server.closeIdleConnections();
  for (const exchange of running) {
    exchange.closeAfterAnswer();
    // A stream began before it could announce the close, so its caller would keep the connection open.
    exchange.response.once("close", () => setImmediate(() => server.closeIdleConnections()));
  }
  const graceEnd = setTimeout(() => {
    log.warn({ running: running.size }, "grace time is over, cutting running answers");
    for (const exchange of running) exchange.cut(faults.draining());
    // One turn of the loop lets the last events reach the sockets before they are closed.
    setTimeout(() => server.closeAllConnections(), 100);
  }, drain.graceMs);
  await closed;
  clearTimeout(graceEnd);
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
