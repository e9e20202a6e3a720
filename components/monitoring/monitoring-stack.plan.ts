// Settings of the monitoring stack → values of its chart and the ways in and out of its namespace.
import { LABELS } from "../contract/labels.ts";
import { standardLabels } from "../kit/ownership.ts";
import type { MonitoringStackSettings } from "./monitoring-stack.args.ts";
import { DEFAULT_DENY, namespacePeer, type PathPlan } from "./namespace.manifests.ts";

export type MonitoringStackPlan = {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly paths: readonly PathPlan[];
  readonly values: Readonly<Record<string, unknown>>;
};

/** Decides what the monitoring stack consists of. */
export function planMonitoringStack(settings: MonitoringStackSettings): MonitoringStackPlan {
  const { ownership, namespace } = settings;
  return {
    namespace,
    labels: standardLabels(ownership, { name: "monitoring-stack", instance: namespace }),
    paths: planPaths(settings),
    values: {
      ...SELF_CHECKS,
      prometheus: { prometheusSpec: planPrometheus(settings) },
      alertmanager: { alertmanagerSpec: planAlertmanager(settings) },
      grafana: GRAFANA,
      // Which node belongs to which GPU pool, for the alerts on nodes.
      "kube-state-metrics": { metricLabelsAllowlist: [`nodes=[${LABELS.pool},${LABELS.gpu}]`] },
    },
  };
}

/** The control plane is AWS's, so nothing of it can be scraped; node-exporter needs the host, which `restricted` refuses. */
const SELF_CHECKS = {
  kubeControllerManager: { enabled: false },
  kubeScheduler: { enabled: false },
  kubeEtcd: { enabled: false },
  kubeProxy: { enabled: false },
  nodeExporter: { enabled: false },
  windowsMonitoring: { enabled: false },
} as const;

/** Objects of every namespace are read, whatever release made them. */
const READ_ALL = {
  serviceMonitorSelectorNilUsesHelmValues: false,
  podMonitorSelectorNilUsesHelmValues: false,
  ruleSelectorNilUsesHelmValues: false,
  probeSelectorNilUsesHelmValues: false,
  scrapeConfigSelectorNilUsesHelmValues: false,
} as const;

/** Share of the volume that measurements may take. */
const FILL = 0.85;

function planPrometheus(settings: MonitoringStackSettings): Record<string, unknown> {
  const { highlyAvailable, retentionDays, storageGib } = settings;
  return {
    ...READ_ALL,
    replicas: highlyAvailable ? 2 : 1,
    ...spread(highlyAvailable),
    retention: `${retentionDays}d`,
    retentionSize: `${Math.floor(storageGib * 1024 * FILL)}MiB`,
    walCompression: true,
    enableAdminAPI: false,
    storageSpec: volume(settings, storageGib),
    resources: { requests: { cpu: "500m", memory: "2Gi" }, limits: { memory: "4Gi" } },
  };
}

const ALERTMANAGER_GIB = 5;

function planAlertmanager(settings: MonitoringStackSettings): Record<string, unknown> {
  return {
    replicas: settings.highlyAvailable ? 3 : 1,
    ...spread(settings.highlyAvailable),
    // One team's configuration gets the alerts of its own namespace, and no others.
    alertmanagerConfigMatcherStrategy: { type: "OnNamespace" },
    alertmanagerConfigSelector: {},
    alertmanagerConfigNamespaceSelector: {},
    storage: volume(settings, ALERTMANAGER_GIB),
    resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "256Mi" } },
  };
}

function spread(highlyAvailable: boolean): Record<string, unknown> {
  return highlyAvailable
    ? { podAntiAffinity: "hard", podAntiAffinityTopologyKey: "topology.kubernetes.io/zone" }
    : {};
}

function volume({ storageClass }: MonitoringStackSettings, gib: number): Record<string, unknown> {
  return {
    volumeClaimTemplate: {
      spec: {
        ...(storageClass !== undefined && { storageClassName: storageClass }),
        accessModes: ["ReadWriteOnce"],
        resources: { requests: { storage: `${gib}Gi` } },
      },
    },
  };
}

/** Secret with the password of Grafana's `admin`; the values of the chart hold none. */
export const GRAFANA_SECRET = { name: "grafana-admin", key: "admin-password" } as const;

const PASSWORD_DIR = "/etc/grafana-admin";

/** The password is a file, so that it is in no environment; the sidecar can then not ask Grafana to reload, and need not. */
const GRAFANA = {
  env: {
    GF_SECURITY_ADMIN_USER: "admin",
    GF_SECURITY_ADMIN_PASSWORD__FILE: `${PASSWORD_DIR}/${GRAFANA_SECRET.key}`,
  },
  extraSecretMounts: [
    {
      name: "admin",
      secretName: GRAFANA_SECRET.name,
      mountPath: PASSWORD_DIR,
      readOnly: true,
      defaultMode: 288,
    },
  ],
  "grafana.ini": {
    "auth.anonymous": { enabled: false },
    users: { allow_sign_up: false },
    security: { cookie_secure: true, disable_gravatar: true },
    analytics: { reporting_enabled: false, check_for_updates: false },
  },
  service: { type: "ClusterIP" },
  ingress: { enabled: false },
  persistence: { enabled: false },
  initChownData: { enabled: false },
  sidecar: {
    dashboards: {
      enabled: true,
      label: "grafana_dashboard",
      labelValue: "1",
      searchNamespace: "ALL",
      skipReload: true,
    },
    datasources: { enabled: true, initDatasources: true, skipReload: true },
  },
  resources: { requests: { cpu: "50m", memory: "256Mi" }, limits: { memory: "512Mi" } },
};

const name = (value: string): Record<string, string> => ({ "app.kubernetes.io/name": value });
const tcp = (...ports: readonly number[]) => ports.map((port) => ({ protocol: "TCP", port }));
const blocks = (ranges: readonly string[]) => ranges.map((cidr) => ({ ipBlock: { cidr } }));

/** Prometheus, Alertmanager and its gossip, Grafana, kube-state-metrics and the reloaders, the operator. */
const OWN_PORTS = [...tcp(9090, 9093, 9094, 3000, 8080, 8081, 10_250), { protocol: "UDP", port: 9094 }];

function planPaths(settings: MonitoringStackSettings): readonly PathPlan[] {
  const { namespace, nodeRanges, receiverRanges, clientNamespaces } = settings;
  const own = [namespacePeer(namespace)];
  const dns = ["UDP", "TCP"].map((protocol) => ({ protocol, port: 53 }));
  const queries: PathPlan = {
    name: "allow-queries",
    pods: name("prometheus"),
    ingress: [{ from: clientNamespaces.map(namespacePeer), ports: tcp(9090) }],
  };
  const receivers: PathPlan = {
    name: "allow-alerts-out",
    pods: name("alertmanager"),
    egress: [{ to: blocks(receiverRanges), ports: tcp(443, 587) }],
  };
  return [
    DEFAULT_DENY,
    { name: "allow-dns", pods: {}, egress: [{ to: [namespacePeer("kube-system")], ports: dns }] },
    {
      name: "allow-within",
      pods: {},
      ingress: [{ from: own, ports: OWN_PORTS }],
      egress: [{ to: own, ports: OWN_PORTS }],
    },
    { name: "allow-api-server", pods: {}, egress: [{ to: blocks(nodeRanges), ports: tcp(443, 6443) }] },
    {
      name: "allow-operator-webhook",
      pods: { app: "kube-prometheus-stack-operator" },
      ingress: [{ from: blocks(nodeRanges), ports: tcp(10_250) }],
    },
    planScrape(settings),
    ...(clientNamespaces.length > 0 ? [queries] : []),
    ...(receiverRanges.length > 0 ? [receivers] : []),
  ];
}

function planScrape({ scrapes, nodeRanges }: MonitoringStackSettings): PathPlan {
  return {
    name: "allow-scrape",
    pods: name("prometheus"),
    egress: [
      ...Object.entries(scrapes).map(([space, ports]) => ({
        to: [namespacePeer(space)],
        ports: tcp(...ports),
      })),
      // The kubelets.
      { to: blocks(nodeRanges), ports: tcp(10_250) },
    ],
  };
}
