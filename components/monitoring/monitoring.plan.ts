// Settings of the monitoring → rule groups, dashboards, targets and routes of alerts.
import { standardLabels } from "../kit/ownership.ts";
import { type Dashboard, planDashboards } from "./dashboards.ts";
import type { MonitoringSettings } from "./monitoring.args.ts";
import type { Receiver } from "./receivers.args.ts";
import { candidateAlerts } from "./rules/candidate-alerts.ts";
import { endpointAlerts } from "./rules/endpoint-alerts.ts";
import { gpuAlerts } from "./rules/gpu-alerts.ts";
import { modelAlerts } from "./rules/model-alerts.ts";
import { recordings } from "./rules/recordings.ts";
import { type Alert, SEVERITIES, type Severity, type Watch } from "./rules/rule.ts";

/** A rule group in Prometheus' own words, as a rule file and a PrometheusRule hold it. */
export type RuleGroup = {
  readonly name: string;
  readonly interval: string;
  readonly rules: readonly (
    | { readonly record: string; readonly expr: string }
    | {
        readonly alert: string;
        readonly expr: string;
        readonly for: string;
        readonly labels: Readonly<Record<string, string>>;
        readonly annotations: Readonly<Record<string, string>>;
      }
  )[];
};

export type RoutePlan = { readonly severity: Severity; readonly receivers: readonly Receiver[] };

export type MonitoringPlan = {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly scrapeSeconds: number;
  readonly groups: readonly RuleGroup[];
  readonly dashboards: readonly Dashboard[];
  /** Only severities that somebody is told of. */
  readonly routes: readonly RoutePlan[];
};

/** Decides what watches an environment. */
export function planMonitoring(settings: MonitoringSettings): MonitoringPlan {
  const { namespace, ownership, scrapeSeconds, gpus, receivers } = settings;
  return {
    namespace,
    labels: standardLabels(ownership, { name: "monitoring", instance: namespace }),
    scrapeSeconds,
    groups: planGroups(settings),
    dashboards: planDashboards(namespace, gpus),
    routes: SEVERITIES.map((severity) => ({ severity, receivers: receivers[severity] })).filter(
      (route) => route.receivers.length > 0,
    ),
  };
}

/** All rule groups; also what a rule file for promtool holds. */
export function planGroups(settings: MonitoringSettings): readonly RuleGroup[] {
  const watch = toWatch(settings);
  const interval = `${settings.scrapeSeconds}s`;
  const alerts = (name: string, list: readonly Alert[]): RuleGroup => ({
    name: `rampa.${name}`,
    interval,
    rules: list.map((alert) => toRule(alert, settings)),
  });
  const rules = recordings(watch).map(({ record, expression }) => ({ record, expr: expression }));
  return [
    // First, as alerts read what it records.
    { name: "rampa.recordings", interval, rules },
    alerts("endpoints", endpointAlerts(watch)),
    alerts("candidates", candidateAlerts(watch)),
    alerts("models", modelAlerts(watch)),
    ...(settings.gpus ? [alerts("gpus", gpuAlerts(watch))] : []),
  ];
}

function toWatch({ namespace, objectives, limits }: MonitoringSettings): Watch {
  const { failedPercent, candidateFailedPercent, kvCachePercent, ...same } = limits;
  return {
    ...same,
    namespace,
    errorBudget: toRatio(100 - objectives.availabilityPercent),
    firstTokenSeconds: objectives.firstTokenSeconds,
    durationSeconds: objectives.durationSeconds,
    errorRatio: toRatio(failedPercent),
    candidateErrorMargin: toRatio(candidateFailedPercent),
    kvCacheRatio: toRatio(kvCachePercent),
  };
}

/** Without the digits that binary fractions add: 100 - 99.9 is not 0.1. */
function toRatio(percent: number): number {
  return Number((percent / 100).toPrecision(6));
}

function toRule(
  alert: Alert,
  { namespace, ownership, runbookUrl }: MonitoringSettings,
): RuleGroup["rules"][number] {
  return {
    alert: alert.name,
    expr: alert.expression,
    for: `${alert.forMinutes}m`,
    labels: {
      severity: alert.severity,
      environment: ownership.environment,
      owner: ownership.owner,
      // Alertmanager hands an alert to the configuration of the namespace that its label names.
      namespace,
    },
    annotations: { summary: alert.summary, runbook_url: `${runbookUrl}/${alert.name}.md` },
  };
}
