// Keeps a route table equal to the HTTPRoutes of a namespace: list, then watch from there, for as long as it runs.
import type { IncomingMessage } from "node:http";
import type { Entropy, Log } from "../../ports.ts";
import { type ApiAccess, ApiFault, openGet } from "./api-access.ts";
import type { WritableRouteTable } from "./route-table.ts";

/** The API server ends a watch after this time; the deadline on top catches a connection that died silently. */
const WATCH_SECONDS = 240;
const DEADLINE_MS = (WATCH_SECONDS + 30) * 1000;
const LIST_DEADLINE_MS = 15_000;
const GONE = 410;

export type RouteWatchSettings = {
  readonly access: ApiAccess;
  readonly namespace: string;
  readonly table: WritableRouteTable;
  readonly log: Log;
  readonly entropy: Entropy;
  /** First pause after a failure; doubles up to `longestPauseMs`. */
  readonly shortestPauseMs?: number;
  readonly longestPauseMs?: number;
};

type Position = { version: string | undefined };

/** Starts in the background. While the API server is away, the table keeps what it last held. */
export function watchRoutes(settings: RouteWatchSettings): () => void {
  const stop = new AbortController();
  void keepWatching(settings, stop.signal);
  return () => stop.abort();
}

async function keepWatching(settings: RouteWatchSettings, stop: AbortSignal): Promise<void> {
  const position: Position = { version: undefined };
  let failures = 0;
  while (!stop.aborted) {
    try {
      if (position.version === undefined) await listRoutes(settings, position, stop);
      await followRoutes(settings, position, stop);
      failures = 0;
    } catch (error) {
      if (stop.aborted) return;
      if (error instanceof ApiFault && error.status === GONE) {
        position.version = undefined;
        settings.log.info({}, "the watch position is too old, listing the routes again");
      } else {
        const reason = error instanceof Error ? error.message : String(error);
        settings.log.warn({ reason, failures: failures + 1 }, "watching routes failed, the last table stays");
      }
      await pause(backoffMs(settings, failures), stop);
      failures += 1;
    }
  }
}

async function listRoutes(
  { access, namespace, table, log }: RouteWatchSettings,
  position: Position,
  stop: AbortSignal,
): Promise<void> {
  const signal = AbortSignal.any([stop, AbortSignal.timeout(LIST_DEADLINE_MS)]);
  const response = await openGet(access, pathOf(namespace), signal);
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const list: unknown = JSON.parse(Buffer.concat(chunks).toString("utf8"));
  const items = field(list, "items");
  if (!Array.isArray(items)) throw new Error("the API server's list has no items");
  table.replaceAll(items);
  position.version = versionOf(list);
  log.info({ endpoints: table.list().map((endpoint) => endpoint.name) }, "routes listed");
}

async function followRoutes(
  { access, namespace, table, log }: RouteWatchSettings,
  position: Position,
  stop: AbortSignal,
): Promise<void> {
  const signal = AbortSignal.any([stop, AbortSignal.timeout(DEADLINE_MS)]);
  const query = `?watch=1&allowWatchBookmarks=true&timeoutSeconds=${WATCH_SECONDS}&resourceVersion=${position.version ?? ""}`;
  const response = await openGet(access, pathOf(namespace) + query, signal);
  for await (const line of linesOf(response)) applyEvent(line, table, position, log);
}

function applyEvent(line: string, table: WritableRouteTable, position: Position, log: Log): void {
  const event: unknown = JSON.parse(line);
  const type = field(event, "type");
  const object = field(event, "object");
  if (type === "ERROR") throw new ApiFault(Number(field(object, "code")) || 500, "the watch");
  if (type === "ADDED" || type === "MODIFIED") table.put(object);
  else if (type === "DELETED") table.remove(object);
  position.version = versionOf(object) ?? position.version;
  if (type !== "BOOKMARK")
    log.info({ type, route: field(field(object, "metadata"), "name") }, "route changed");
}

async function* linesOf(response: IncomingMessage): AsyncGenerator<string> {
  let rest = "";
  response.setEncoding("utf8");
  for await (const chunk of response) {
    const lines = `${rest}${chunk}`.split("\n");
    rest = lines.pop() ?? "";
    yield* lines.filter((line) => line !== "");
  }
}

const pathOf = (namespace: string): string =>
  `/apis/gateway.networking.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/httproutes`;

function versionOf(object: unknown): string | undefined {
  const version = field(field(object, "metadata"), "resourceVersion");
  return typeof version === "string" ? version : undefined;
}

const field = (object: unknown, name: string): unknown =>
  object !== null && typeof object === "object" ? Reflect.get(object, name) : undefined;

/** Half of the pause is chance, so that the gateways of a fleet don't come back in step. */
function backoffMs(settings: RouteWatchSettings, failures: number): number {
  const longest = settings.longestPauseMs ?? 30_000;
  const pauseMs = Math.min(longest, (settings.shortestPauseMs ?? 500) * 2 ** Math.min(failures, 10));
  return pauseMs / 2 + (pauseMs / 2) * settings.entropy();
}

function pause(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    timer.unref();
    stop.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
