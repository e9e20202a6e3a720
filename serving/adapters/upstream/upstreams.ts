// Calls to model servers: one undici pool an origin, bytes in and out, faults told apart by what may be done about them.
import { connect } from "node:net";
import { type Dispatcher, errors, Pool } from "undici";
import type { UpstreamFault } from "../../core/route/decide-recovery.ts";
import type { RunningCall, UpstreamCall, UpstreamSink, Upstreams } from "../../ports.ts";

/** Code of the error when a name resolves to nothing that may be called. */
export const FORBIDDEN_ADDRESS = "RAMPA_FORBIDDEN_ADDRESS";

export type UpstreamTimeouts = {
  readonly connectMs: number;
  readonly idleMs: number;
};

const MOST_CONNECTIONS = 1_024;

export function createUpstreams(timeouts: UpstreamTimeouts): Upstreams {
  const pools = new Map<string, Pool>();
  const poolOf = (host: string, port: number): Pool => {
    const origin = `http://${host}:${port}`;
    const known = pools.get(origin);
    if (known) return known;
    const pool = new Pool(origin, {
      connections: MOST_CONNECTIONS,
      connectTimeout: timeouts.connectMs,
      bodyTimeout: timeouts.idleMs,
    });
    pools.set(origin, pool);
    return pool;
  };
  return {
    send: (call, sink) => dispatchTo(poolOf(call.host, call.port), call, sink),
    canConnect,
    close: async () => {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()));
    },
  };
}

type Dispatched = Omit<UpstreamCall, "host" | "port">;

/** undici's dispatch straight onto the sink: no stream object and no promise a chunk in between. */
export function dispatchTo(pool: Pool, call: Dispatched, sink: UpstreamSink): RunningCall {
  let control: Dispatcher.DispatchController | undefined;
  let isAborted = false;
  const end = new Promise<UpstreamFault | undefined>((resolve) => {
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart: (controller) => {
        control = controller;
        if (isAborted) controller.abort(new errors.RequestAbortedError());
      },
      onResponseStart: (_controller, status, headers) => {
        if (status >= 200) sink.start(status, headers);
      },
      onResponseData: (controller, chunk) => {
        if (sink.write(chunk)) return;
        controller.pause();
        sink.onWritable(() => controller.resume());
      },
      onResponseEnd: () => resolve(undefined),
      onResponseError: (_controller, error) => resolve(isAborted ? "aborted" : toFault(error)),
    };
    const { method, path, headers, body, firstByteMs: headersTimeout } = call;
    pool.dispatch({ method, path, headers: [...headers], body, headersTimeout }, handler);
  });
  const abort = (): void => {
    isAborted = true;
    control?.abort(new errors.RequestAbortedError());
  };
  return { end, abort };
}

function canConnect(to: { readonly host: string; readonly port: number }, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(to);
    const end = (isConnected: boolean): void => {
      socket.destroy();
      resolve(isConnected);
    };
    socket.setTimeout(ms, () => end(false));
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
  });
}

const UNREACHABLE = new Set([
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTDOWN",
]);

/** Codes of Node for certificates, and of OpenSSL for what is no TLS. */
const UNTRUSTED =
  /CERT|^ERR_TLS_|^ERR_SSL_|^UNABLE_TO_|^SELF_SIGNED|^EPROTO$|^HOSTNAME_MISMATCH$|^INVALID_CA$/;

function toFault(error: Error): UpstreamFault {
  const code = String(Reflect.get(error, "code") ?? "");
  if (UNREACHABLE.has(code)) return "unreachable";
  if (code === FORBIDDEN_ADDRESS) return "forbidden address";
  if (UNTRUSTED.test(code)) return "untrusted";
  if (code === "UND_ERR_CONNECT_TIMEOUT" || code === "ETIMEDOUT") return "connect timeout";
  if (code === "UND_ERR_HEADERS_TIMEOUT") return "first byte timeout";
  if (code === "UND_ERR_BODY_TIMEOUT") return "idle timeout";
  if (code === "ECONNRESET" || code === "EPIPE" || code === "UND_ERR_SOCKET") return "reset";
  return "invalid";
}
