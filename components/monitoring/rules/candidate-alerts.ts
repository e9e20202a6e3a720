// Alerts that compare a candidate version with the stable one of its endpoint: the guardrail of static weights.
import { type Alert, LEAST_RATE, type Watch } from "./rule.ts";

export function candidateAlerts({ candidateErrorMargin, candidateSlowdown }: Watch): readonly Alert[] {
  const stable = (name: string): string =>
    `on (namespace, endpoint) group_left () rampa:stable_${name}:current`;
  const busy = `and on (namespace, endpoint, version) rampa:requests:rate5m > ${LEAST_RATE}`;
  return [
    {
      name: "RampaCandidateFails",
      severity: "P1",
      expression: `(rampa:candidate_failure_ratio:current - ${stable("failure_ratio")}) > ${candidateErrorMargin} ${busy}`,
      forMinutes: 5,
      summary:
        "Candidate {{ $labels.version }} of {{ $labels.endpoint }} fails {{ $value | humanizePercentage }} more of its requests than the stable version.",
    },
    {
      name: "RampaCandidateSlow",
      severity: "P2",
      expression: `(rampa:candidate_first_token_seconds:current / ${stable("first_token_seconds")}) > ${candidateSlowdown} ${busy}`,
      forMinutes: 10,
      summary:
        "The first token of candidate {{ $labels.version }} of {{ $labels.endpoint }} takes {{ $value | humanize }} times as long as the stable version's.",
    },
  ];
}
