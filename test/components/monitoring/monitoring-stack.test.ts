// MonitoringStack: Prometheus, Alertmanager and Grafana without a way in from outside and without a password.
import { Provider as KubernetesProvider } from "@pulumi/kubernetes/provider.js";
import { Provider as RandomProvider } from "@pulumi/random/provider.js";
import { describe, expect, it } from "vitest";
import {
  type MonitoringStackArgs,
  monitoringStackSettings,
} from "../../../components/monitoring/monitoring-stack.args.ts";
import { planMonitoringStack } from "../../../components/monitoring/monitoring-stack.plan.ts";
import { MonitoringStack } from "../../../components/monitoring/monitoring-stack.ts";
import { ownership } from "../../kit/component-owner.ts";
import { recordResources } from "../../kit/record-resources.ts";

const base = { ownership, nodeRanges: ["10.0.0.0/16", "172.20.0.0/16"] };
const planOf = (change: object) => planMonitoringStack(monitoringStackSettings.parse({ ...base, ...change }));

describe("planMonitoringStack", () => {
  it("reads monitors and rules of every namespace, whatever release made them", () => {
    expect(planOf({}).values.prometheus).toMatchObject({
      prometheusSpec: {
        serviceMonitorSelectorNilUsesHelmValues: false,
        podMonitorSelectorNilUsesHelmValues: false,
        ruleSelectorNilUsesHelmValues: false,
        enableAdminAPI: false,
        retention: "15d",
        retentionSize: "43520MiB",
        storageSpec: { volumeClaimTemplate: { spec: { resources: { requests: { storage: "50Gi" } } } } },
      },
    });
  });

  it("has several of what collects and sends, in different zones, or one of each", () => {
    expect(planOf({}).values).toMatchObject({
      prometheus: {
        prometheusSpec: {
          replicas: 2,
          podAntiAffinity: "hard",
          podAntiAffinityTopologyKey: "topology.kubernetes.io/zone",
        },
      },
      alertmanager: { alertmanagerSpec: { replicas: 3 } },
    });
    expect(planOf({ highlyAvailable: false }).values).toMatchObject({
      prometheus: { prometheusSpec: { replicas: 1 } },
      alertmanager: { alertmanagerSpec: { replicas: 1 } },
    });
  });

  it("takes Grafana's password from a file of a generated Secret, and lets nobody in from outside", () => {
    const { values } = planOf({});
    expect(values.grafana).toMatchObject({
      env: { GF_SECURITY_ADMIN_PASSWORD__FILE: "/etc/grafana-admin/admin-password" },
      extraSecretMounts: [{ secretName: "grafana-admin", mountPath: "/etc/grafana-admin", readOnly: true }],
      "grafana.ini": { "auth.anonymous": { enabled: false } },
      service: { type: "ClusterIP" },
      ingress: { enabled: false },
      sidecar: { dashboards: { label: "grafana_dashboard", labelValue: "1", searchNamespace: "ALL" } },
    });
    expect(JSON.stringify(values)).not.toMatch(/LoadBalancer|adminPassword/);
  });

  it("hands a namespace's configuration the alerts of that namespace only", () => {
    expect(planOf({}).values.alertmanager).toMatchObject({
      alertmanagerSpec: { alertmanagerConfigMatcherStrategy: { type: "OnNamespace" } },
    });
  });

  it("lets Prometheus reach the ports that are named, and no other pod", () => {
    const scrape = planOf({ scrapes: { rampa: [8080] } }).paths.find(({ name }) => name === "allow-scrape");
    expect(scrape).toEqual({
      name: "allow-scrape",
      pods: { "app.kubernetes.io/name": "prometheus" },
      egress: [
        {
          to: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "rampa" } } }],
          ports: [{ protocol: "TCP", port: 8080 }],
        },
        {
          to: [{ ipBlock: { cidr: "10.0.0.0/16" } }, { ipBlock: { cidr: "172.20.0.0/16" } }],
          ports: [{ protocol: "TCP", port: 10_250 }],
        },
      ],
    });
  });

  it("answers queries of the namespaces that are named, Prometheus alone", () => {
    const queries = planOf({ clientNamespaces: ["keda"] }).paths.find(({ name }) => name === "allow-queries");
    expect(queries).toEqual({
      name: "allow-queries",
      pods: { "app.kubernetes.io/name": "prometheus" },
      ingress: [
        {
          from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "keda" } } }],
          ports: [{ protocol: "TCP", port: 9090 }],
        },
      ],
    });
  });

  it("sends alerts out only where ranges are named", () => {
    const names = (change: object) => planOf(change).paths.map(({ name }) => name);
    expect(names({})).toEqual([
      "default-deny",
      "allow-dns",
      "allow-within",
      "allow-api-server",
      "allow-operator-webhook",
      "allow-scrape",
    ]);
    expect(names({ receiverRanges: ["203.0.113.0/24"] })).toContain("allow-alerts-out");
  });
});

const record = (args: Partial<MonitoringStackArgs>) =>
  recordResources(
    () => {
      const providers = [new KubernetesProvider("k8s"), new RandomProvider("random")];
      new MonitoringStack("stack", { ...base, ...args }, { providers });
    },
    { stack: "dev", project: "rampa" },
  );

describe("MonitoringStack", () => {
  it("creates its children under itself, the policies before the release", async () => {
    const [, , component, ...children] = await record({});
    expect(component).toMatchObject({ type: "rampa:monitoring:MonitoringStack", props: {} });
    expect(children.map(({ name }) => name).sort()).toEqual([
      "stack-allow-api-server",
      "stack-allow-dns",
      "stack-allow-operator-webhook",
      "stack-allow-scrape",
      "stack-allow-within",
      "stack-default-deny",
      "stack-grafana-admin",
      "stack-grafana-password",
      "stack-namespace",
      "stack-release",
    ]);
    expect(new Set(children.map((it) => it.parent))).toEqual(new Set([component?.urn]));
    const release = children.find(({ name }) => name === "stack-release");
    expect(release?.props).toMatchObject({
      chart: "kube-prometheus-stack",
      version: "92.15.0",
      namespace: "monitoring",
      createNamespace: false,
      atomic: true,
    });
    expect(release?.dependencies.length).toBeGreaterThanOrEqual(6);
  });

  it("makes Grafana's password by chance and keeps it secret in the state", async () => {
    const secret = (await record({})).find(({ name }) => name === "stack-grafana-admin");
    expect(secret?.props.metadata).toMatchObject({ name: "grafana-admin", namespace: "monitoring" });
    expect(secret?.secretPaths).toEqual(["stringData"]);
  });

  it("enforces restricted pods", async () => {
    const namespace = (await record({})).find(({ name }) => name === "stack-namespace");
    expect(namespace?.props.metadata).toMatchObject({
      name: "monitoring",
      labels: { "pod-security.kubernetes.io/enforce": "restricted" },
    });
  });

  it("lets a caller change the release", async () => {
    const resources = await record({ override: { release: { timeout: 900 } } });
    expect(resources.find(({ name }) => name === "stack-release")?.props.timeout).toBe(900);
  });

  it.each<readonly [string, Partial<MonitoringStackArgs>, string]>([
    [
      "one of each in prod",
      { highlyAvailable: false, ownership: { ...ownership, environment: "prod" } },
      "true in prod",
    ],
    ["no range of nodes", { nodeRanges: [] }, "at least one range"],
    ["a namespace without a port", { scrapes: { rampa: [] } }, "at least one port"],
    ["a retention of nothing", { retentionDays: 0 }, "whole days from 1 to 365"],
    ["a tiny volume", { storageGib: 1 }, "whole GiB from 5 to 2000"],
  ])("refuses %s", async (_name, args, message) => {
    await expect(record(args)).rejects.toThrow(message);
  });
});
