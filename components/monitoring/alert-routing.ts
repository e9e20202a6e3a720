// How alerts travel to people, as data: what the operator's configuration and a plain Alertmanager's share.
import type { Severity } from "./rules/rule.ts";

/** Takes what nobody is to be told of. */
export const NOBODY = "nobody";

/** Each kind of alert and endpoint in one message. */
export const GROUPING = {
  by: ["alertname", "endpoint"],
  wait: "30s",
  interval: "5m",
  repeat: "12h",
} as const;

/** Repeats of an alert that still holds. */
export const REPEAT: Readonly<Record<Severity, string>> = { P0: "30m", P1: "2h", P2: "12h", P3: "1d" };

/** What is cut off altogether needs no word on how slow it is. */
export const INHIBITION = {
  source: "RampaGatewayAbsent",
  silenced: "P1|P2|P3",
  equal: "namespace",
} as const;

export const TITLE = "[{{ .Status | toUpper }}] {{ .CommonLabels.severity }} {{ .CommonLabels.alertname }}";
export const TEXT = "{{ range .Alerts }}{{ .Annotations.summary }} {{ .Annotations.runbook_url }}\n{{ end }}";

/** In PagerDuty's own words. */
export function pagerdutySeverity(severity: Severity): "critical" | "error" {
  return severity === "P0" ? "critical" : "error";
}
