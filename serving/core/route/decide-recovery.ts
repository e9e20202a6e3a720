// What to do after a failed attempt: ask again, wait for a pod, or give up.

export type UpstreamFault =
  /** No connection came about: the request can't have been processed. */
  | "unreachable"
  | "connect timeout"
  /** The name resolves to no address that may be called. */
  | "forbidden address"
  /** The certificate is not to be trusted, or the other side speaks no TLS. */
  | "untrusted"
  | "first byte timeout"
  | "idle timeout"
  /** The connection broke. */
  | "reset"
  /** What came is not HTTP, or not as long as it said. */
  | "invalid"
  | "aborted";

export type FailedAttempt = {
  readonly fault: UpstreamFault;
  /** Attempts made again so far; waits do not count. */
  readonly retries: number;
  /** Whether the caller has got a part of the answer. */
  readonly hasStarted: boolean;
  /** Whether the version may be without a pod. */
  readonly maySleep: boolean;
};

export type Recovery =
  | { readonly kind: "retry"; readonly pauseMs: number }
  | { readonly kind: "wait" }
  | { readonly kind: "give up" };

/** Pauses before the second and third attempt: time for a Service to drop a pod that went away. */
const RETRY_PAUSES_MS = [50, 250];

/** Waits only where no connection came about: a request that a model server may have seen is never kept. */
export function decideRecovery({ fault, retries, hasStarted, maySleep }: FailedAttempt): Recovery {
  const pauseMs = RETRY_PAUSES_MS[retries];
  if (hasStarted) return { kind: "give up" };
  if (maySleep && couldNotConnect(fault)) return { kind: "wait" };
  if (pauseMs === undefined || !isSafeToRetry(fault)) return { kind: "give up" };
  return { kind: "retry", pauseMs };
}

const NOT_CONNECTED: ReadonlySet<UpstreamFault | undefined> = new Set<UpstreamFault>([
  "unreachable",
  "connect timeout",
  "forbidden address",
  "untrusted",
]);

export const couldNotConnect = (fault: UpstreamFault | undefined): boolean => NOT_CONNECTED.has(fault);

/** Nothing reached the model server, or nothing was answered: generating twice changes nothing but the cost. */
const isSafeToRetry = (fault: UpstreamFault): boolean => couldNotConnect(fault) || fault === "reset";
