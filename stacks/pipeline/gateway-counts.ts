// Requests and errors out of the metrics of one gateway pod. Pure.
import type { PodCounts } from "./watch-decision.ts";

/** Outcomes that are the service's fault; every other one but `ok` is the caller's. */
export const SERVER_OUTCOMES: readonly string[] = [
  "internal_error",
  "no_backend",
  "not_ready",
  "overloaded",
  "shutting_down",
  "upstream_broken",
  "upstream_timeout",
  "upstream_unreachable",
];

const SAMPLE = /^gateway_requests_total\{([^}]*)\} (\S+)/;

export function countRequests(metrics: string): PodCounts {
  const samples = metrics.split("\n").flatMap((line) => {
    const [, labels = "", value = ""] = SAMPLE.exec(line) ?? [];
    const outcome = /(?:^|,)outcome="([^"]*)"/.exec(labels)?.[1];
    return outcome === undefined ? [] : [{ outcome, count: Number(value) }];
  });
  const sum = (isCounted: (outcome: string) => boolean): number =>
    samples.filter(({ outcome }) => isCounted(outcome)).reduce((total, { count }) => total + count, 0);
  return { requests: sum(() => true), errors: sum(isServerError) };
}

function isServerError(outcome: string): boolean {
  return SERVER_OUTCOMES.includes(outcome) || /^upstream_5\d\d$/.test(outcome);
}
