// Settings of monitoring without an operator → two servers with their files, and the ways in and out of their namespace.
import { LABELS, PORTS } from "../contract/labels.ts";
import { toDnsLabel } from "../kit/names.ts";
import { selectorLabels, standardLabels } from "../kit/ownership.ts";
import { CONFIG_DIR, type ConfigFiles, planConfigFiles } from "../kit/pod.ts";
import { type ContainerResources, toMebibytes } from "../kit/quantities.ts";
import type { RolloutSettings } from "../kit/rollout.ts";
import { ALERTMANAGER_FILE, alertmanagerFiles } from "./alertmanager-config.ts";
import { type MonitoringPlan, planMonitoring } from "./monitoring.plan.ts";
import { DEFAULT_DENY, namespacePeer, type PathPlan } from "./namespace.manifests.ts";
import { type DnsTarget, PROMETHEUS_FILE, prometheusFiles } from "./prometheus-config.ts";
import { GATEWAY_JOB } from "./rules/rule.ts";
import type { StandaloneSettings } from "./standalone.args.ts";
import { GATEWAY_TARGET, MODEL_TARGET } from "./targets.ts";

export const DATA_DIR = "/data";
export const CREDENTIALS_DIR = "/etc/rampa/credentials";

/** Keys of a Secret that a server reads as files. */
export type CredentialPlan = { readonly secret: string; readonly keys: readonly string[] };

export type ServerPlan = {
  /** Of its Deployment, Service, ServiceAccount and container. */
  readonly name: "prometheus" | "alertmanager";
  readonly labels: Readonly<Record<string, string>>;
  readonly selector: Readonly<Record<string, string>>;
  readonly port: number;
  readonly args: readonly string[];
  readonly config: ConfigFiles;
  readonly credentials: readonly CredentialPlan[];
  readonly resources: ContainerResources;
  /** From which on Go's collector works harder; below the limit at which the container is killed. */
  readonly softMemoryMib: number;
  readonly storageMib: number;
  readonly replicas: 1;
  readonly rollout: RolloutSettings;
  readonly startupSeconds: number;
  readonly terminationSeconds: number;
};

/** Pods that are scraped, behind a headless Service of the watched namespace. */
export type TargetPlan = DnsTarget & {
  readonly service: string;
  readonly selector: Readonly<Record<string, string>>;
};

export type StandalonePlan = {
  readonly monitoring: MonitoringPlan;
  readonly targets: readonly TargetPlan[];
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly paths: readonly PathPlan[];
  readonly prometheus: ServerPlan;
  readonly alertmanager: ServerPlan;
};

/** Decides what watches an environment of a cluster without the Prometheus operator. */
export function planStandalone(settings: StandaloneSettings): StandalonePlan {
  const { server, endpoints, ...rules } = settings;
  const monitoring = planMonitoring({ ...rules, gpus: false });
  const { namespace } = server;
  const labels = standardLabels(settings.ownership, { name: "standalone-monitoring", instance: namespace });
  const targets = planTargets(settings);
  return {
    monitoring,
    targets,
    namespace,
    labels,
    paths: planPaths(settings),
    prometheus: planPrometheus(settings, monitoring, targets),
    alertmanager: planAlertmanager(settings, monitoring),
  };
}

const GATEWAY_SERVICE = "gateway-metrics";

/** One Service a version, as DNS has no other way to say which version a pod is of. */
function planTargets({ namespace, endpoints, server }: StandaloneSettings): readonly TargetPlan[] {
  const hostOf = (service: string): string => `${service}.${namespace}.svc.${server.clusterDomain}.`;
  const gateway = {
    job: GATEWAY_JOB,
    service: GATEWAY_SERVICE,
    host: hostOf(GATEWAY_SERVICE),
    selector: { [LABELS.component]: GATEWAY_TARGET.component },
    labels: {},
  };
  const versions = Object.entries(endpoints).flatMap(([endpoint, each]) =>
    each.map((version) => ({ endpoint, version })),
  );
  const models = versions.map(({ endpoint, version }) => {
    const labels: Readonly<Record<string, string>> = { endpoint, version };
    const service = toDnsLabel(endpoint, version, "metrics");
    const byPod = Object.entries(MODEL_TARGET.podLabels).map(([label, name]) => [label, labels[name] ?? ""]);
    return {
      // As the operator names the targets of its PodMonitor.
      job: `${namespace}/models`,
      service,
      host: hostOf(service),
      selector: { [LABELS.component]: MODEL_TARGET.component, ...Object.fromEntries(byPod) },
      labels,
    };
  });
  return [gateway, ...models];
}

const PROMETHEUS_PORT = 9090;
const ALERTMANAGER_PORT = 9093;
/** Share of the space that measurements may take. */
const FILL = 0.8;
/** Share of the memory from which on garbage is collected at any price. */
const SOFT = 0.8;
/** Reading back what was measured before it was stopped. */
const STARTUP_SECONDS = 120;
const TERMINATION_SECONDS = 60;
const ALERTMANAGER_MIB = 64;

function planPrometheus(
  settings: StandaloneSettings,
  monitoring: MonitoringPlan,
  targets: readonly TargetPlan[],
): ServerPlan {
  const { retentionDays, storageMib, prometheus } = settings.server;
  return {
    ...planServer(settings, "prometheus", prometheus),
    port: PROMETHEUS_PORT,
    args: [
      `--config.file=${CONFIG_DIR}/${PROMETHEUS_FILE}`,
      `--web.listen-address=:${PROMETHEUS_PORT}`,
      `--storage.tsdb.path=${DATA_DIR}`,
      `--storage.tsdb.retention.time=${retentionDays}d`,
      `--storage.tsdb.retention.size=${Math.floor(storageMib * FILL)}MB`,
    ],
    config: planConfigFiles(
      "prometheus",
      prometheusFiles(monitoring, { targets, alertmanager: `alertmanager:${ALERTMANAGER_PORT}` }),
    ),
    credentials: [],
    storageMib,
  };
}

function planAlertmanager(settings: StandaloneSettings, monitoring: MonitoringPlan): ServerPlan {
  return {
    ...planServer(settings, "alertmanager", settings.server.alertmanager),
    port: ALERTMANAGER_PORT,
    args: [
      `--config.file=${CONFIG_DIR}/${ALERTMANAGER_FILE}`,
      `--web.listen-address=:${ALERTMANAGER_PORT}`,
      `--storage.path=${DATA_DIR}`,
      // One of it has nobody to gossip with.
      "--cluster.listen-address=",
    ],
    config: planConfigFiles("alertmanager", alertmanagerFiles(monitoring, CREDENTIALS_DIR)),
    credentials: planCredentials(monitoring),
    storageMib: ALERTMANAGER_MIB,
  };
}

function planServer(
  { ownership }: StandaloneSettings,
  name: ServerPlan["name"],
  resources: ContainerResources,
): Omit<ServerPlan, "port" | "args" | "config" | "credentials" | "storageMib"> {
  const subject = { name, instance: name };
  return {
    name,
    labels: standardLabels(ownership, subject),
    selector: selectorLabels(subject),
    resources,
    softMemoryMib: Math.floor(toMebibytes(resources.memory) * SOFT),
    replicas: 1,
    // Two at a time would scrape and alert twice.
    rollout: { maxSurge: 0, maxUnavailable: 1 },
    startupSeconds: STARTUP_SECONDS,
    terminationSeconds: TERMINATION_SECONDS,
  };
}

function planCredentials({ routes }: MonitoringPlan): readonly CredentialPlan[] {
  const used = routes.flatMap(({ receivers }) => receivers.map(({ secret }) => secret));
  const names = [...new Set(used.map(({ name }) => name))].sort();
  return names.map((secret) => ({
    secret,
    keys: [...new Set(used.filter(({ name }) => name === secret).map(({ key }) => key))].sort(),
  }));
}

const PROMETHEUS = selectorLabels({ name: "prometheus", instance: "prometheus" });
const ALERTMANAGER = selectorLabels({ name: "alertmanager", instance: "alertmanager" });

const tcp = (...ports: readonly number[]) => ports.map((port) => ({ protocol: "TCP", port }));
const blocks = (ranges: readonly string[]) => ranges.map((cidr) => ({ ipBlock: { cidr } }));
const podPeer = (matchLabels: Readonly<Record<string, string>>) => ({
  podSelector: { matchLabels: { ...matchLabels } },
});

function planPaths(settings: StandaloneSettings): readonly PathPlan[] {
  const { clientNamespaces, receiverRanges } = settings.server;
  const dns = ["UDP", "TCP"].map((protocol) => ({ protocol, port: 53 }));
  const queries: PathPlan = {
    name: "allow-queries",
    pods: PROMETHEUS,
    ingress: [{ from: clientNamespaces.map(namespacePeer), ports: tcp(PROMETHEUS_PORT) }],
  };
  const receivers: PathPlan = {
    name: "allow-alerts-out",
    pods: ALERTMANAGER,
    egress: [{ to: blocks(receiverRanges), ports: tcp(443, 587) }],
  };
  return [
    DEFAULT_DENY,
    { name: "allow-dns", pods: {}, egress: [{ to: [namespacePeer("kube-system")], ports: dns }] },
    planScrape(settings),
    {
      name: "allow-alerts",
      pods: PROMETHEUS,
      egress: [{ to: [podPeer(ALERTMANAGER)], ports: tcp(ALERTMANAGER_PORT) }],
    },
    {
      name: "allow-alerts-in",
      pods: ALERTMANAGER,
      ingress: [{ from: [podPeer(PROMETHEUS)], ports: tcp(ALERTMANAGER_PORT) }],
    },
    ...(clientNamespaces.length > 0 ? [queries] : []),
    ...(receiverRanges.length > 0 ? [receivers] : []),
  ];
}

/** The pods that are scraped, by role: no other pod of the watched namespace. */
function planScrape({ namespace }: StandaloneSettings): PathPlan {
  const to = [GATEWAY_TARGET, MODEL_TARGET].map(({ component }) => ({
    ...namespacePeer(namespace),
    ...podPeer({ [LABELS.component]: component }),
  }));
  return {
    name: "allow-scrape",
    pods: PROMETHEUS,
    egress: [{ to, ports: tcp(PORTS.http.number) }],
  };
}
