// Plan of the monitoring → Prometheus operator objects and the ConfigMaps that Grafana reads dashboards from.
import type { CustomResourceArgs } from "@pulumi/kubernetes/apiextensions/index.js";
import type { ConfigMapArgs } from "@pulumi/kubernetes/core/v1/index.js";
import type { Input } from "@pulumi/pulumi";
import { LABELS, PORTS } from "../contract/labels.ts";
import { type Dashboard, toGrafana } from "./dashboards.ts";
import type { MonitoringPlan, RoutePlan, RuleGroup } from "./monitoring.plan.ts";
import type { Receiver } from "./receivers.args.ts";

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
      selector: { matchLabels: { [LABELS.component]: "gateway" } },
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

/** Model servers, by their pods: versions come and go, and so do their Services. */
export function modelMonitorArgs(plan: MonitoringPlan, namespace: Input<string>): CustomResourceArgs {
  return {
    apiVersion: API,
    kind: "PodMonitor",
    metadata: { name: "models", namespace, labels: { ...plan.labels } },
    spec: {
      selector: { matchLabels: { [LABELS.component]: "model" } },
      podMetricsEndpoints: [
        {
          ...scrape(plan),
          relabelings: [fromPodLabel(LABELS.endpoint, "endpoint"), fromPodLabel(LABELS.version, "version")],
        },
      ],
    },
  };
}

function scrape({ scrapeSeconds }: MonitoringPlan): object {
  return {
    port: PORTS.http.name,
    path: "/metrics",
    interval: `${scrapeSeconds}s`,
    scrapeTimeout: `${Math.min(scrapeSeconds, 10)}s`,
    honorLabels: true,
  };
}

function fromPodLabel(label: string, targetLabel: string): object {
  const meta = `__meta_kubernetes_pod_label_${label.replaceAll(/[^a-zA-Z0-9_]/g, "_")}`;
  return { action: "replace", sourceLabels: [meta], targetLabel };
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

/** Repeats of an alert that still holds. */
const REPEAT = { P0: "30m", P1: "2h", P2: "12h", P3: "1d" } as const;

/** Who is told: the namespace's alerts by severity, each kind of alert and endpoint in one message. */
export function alertRoutesArgs(plan: MonitoringPlan, namespace: Input<string>): CustomResourceArgs {
  return {
    apiVersion: ALERTMANAGER_API,
    kind: "AlertmanagerConfig",
    metadata: { name: "rampa", namespace, labels: { ...plan.labels } },
    spec: {
      route: {
        receiver: NOBODY,
        groupBy: ["alertname", "endpoint"],
        groupWait: "30s",
        groupInterval: "5m",
        repeatInterval: "12h",
        routes: plan.routes.map(({ severity }) => ({
          receiver: severity,
          repeatInterval: REPEAT[severity],
          matchers: [{ name: "severity", matchType: "=", value: severity }],
        })),
      },
      // What is cut off altogether needs no word on how slow it is.
      inhibitRules: [
        {
          sourceMatch: [{ name: "alertname", matchType: "=", value: "RampaGatewayAbsent" }],
          targetMatch: [{ name: "severity", matchType: "=~", value: "P1|P2|P3" }],
          equal: ["namespace"],
        },
      ],
      receivers: [{ name: NOBODY }, ...plan.routes.map(toReceiver)],
    },
  };
}

const NOBODY = "nobody";

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

const TITLE = "[{{ .Status | toUpper }}] {{ .CommonLabels.severity }} {{ .CommonLabels.alertname }}";
const TEXT = "{{ range .Alerts }}{{ .Annotations.summary }} {{ .Annotations.runbook_url }}\n{{ end }}";

function toChannel(receiver: Receiver, severity: string): readonly [keyof Channels, object] {
  const secret = { ...receiver.secret };
  switch (receiver.kind) {
    case "webhook":
      return ["webhookConfigs", { urlSecret: secret }];
    case "slack":
      return ["slackConfigs", { apiURL: secret, channel: receiver.channel, title: TITLE, text: TEXT }];
    case "pagerduty":
      return [
        "pagerdutyConfigs",
        { routingKey: secret, severity: severity === "P0" ? "critical" : "error", description: TITLE },
      ];
    case "email": {
      const { to, from, smarthost, username } = receiver;
      const login = { authUsername: username, authPassword: secret, requireTLS: true };
      return ["emailConfigs", { to, from, smarthost, ...login, text: TEXT }];
    }
  }
}
