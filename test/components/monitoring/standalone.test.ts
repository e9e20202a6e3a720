// StandaloneMonitoring: the same rules and routes for a plain Prometheus and Alertmanager, in a closed namespace.
import { Provider as KubernetesProvider } from "@pulumi/kubernetes/provider.js";
import { describe, expect, it } from "vitest";
import { monitoringSettings } from "../../../components/monitoring/monitoring.args.ts";
import { planMonitoring } from "../../../components/monitoring/monitoring.plan.ts";
import { type StandaloneArgs, standaloneSettings } from "../../../components/monitoring/standalone.args.ts";
import { planStandalone, type ServerPlan } from "../../../components/monitoring/standalone.plan.ts";
import { StandaloneMonitoring } from "../../../components/monitoring/standalone.ts";
import { judgeRules } from "../../../policies/harness/judge-rules.ts";
import { packRules } from "../../../policies/pack-rules.ts";
import { ownedLabels, ownership } from "../../kit/component-owner.ts";
import { type RecordedResource, recordResources } from "../../kit/record-resources.ts";

const rules = { ownership, runbookUrl: "https://runbooks.example/rampa" };
const base = { ...rules, endpoints: { chat: ["1.0.0", "1.1.0"] } };
const planOf = (change: object = {}) => planStandalone(standaloneSettings.parse({ ...base, ...change }));

/** A server's configuration file, read back. */
const fileOf = ({ config }: ServerPlan, name: string): Record<string, unknown> =>
  JSON.parse(config.data[`${name}.json`] ?? "null");

describe("the configuration of Prometheus", () => {
  it("holds the rules that the operator's objects hold, each group in its file", () => {
    const { prometheus } = planOf();
    const { rule_files: files } = fileOf(prometheus, "prometheus");
    const written = [files].flat().map((file) => JSON.parse(prometheus.config.data[String(file)] ?? "null"));
    const { groups } = planMonitoring(monitoringSettings.parse(rules));
    expect(written).toEqual(groups.map((group) => ({ groups: [group] })));
  });

  it("finds pods by DNS, and names namespace, endpoint and version of each", () => {
    const { scrape_configs: jobs } = fileOf(planOf().prometheus, "prometheus");
    const common = { metrics_path: "/metrics", honor_labels: true };
    const found = { type: "A", port: 8080, refresh_interval: "30s" };
    const everywhere = [
      { target_label: "namespace", replacement: "rampa" },
      { source_labels: ["__address__"], regex: "(.+):[0-9]+", target_label: "pod" },
    ];
    const named = (regex: string, target_label: string, replacement: string) => ({
      source_labels: ["__meta_dns_name"],
      regex,
      target_label,
      replacement,
    });
    expect(jobs).toEqual([
      {
        job_name: "gateway",
        ...common,
        dns_sd_configs: [{ names: ["gateway-metrics.rampa.svc.cluster.local."], ...found }],
        relabel_configs: everywhere,
      },
      {
        job_name: "rampa/models",
        ...common,
        dns_sd_configs: [
          {
            names: [
              "chat-1-0-0-metrics.rampa.svc.cluster.local.",
              "chat-1-1-0-metrics.rampa.svc.cluster.local.",
            ],
            ...found,
          },
        ],
        relabel_configs: [
          ...everywhere,
          named("chat-1-0-0-metrics\\.rampa\\.svc\\.cluster\\.local\\.", "endpoint", "chat"),
          named("chat-1-0-0-metrics\\.rampa\\.svc\\.cluster\\.local\\.", "version", "1.0.0"),
          named("chat-1-1-0-metrics\\.rampa\\.svc\\.cluster\\.local\\.", "endpoint", "chat"),
          named("chat-1-1-0-metrics\\.rampa\\.svc\\.cluster\\.local\\.", "version", "1.1.0"),
        ],
      },
    ]);
  });

  it("keeps measurements for the days and the space that are set, whichever ends first", () => {
    const { prometheus } = planOf({ server: { retentionDays: 3, storageMib: 2000 } });
    expect(prometheus.args).toEqual([
      "--config.file=/etc/rampa/config/prometheus.json",
      "--web.listen-address=:9090",
      "--storage.tsdb.path=/data",
      "--storage.tsdb.retention.time=3d",
      "--storage.tsdb.retention.size=1600MB",
    ]);
  });

  it("has another name whenever it changes, so that the pod is replaced", () => {
    const name = (change: object) => planOf(change).prometheus.config.name;
    expect(name({ limits: { absentMinutes: 5 } })).not.toBe(name({}));
    expect(name({ endpoints: { chat: ["1.0.0"] } })).not.toBe(name({}));
    expect(name({ server: { retentionDays: 3 } })).toBe(name({}));
  });
});

const secret = (key: string) => ({ name: "alerts", key });
const EMAIL = {
  kind: "email",
  to: "team@example.com",
  from: "alerts@example.com",
  smarthost: "smtp.example.com:587",
  username: "alerts",
};
const RECEIVERS = {
  P0: [
    { kind: "pagerduty", secret: secret("pagerduty") },
    { kind: "slack", channel: "#alerts", secret: secret("slack") },
  ],
  P2: [{ kind: "webhook", secret: { name: "hook", key: "url" } }],
  P3: [{ ...EMAIL, secret: secret("mail") }],
};

describe("the configuration of Alertmanager", () => {
  it("routes by severity as the operator's object does, with credentials in files", () => {
    const { alertmanager } = planOf({ receivers: RECEIVERS });
    const folder = "/etc/rampa/credentials";
    expect(fileOf(alertmanager, "alertmanager")).toEqual({
      route: {
        receiver: "nobody",
        group_by: ["alertname", "endpoint"],
        group_wait: "30s",
        group_interval: "5m",
        repeat_interval: "12h",
        routes: [
          { receiver: "P0", repeat_interval: "30m", matchers: ['severity="P0"'] },
          { receiver: "P2", repeat_interval: "12h", matchers: ['severity="P2"'] },
          { receiver: "P3", repeat_interval: "1d", matchers: ['severity="P3"'] },
        ],
      },
      inhibit_rules: [
        {
          source_matchers: ['alertname="RampaGatewayAbsent"'],
          target_matchers: ['severity=~"P1|P2|P3"'],
          equal: ["namespace"],
        },
      ],
      receivers: [
        { name: "nobody" },
        {
          name: "P0",
          slack_configs: [
            expect.objectContaining({
              send_resolved: true,
              api_url_file: `${folder}/alerts/slack`,
              channel: "#alerts",
            }),
          ],
          pagerduty_configs: [
            expect.objectContaining({ routing_key_file: `${folder}/alerts/pagerduty`, severity: "critical" }),
          ],
        },
        { name: "P2", webhook_configs: [{ send_resolved: true, url_file: `${folder}/hook/url` }] },
        {
          name: "P3",
          email_configs: [
            expect.objectContaining({
              auth_username: "alerts",
              auth_password_file: `${folder}/alerts/mail`,
              require_tls: true,
            }),
          ],
        },
      ],
    });
  });

  it("mounts the keys that it reads, and no others", () => {
    expect(planOf({ receivers: RECEIVERS }).alertmanager.credentials).toEqual([
      { secret: "alerts", keys: ["mail", "pagerduty", "slack"] },
      { secret: "hook", keys: ["url"] },
    ]);
    expect(planOf().alertmanager.credentials).toEqual([]);
  });
});

describe("the ways in and out", () => {
  const pathsOf = (server: object) => planOf({ server }).paths;
  const pod = (name: string) => ({
    podSelector: { matchLabels: { "app.kubernetes.io/name": name, "app.kubernetes.io/instance": name } },
  });
  const space = (name: string) => ({
    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } },
  });

  it("let Prometheus out to what it scrapes and to Alertmanager, and nobody in", () => {
    const role = (component: string) => ({
      ...space("rampa"),
      podSelector: { matchLabels: { "app.kubernetes.io/component": component } },
    });
    const dns = [
      { protocol: "UDP", port: 53 },
      { protocol: "TCP", port: 53 },
    ];
    const prometheus = pod("prometheus").podSelector.matchLabels;
    const alertmanager = pod("alertmanager").podSelector.matchLabels;
    expect(pathsOf({})).toEqual([
      { name: "default-deny", pods: {}, ingress: [], egress: [] },
      { name: "allow-dns", pods: {}, egress: [{ to: [space("kube-system")], ports: dns }] },
      {
        name: "allow-scrape",
        pods: prometheus,
        egress: [{ to: [role("gateway"), role("model")], ports: [{ protocol: "TCP", port: 8080 }] }],
      },
      {
        name: "allow-alerts",
        pods: prometheus,
        egress: [{ to: [pod("alertmanager")], ports: [{ protocol: "TCP", port: 9093 }] }],
      },
      {
        name: "allow-alerts-in",
        pods: alertmanager,
        ingress: [{ from: [pod("prometheus")], ports: [{ protocol: "TCP", port: 9093 }] }],
      },
    ]);
  });

  it("open for clients and receivers that are named", () => {
    const paths = pathsOf({ clientNamespaces: ["keda"], receiverRanges: ["203.0.113.0/24"] });
    expect(paths.find(({ name }) => name === "allow-queries")?.ingress).toEqual([
      { from: [space("keda")], ports: [{ protocol: "TCP", port: 9090 }] },
    ]);
    expect(paths.find(({ name }) => name === "allow-alerts-out")?.egress).toEqual([
      {
        to: [{ ipBlock: { cidr: "203.0.113.0/24" } }],
        ports: [
          { protocol: "TCP", port: 443 },
          { protocol: "TCP", port: 587 },
        ],
      },
    ]);
  });
});

const DIGEST = `sha256:${"a".repeat(64)}`;
const images = {
  prometheus: `rampa.local/prometheus@${DIGEST}`,
  alertmanager: `rampa.local/alertmanager@${DIGEST}`,
};

const record = (args: Partial<StandaloneArgs> = {}) =>
  recordResources(
    () =>
      new StandaloneMonitoring(
        "watch",
        { ...base, refs: { namespace: "rampa", images }, ...args },
        { providers: [new KubernetesProvider("k8s")] },
      ),
    { stack: "dev", project: "rampa" },
  );

function find(resources: readonly RecordedResource[], name: string): RecordedResource {
  const found = resources.find((it) => it.name === name);
  if (found === undefined) throw new Error(`no resource ${name}`);
  return found;
}

describe("StandaloneMonitoring", () => {
  it("creates its children under itself, the pods after the policies", async () => {
    const resources = await record();
    const [, component, ...children] = resources;
    expect(component).toMatchObject({ type: "rampa:monitoring:StandaloneMonitoring", props: {} });
    expect(new Set(children.map((it) => it.parent))).toEqual(new Set([component?.urn]));
    const names = children.map(({ name }) => name.replace(/config-[0-9a-f]{8}$/, "config"));
    expect(names.sort()).toEqual(
      [
        ...["alertmanager", "prometheus"].flatMap((it) => [
          it,
          `${it}-account`,
          `${it}-config`,
          `${it}-service`,
        ]),
        ...["allow-alerts", "allow-alerts-in", "allow-dns", "allow-scrape", "default-deny", "namespace"],
        ...["chat-1-0-0-metrics", "chat-1-1-0-metrics", "gateway-metrics"],
        ...["dashboard-endpoints", "dashboard-models"],
      ]
        .map((it) => `watch-${it}`)
        .sort(),
    );
    const policies = children.filter(({ type }) => type.endsWith(":NetworkPolicy")).map(({ urn }) => urn);
    for (const name of ["watch-prometheus", "watch-alertmanager"]) {
      expect(find(resources, name).dependencies).toEqual(expect.arrayContaining(policies));
    }
  });

  it("runs Prometheus without a token, without rights, on a disk and in a memory with a bound", async () => {
    const { props } = find(await record(), "watch-prometheus");
    expect(props.spec).toMatchObject({
      replicas: 1,
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
      template: {
        metadata: {
          labels: ownedLabels("prometheus", "prometheus"),
          annotations: { "rampa.dev/config-checksum": expect.stringMatching(/^[0-9a-f]{8}$/) },
        },
        spec: {
          serviceAccountName: "prometheus",
          automountServiceAccountToken: false,
          securityContext: { runAsNonRoot: true, runAsUser: 65_532 },
          containers: [
            {
              name: "prometheus",
              image: images.prometheus,
              env: [{ name: "GOMEMLIMIT", value: "204MiB" }],
              resources: {
                requests: { cpu: "50m", memory: "256Mi" },
                limits: { cpu: "500m", memory: "256Mi" },
              },
              securityContext: { readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } },
              startupProbe: { httpGet: { path: "/-/ready" }, periodSeconds: 1, failureThreshold: 120 },
              readinessProbe: { httpGet: { path: "/-/ready" } },
              livenessProbe: { httpGet: { path: "/-/healthy" } },
            },
          ],
          volumes: [
            { name: "config", configMap: { name: expect.stringMatching(/^prometheus-config-/) } },
            { name: "data", emptyDir: { sizeLimit: "1024Mi" } },
          ],
        },
      },
    });
  });

  it("mounts credentials into Alertmanager alone", async () => {
    const receivers = { P0: [{ kind: "pagerduty" as const, secret: secret("pagerduty") }] };
    const resources = await record({ receivers });
    expect(find(resources, "watch-alertmanager").props.spec).toMatchObject({
      template: {
        spec: {
          containers: [
            {
              volumeMounts: expect.arrayContaining([
                { name: "credentials-alerts", mountPath: "/etc/rampa/credentials/alerts", readOnly: true },
              ]),
            },
          ],
          volumes: expect.arrayContaining([
            {
              name: "credentials-alerts",
              secret: {
                secretName: "alerts",
                items: [{ key: "pagerduty", path: "pagerduty" }],
                defaultMode: 0o440,
              },
            },
          ]),
        },
      },
    });
    expect(JSON.stringify(find(resources, "watch-prometheus").props)).not.toContain("credentials");
  });

  it("gives each version a Service of its pods, ready or not, that nobody waits for", async () => {
    const { props } = find(await record(), "watch-chat-1-1-0-metrics");
    expect(props.metadata).toMatchObject({
      name: "chat-1-1-0-metrics",
      namespace: "rampa",
      annotations: { "pulumi.com/skipAwait": "true" },
    });
    expect(props.spec).toEqual({
      clusterIP: "None",
      publishNotReadyAddresses: true,
      selector: {
        "app.kubernetes.io/component": "model",
        "rampa.dev/endpoint": "chat",
        "app.kubernetes.io/version": "1.1.0",
      },
      ports: [{ name: "http", port: 8080, targetPort: "http", protocol: "TCP", appProtocol: "http" }],
    });
  });

  it("lets a caller change single children", async () => {
    const resources = await record({ override: { prometheus: { spec: { replicas: 0 } } } });
    expect(find(resources, "watch-prometheus").props.spec).toMatchObject({ replicas: 0 });
    expect(find(resources, "watch-alertmanager").props.spec).toMatchObject({ replicas: 1 });
  });

  it("breaks no rule of the policy pack", async () => {
    expect(judgeRules(packRules, await record())).toEqual([]);
  });

  it.each<readonly [string, Partial<StandaloneArgs>, string]>([
    [
      "prod, where measurements have to outlive a pod",
      { ownership: { ...ownership, environment: "prod" } },
      "another environment than prod: one Prometheus loses with its pod what it measured",
    ],
    [
      "the watched namespace as its own",
      { server: { namespace: "rampa" } },
      "another namespace than the watched one, as it is closed but for what monitoring needs",
    ],
    ["an endpoint without a version", { endpoints: { chat: [] } }, "at least one version"],
    ["a retention of nothing", { server: { retentionDays: 0 } }, "whole days from 1 to 90"],
    ["a tiny disk", { server: { storageMib: 100 } }, "whole MiB from 512 to 51200"],
  ])("refuses %s", async (_name, args, message) => {
    await expect(record(args)).rejects.toThrow(message);
  });
});
