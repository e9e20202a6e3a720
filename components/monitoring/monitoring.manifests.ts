// Plan of the monitoring → Prometheus operator objects and the ConfigMaps that Grafana reads dashboards from.
import type { CustomResourceArgs } from "@pulumi/kubernetes/apiextensions/index.js";
import type { ConfigMapArgs } from "@pulumi/kubernetes/core/v1/index.js";
import type { Input } from "@pulumi/pulumi";
import { LABELS } from "../contract/labels.ts";
import { GROUPING, INHIBITION, NOBODY, pagerdutySeverity, REPEAT, TEXT, TITLE } from "./alert-routing.ts";
import { type Dashboard, toGrafana } from "./dashboards.ts";
import type { MonitoringPlan, RoutePlan, RuleGroup } from "./monitoring.plan.ts";
import type { Receiver } from "./receivers.args.ts";
import type { Severity } from "./rules/rule.ts";
import { GATEWAY_TARGET, MODEL_TARGET, SCRAPE, scrapeTimeoutSeconds } from "./targets.ts";

const API = "monitoring.coreos.com/v1";
const ALERTMANAGER_API = "monitoring.coreos.com/v1alpha1";
/** What Grafana's sidecar looks for. */
const DASHBOARD_LABEL = { grafana_dashboard: "1" };

/** The gateway's pods, by its Service. */
export function gatewayMonitorArgs(plan: MonitoringPlan, namespace: Input<string>): CustomResourceArgs {
  return {
    apiVersion: API,
    kind: "ServiceMonitor",
    metadata: { name: "gateway", namespace, labels: { ...plan.labels } },
    spec: {
      selector: { matchLabels: { [LABELS.component]: GATEWAY_TARGET.component } },
      endpoints: [
        {
          ...scrape(plan),
          // The operator's own label `endpoint`, the port's name, would hide which endpoint a request was for.
          relabelings: [{ action: "labeldrop", regex: "endpoint" }],
        },
      ],
    },
  };
}

/** Model servers, by their pods. */
export function modelMonitorArgs(plan: MonitoringPlan, namespace: Input<string>): CustomResourceArgs {
  return {
    apiVersion: API,
    kind: "PodMonitor",
    metadata: { name: "models", namespace, labels: { ...plan.labels } },
    spec: {
      selector: { matchLabels: { [LABELS.component]: MODEL_TARGET.component } },
      podMetricsEndpoints: [
        {
          ...scrape(plan),
          relabelings: Object.entries(MODEL_TARGET.podLabels).map(([label, targetLabel]) => ({
            action: "replace",
            sourceLabels: [`__meta_kubernetes_pod_label_${label.replaceAll(/[^a-zA-Z0-9_]/g, "_")}`],
            targetLabel,
          })),
        },
      ],
    },
  };
}

function scrape({ scrapeSeconds }: MonitoringPlan): object {
  return {
    ...SCRAPE,
    interval: `${scrapeSeconds}s`,
    scrapeTimeout: `${scrapeTimeoutSeconds(scrapeSeconds)}s`,
  };
}

/** One rule group as an object of its own: a mistake in one does not take the others away. */
export function ruleArgs(
  plan: MonitoringPlan,
  group: RuleGroup,
  namespace: Input<string>,
): CustomResourceArgs {
  return {
    apiVersion: API,
    kind: "PrometheusRule",
    metadata: { name: group.name.replaceAll(".", "-"), namespace, labels: { ...plan.labels } },
    spec: { groups: [{ ...group, rules: group.rules.map((rule) => ({ ...rule })) }] },
  };
}

/** A dashboard, where Grafana's sidecar finds it. */
export function dashboardArgs(
  plan: MonitoringPlan,
  dashboard: Dashboard,
  namespace: Input<string>,
): ConfigMapArgs {
  return {
    metadata: { name: dashboard.name, namespace, labels: { ...plan.labels, ...DASHBOARD_LABEL } },
    data: { [`${dashboard.name}.json`]: `${JSON.stringify(toGrafana(dashboard), null, 2)}\n` },
  };
}

/** Who is told: the namespace's alerts by severity. */
export function alertRoutesArgs(plan: MonitoringPlan, namespace: Input<string>): CustomResourceArgs {
  return {
    apiVersion: ALERTMANAGER_API,
    kind: "AlertmanagerConfig",
    metadata: { name: "rampa", namespace, labels: { ...plan.labels } },
    spec: {
      route: {
        receiver: NOBODY,
        groupBy: [...GROUPING.by],
        groupWait: GROUPING.wait,
        groupInterval: GROUPING.interval,
        repeatInterval: GROUPING.repeat,
        routes: plan.routes.map(({ severity }) => ({
          receiver: severity,
          repeatInterval: REPEAT[severity],
          matchers: [{ name: "severity", matchType: "=", value: severity }],
        })),
      },
      inhibitRules: [
        {
          sourceMatch: [{ name: "alertname", matchType: "=", value: INHIBITION.source }],
          targetMatch: [{ name: "severity", matchType: "=~", value: INHIBITION.silenced }],
          equal: [INHIBITION.equal],
        },
      ],
      receivers: [{ name: NOBODY }, ...plan.routes.map(toReceiver)],
    },
  };
}

type Channels = Record<
  "webhookConfigs" | "slackConfigs" | "pagerdutyConfigs" | "emailConfigs",
  Readonly<Record<string, unknown>>[]
>;

function toReceiver({ severity, receivers }: RoutePlan): object {
  const channels: Channels = { webhookConfigs: [], slackConfigs: [], pagerdutyConfigs: [], emailConfigs: [] };
  for (const receiver of receivers) {
    const [kind, config] = toChannel(receiver, severity);
    channels[kind].push({ sendResolved: true, ...config });
  }
  return {
    name: severity,
    ...Object.fromEntries(Object.entries(channels).filter(([, list]) => list.length > 0)),
  };
}

function toChannel(receiver: Receiver, severity: Severity): readonly [keyof Channels, object] {
  const secret = { ...receiver.secret };
  switch (receiver.kind) {
    case "webhook":
      return ["webhookConfigs", { urlSecret: secret }];
    case "slack":
      return ["slackConfigs", { apiURL: secret, channel: receiver.channel, title: TITLE, text: TEXT }];
    case "pagerduty":
      return [
        "pagerdutyConfigs",
        { routingKey: secret, severity: pagerdutySeverity(severity), description: TITLE },
      ];
    case "email": {
      const { to, from, smarthost, username } = receiver;
      const login = { authUsername: username, authPassword: secret, requireTLS: true };
      return ["emailConfigs", { to, from, smarthost, ...login, text: TEXT }];
    }
  }
}
