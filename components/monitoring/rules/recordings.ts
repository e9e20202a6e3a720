// Recording rules: rate, errors and duration of each endpoint and version, and its share of failures by window.
import { FAILED_OUTCOMES, GATEWAY_JOB, type Recording, type Watch } from "./rule.ts";

/** Windows of the burn rates, after the Google SRE Workbook, chapter 5. */
const WINDOWS = ["5m", "30m", "1h", "2h", "6h", "1d", "3d"] as const;

export type Window = (typeof WINDOWS)[number];

const BY_VERSION = "namespace, endpoint, version";
const BY_ENDPOINT = "namespace, endpoint";
/** A version that takes less than half of an endpoint's requests is a candidate. */
const HALF = 0.5;

/** Name under which an endpoint's share of failures over a window is recorded. */
export function failureRatio(window: Window): string {
  return `rampa:endpoint_failure_ratio:rate${window}`;
}

/** Everything that alerts and dashboards share, so that both show the same number. */
export function recordings({ namespace }: Watch): readonly Recording[] {
  return [
    ...requestRecordings(namespace),
    ...WINDOWS.map((window) => ({
      record: failureRatio(window),
      expression: ratioOf(namespace, window, BY_ENDPOINT),
    })),
    { record: "rampa:first_token_seconds:p95", expression: p95(namespace, "time_to_first_token_seconds") },
    { record: "rampa:duration_seconds:p95", expression: p95(namespace, "request_duration_seconds") },
    ...candidateRecordings(namespace),
  ];
}

function requestRecordings(namespace: string): readonly Recording[] {
  return [
    { record: "rampa:requests:rate5m", expression: rateOf(`namespace="${namespace}"`, "5m", BY_VERSION) },
    { record: "rampa:failure_ratio:rate5m", expression: ratioOf(namespace, "5m", BY_VERSION) },
  ];
}

function rateOf(labels: string, window: Window, by: string): string {
  return `sum by (${by}) (rate(gateway_requests_total{${labels}}[${window}]))`;
}

/** Without a failure yet there is no series of failures: that is a ratio of 0, not of nothing. */
function ratioOf(namespace: string, window: Window, by: string): string {
  const all = rateOf(`namespace="${namespace}"`, window, by);
  const failed = rateOf(`namespace="${namespace}", outcome=~"${FAILED_OUTCOMES}"`, window, by);
  return `(${failed} or ${all} * 0) / (${all} > 0)`;
}

/** Model servers export the same names: only what callers met, at the gateway, counts. */
function p95(namespace: string, metric: string): string {
  const buckets = `gen_ai_server_${metric}_bucket{namespace="${namespace}", job="${GATEWAY_JOB}"}`;
  const sums = `sum by (namespace, gen_ai_request_model, version, le) (rate(${buckets}[5m]))`;
  const quantile = `histogram_quantile(0.95, ${sums})`;
  const named = `label_replace(${quantile}, "endpoint", "$1", "gen_ai_request_model", "(.*)")`;
  return `max by (${BY_VERSION}) (${named})`;
}

function candidateRecordings(namespace: string): readonly Recording[] {
  const weight = "rampa:version_weight:max";
  const candidates = `(${weight} > 0 and ${weight} < ${HALF})`;
  const stable = `(${weight} >= ${HALF})`;
  const figures = [
    ["failure_ratio", "rampa:failure_ratio:rate5m"],
    ["first_token_seconds", "rampa:first_token_seconds:p95"],
  ] as const;
  return [
    {
      record: weight,
      expression: `max by (${BY_VERSION}) (canary_weight_ratio{namespace="${namespace}"})`,
    },
    ...figures.flatMap(([name, source]) => [
      {
        record: `rampa:candidate_${name}:current`,
        expression: `${source} and on (${BY_VERSION}) ${candidates}`,
      },
      {
        record: `rampa:stable_${name}:current`,
        expression: `max by (${BY_ENDPOINT}) (${source} and on (${BY_VERSION}) ${stable})`,
      },
    ]),
  ];
}
