// Whether a deployment holds, from what its gateway's pods counted since it began. Pure.

export type PodCounts = { readonly requests: number; readonly errors: number };

export type Reading = {
  /** Whether a pod of the gateway is ready and answers. */
  readonly isReady: boolean;
  /** Totals since each pod started, by the pod's name. */
  readonly pods: Readonly<Record<string, PodCounts>>;
};

export type WatchLimits = {
  readonly maxErrorPercent: number;
  /** Fewer requests say nothing about a rate. */
  readonly minRequests: number;
  /** So many readings in a row that are not ready, or that have too many errors together, end the watch. */
  readonly readings: number;
};

export type Verdict = PodCounts &
  ({ readonly kind: "holds" } | { readonly kind: "fails"; readonly reason: string });

export const WATCH_LIMITS: WatchLimits = { maxErrorPercent: 5, minRequests: 20, readings: 3 };

export function decideWatch(readings: readonly Reading[], limits: WatchLimits): Verdict {
  const recent = readings.slice(-limits.readings);
  const whole = countsOf(readings);
  const isDown = recent.length === limits.readings && recent.every(({ isReady }) => !isReady);
  if (isDown) {
    return {
      kind: "fails",
      ...whole,
      reason: `the gateway was not ready in ${recent.length} readings in a row`,
    };
  }
  const spans = [countsOf(readings.slice(-limits.readings - 1)), whole];
  const bad = spans.find((it) => isOver(it, limits));
  if (bad === undefined) return { kind: "holds", ...whole };
  const reason = `${bad.errors} of ${bad.requests} requests failed, at most ${limits.maxErrorPercent} % may`;
  return { kind: "fails", ...whole, reason };
}

function isOver({ requests, errors }: PodCounts, { minRequests, maxErrorPercent }: WatchLimits): boolean {
  return requests >= minRequests && errors * 100 > requests * maxErrorPercent;
}

/** What was counted between the first and the last of these readings, over pods that come and go. */
function countsOf(readings: readonly Reading[]): PodCounts {
  let [requests, errors] = [0, 0];
  for (const [at, { pods }] of readings.entries()) {
    if (at === 0) continue;
    for (const [name, now] of Object.entries(pods)) {
      const before = lastOf(readings.slice(0, at), name);
      // A counter that fell began anew with its process.
      const base =
        before === undefined || before.requests > now.requests ? { requests: 0, errors: 0 } : before;
      requests += now.requests - base.requests;
      errors += Math.max(0, now.errors - base.errors);
    }
  }
  return { requests, errors };
}

function lastOf(readings: readonly Reading[], name: string): PodCounts | undefined {
  return readings.findLast(({ pods }) => pods[name] !== undefined)?.pods[name];
}
