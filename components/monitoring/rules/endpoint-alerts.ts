// Alerts on what callers meet: failures, slow answers, an error budget that is used up too fast, nobody to ask.
import { GATEWAY_WAITING_REQUESTS } from "../../../serving/contract/metric-names.ts";
import { failureRatio, type Window } from "./recordings.ts";
import { type Alert, GATEWAY_JOB, LEAST_RATE, type Severity, type Watch } from "./rule.ts";

type Burn = {
  readonly name: string;
  readonly severity: Severity;
  readonly factor: number;
  readonly long: Window;
  readonly short: Window;
};

/** Multi-window burn rates: the long window says that it matters, the short one that it is still going on. */
const BURNS: readonly Burn[] = [
  { name: "RampaErrorBudgetBurnFast", severity: "P0", factor: 14.4, long: "1h", short: "5m" },
  { name: "RampaErrorBudgetBurnHigh", severity: "P1", factor: 6, long: "6h", short: "30m" },
  { name: "RampaErrorBudgetBurnSteady", severity: "P2", factor: 3, long: "1d", short: "2h" },
  { name: "RampaErrorBudgetBurnSlow", severity: "P3", factor: 1, long: "3d", short: "6h" },
];

export function endpointAlerts(watch: Watch): readonly Alert[] {
  return [...BURNS.map((burn) => burnAlert(burn, watch)), ...answerAlerts(watch), ...presenceAlerts(watch)];
}

function burnAlert({ name, severity, factor, long, short }: Burn, { errorBudget }: Watch): Alert {
  const limit = Number((factor * errorBudget).toPrecision(6));
  return {
    name,
    severity,
    expression: `${failureRatio(long)} > ${limit} and ${failureRatio(short)} > ${limit}`,
    forMinutes: 2,
    summary: `Endpoint {{ $labels.endpoint }} uses its error budget ${factor} times as fast as it may ({{ $value | humanizePercentage }} failed over ${long}).`,
  };
}

function answerAlerts({ errorRatio, firstTokenSeconds, durationSeconds }: Watch): readonly Alert[] {
  const busy = `and on (namespace, endpoint, version) rampa:requests:rate5m > ${LEAST_RATE}`;
  return [
    {
      name: "RampaRequestsFail",
      severity: "P1",
      expression: `rampa:failure_ratio:rate5m > ${errorRatio} ${busy}`,
      forMinutes: 5,
      summary:
        "{{ $value | humanizePercentage }} of the requests to {{ $labels.endpoint }} {{ $labels.version }} fail.",
    },
    {
      name: "RampaFirstTokenSlow",
      severity: "P2",
      expression: `rampa:first_token_seconds:p95 > ${firstTokenSeconds} ${busy}`,
      forMinutes: 10,
      summary:
        "The first token of {{ $labels.endpoint }} {{ $labels.version }} takes {{ $value | humanizeDuration }} at the 95th percentile.",
    },
    {
      name: "RampaAnswersSlow",
      severity: "P2",
      expression: `rampa:duration_seconds:p95 > ${durationSeconds} ${busy}`,
      forMinutes: 10,
      summary:
        "Answers of {{ $labels.endpoint }} {{ $labels.version }} take {{ $value | humanizeDuration }} at the 95th percentile.",
    },
  ];
}

function presenceAlerts(watch: Watch): readonly Alert[] {
  const { namespace } = watch;
  return [
    {
      name: "RampaGatewayAbsent",
      severity: "P0",
      expression: `absent(up{namespace="${namespace}", job="${GATEWAY_JOB}"} == 1)`,
      forMinutes: 3,
      summary: `No gateway of namespace ${namespace} answers.`,
    },
    {
      name: "RampaRoutesAbsent",
      severity: "P1",
      expression: `absent(canary_weight_ratio{namespace="${namespace}"}) unless on () absent(up{namespace="${namespace}", job="${GATEWAY_JOB}"} == 1)`,
      forMinutes: 5,
      summary: `The gateway of namespace ${namespace} knows no endpoint.`,
    },
    {
      name: "RampaTargetDown",
      severity: "P2",
      expression: `up{namespace="${namespace}"} == 0`,
      forMinutes: 10,
      summary: "{{ $labels.pod }} runs, but gives no metrics.",
    },
    versionAbsent(watch),
    heldInVain(namespace),
  ];
}

/** A version that never had a pod is one of a provider; one that may sleep has its line of waiting requests. */
function versionAbsent({ namespace, absentMinutes }: Watch): Alert {
  const here = `{namespace="${namespace}"}`;
  const on = "on (namespace, endpoint, version)";
  const weighted = `rampa:version_weight:max${here} > 0`;
  const hasPods = `present_over_time(up${here}[1d])`;
  return {
    name: "RampaVersionAbsent",
    severity: "P1",
    expression: `(${weighted} and ${on} ${hasPods}) unless ${on} up${here} == 1 unless ${on} ${GATEWAY_WAITING_REQUESTS}${here}`,
    forMinutes: absentMinutes,
    summary:
      "No server of {{ $labels.endpoint }} {{ $labels.version }} answers, which takes {{ $value | humanizePercentage }} of the requests.",
  };
}

/** The first sample of a counter is an increase too. */
function heldInVain(namespace: string): Alert {
  const held = `rampa_gateway_held_seconds_count{namespace="${namespace}", end=~"full|late"}`;
  return {
    name: "RampaHeldRequestsFail",
    severity: "P1",
    expression: `sum by (namespace, endpoint, version) ((${held} unless ${held} offset 10m) or increase(${held}[10m])) > 0`,
    forMinutes: 1,
    summary:
      "Requests that waited for {{ $labels.endpoint }} {{ $labels.version }} to wake were turned away: {{ $value | humanize }} in 10 minutes.",
  };
}
