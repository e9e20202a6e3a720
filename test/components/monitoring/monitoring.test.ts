// Monitoring: targets, rules, dashboards and routes of alerts, as Prometheus' operator reads them.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Provider as KubernetesProvider } from "@pulumi/kubernetes/provider.js";
import { describe, expect, it } from "vitest";
import { type MonitoringArgs, monitoringSettings } from "../../../components/monitoring/monitoring.args.ts";
import * as manifests from "../../../components/monitoring/monitoring.manifests.ts";
import { planMonitoring } from "../../../components/monitoring/monitoring.plan.ts";
import { Monitoring } from "../../../components/monitoring/monitoring.ts";
import { FAILED_OUTCOMES } from "../../../components/monitoring/rules/rule.ts";
import { faults } from "../../../serving/contract/openai/fault.ts";
import { ownedLabels, ownership } from "../../kit/component-owner.ts";
import { recordResources } from "../../kit/record-resources.ts";
import { ALERT_CASES } from "./alert-cases.ts";

const base = { ownership, runbookUrl: "https://runbooks.example/rampa" };
const plan = planMonitoring(monitoringSettings.parse({ ...base, gpus: true }));
const alerts = plan.groups.flatMap(({ rules }) => rules).filter((rule) => "alert" in rule);
const names = alerts.map(({ alert }) => alert).sort();

describe("alerts", () => {
  const runbooks = join(import.meta.dirname, "../../../components/monitoring/runbooks");

  it("each have a runbook, and each runbook has an alert", () => {
    expect(readdirSync(runbooks).sort()).toEqual(names.map((name) => `${name}.md`));
  });

  it.each(names)("have a runbook that says what, why and what to do: %s", (name) => {
    const text = readFileSync(join(runbooks, `${name}.md`), "utf8");
    expect(text.startsWith(`# ${name}\n\n## What\n`)).toBe(true);
    expect(text).toMatch(/\n## Why it matters\n[^#]+\n## Do\n\n1\. /);
  });

  it("each have cases at which they fire and stay silent", () => {
    expect(Object.keys(ALERT_CASES).sort()).toEqual(names);
    expect(Object.values(ALERT_CASES).every(({ silent }) => Object.keys(silent).length > 0)).toBe(true);
  });

  it("have names of their own, and name severity, owner, namespace, summary and runbook", () => {
    expect(new Set(names).size).toBe(names.length);
    for (const { alert, labels, annotations } of alerts) {
      expect(labels).toEqual({
        severity: expect.stringMatching(/^P[0-3]$/),
        environment: "dev",
        owner: "search-team",
        namespace: "rampa",
      });
      expect(annotations.runbook_url).toBe(`https://runbooks.example/rampa/${alert}.md`);
      expect(annotations.summary).toMatch(/^\S.*\.$/);
    }
  });

  it("speak of GPUs only where there are any", () => {
    const without = planMonitoring(monitoringSettings.parse(base));
    expect(without.groups.map(({ name }) => name)).toEqual([
      "rampa.recordings",
      "rampa.endpoints",
      "rampa.candidates",
      "rampa.models",
    ]);
    expect(JSON.stringify(without)).not.toContain("DCGM");
  });

  it("have limits without the digits that binary fractions add", () => {
    const expressions = alerts.map(({ expr }) => expr).join("\n");
    expect(expressions).toContain("rampa:endpoint_failure_ratio:rate1h > 0.0144 and");
    expect(expressions).toContain("rampa:endpoint_failure_ratio:rate3d > 0.001 and");
    expect(expressions).not.toMatch(/\d\.\d{7,}/);
  });
});

describe("failed outcomes", () => {
  const pattern = new RegExp(`^(${FAILED_OUTCOMES})$`);
  /** Every fault of the gateway, made with arguments that fit any of them. */
  const all = Object.entries(faults).map(
    ([name, make]) => [name, Reflect.apply(make, faults, ["x", 1, "x"])] as const,
  );

  it.each(all)("count %s exactly where the fault is ours", (_name, fault) => {
    expect(pattern.test(fault.code ?? "fault")).toBe(fault.status >= 500);
  });

  it.each([
    ["ok", false],
    ["caller_gone", false],
    ["upstream_503", true],
    ["upstream_404", false],
  ])("count the outcome %s: %s", (outcome, counts) => {
    expect(pattern.test(outcome)).toBe(counts);
  });
});

describe("monitoring manifests", () => {
  const specOf = (object: object): unknown => Reflect.get(object, "spec");

  it("keep the gateway's own label `endpoint`, which the operator's would hide", () => {
    expect(specOf(manifests.gatewayMonitorArgs(plan, "rampa"))).toEqual({
      selector: { matchLabels: { "app.kubernetes.io/component": "gateway" } },
      endpoints: [
        {
          port: "http",
          path: "/metrics",
          interval: "30s",
          scrapeTimeout: "10s",
          honorLabels: true,
          relabelings: [{ action: "labeldrop", regex: "endpoint" }],
        },
      ],
    });
  });

  it("name endpoint and version of every model pod, whatever server runs in it", () => {
    expect(specOf(manifests.modelMonitorArgs(plan, "rampa"))).toMatchObject({
      selector: { matchLabels: { "app.kubernetes.io/component": "model" } },
      podMetricsEndpoints: [
        {
          relabelings: [
            {
              action: "replace",
              sourceLabels: ["__meta_kubernetes_pod_label_rampa_dev_endpoint"],
              targetLabel: "endpoint",
            },
            {
              action: "replace",
              sourceLabels: ["__meta_kubernetes_pod_label_app_kubernetes_io_version"],
              targetLabel: "version",
            },
          ],
        },
      ],
    });
  });

  it("put dashboards where Grafana's sidecar looks, with ids that stay", () => {
    const [dashboard] = plan.dashboards;
    if (dashboard === undefined) throw new Error("no dashboard");
    const { metadata, data } = manifests.dashboardArgs(plan, dashboard, "rampa");
    expect(metadata).toEqual({
      name: "rampa-endpoints-rampa",
      namespace: "rampa",
      labels: { ...ownedLabels("monitoring", "rampa"), grafana_dashboard: "1" },
    });
    const text = String(Object.values(data ?? {})[0]);
    const { uid, panels } = JSON.parse(text);
    expect(uid).toBe("rampa-endpoints-rampa");
    expect(panels.map(({ gridPos }: { gridPos: object }) => gridPos).slice(0, 3)).toEqual([
      { x: 0, y: 0, w: 12, h: 8 },
      { x: 12, y: 0, w: 12, h: 8 },
      { x: 0, y: 8, w: 12, h: 8 },
    ]);
  });

  it("route alerts by severity to channels whose credentials are in Secrets", () => {
    const secret = { name: "alerts", key: "url" };
    const receivers = {
      P0: [
        { kind: "pagerduty", secret },
        { kind: "slack", channel: "#alerts", secret },
      ],
      P2: [{ kind: "webhook", secret }],
      P3: [
        {
          kind: "email",
          to: "team@example.com",
          from: "alerts@example.com",
          smarthost: "smtp.example.com:587",
          username: "alerts",
          secret,
        },
      ],
    };
    const routed = planMonitoring(monitoringSettings.parse({ ...base, receivers }));
    const spec = specOf(manifests.alertRoutesArgs(routed, "rampa"));
    expect(spec).toMatchObject({
      route: {
        receiver: "nobody",
        groupBy: ["alertname", "endpoint"],
        routes: [
          {
            receiver: "P0",
            repeatInterval: "30m",
            matchers: [{ name: "severity", matchType: "=", value: "P0" }],
          },
          { receiver: "P2", repeatInterval: "12h" },
          { receiver: "P3", repeatInterval: "1d" },
        ],
      },
      receivers: [
        { name: "nobody" },
        {
          name: "P0",
          pagerdutyConfigs: [{ sendResolved: true, routingKey: secret, severity: "critical" }],
          slackConfigs: [{ sendResolved: true, apiURL: secret, channel: "#alerts" }],
        },
        { name: "P2", webhookConfigs: [{ sendResolved: true, urlSecret: secret }] },
        {
          name: "P3",
          emailConfigs: [
            { to: "team@example.com", authPassword: secret, authUsername: "alerts", requireTLS: true },
          ],
        },
      ],
    });
  });
});

const record = (args: Partial<MonitoringArgs>) =>
  recordResources(
    () =>
      new Monitoring(
        "watch",
        { ...base, refs: { namespace: "rampa" }, ...args },
        { providers: [new KubernetesProvider("k8s")] },
      ),
    { stack: "dev", project: "rampa" },
  );

describe("Monitoring", () => {
  it("creates its children under itself, one object a rule group", async () => {
    const [, component, ...children] = await record({ gpus: true });
    expect(component).toMatchObject({ type: "rampa:monitoring:Monitoring", props: {} });
    expect(children.map(({ name }) => name).sort()).toEqual([
      "watch-dashboard-endpoints",
      "watch-dashboard-gpus",
      "watch-dashboard-models",
      "watch-gateway-monitor",
      "watch-model-monitor",
      "watch-rules-candidates",
      "watch-rules-endpoints",
      "watch-rules-gpus",
      "watch-rules-models",
      "watch-rules-recordings",
    ]);
    expect(new Set(children.map((it) => it.parent))).toEqual(new Set([component?.urn]));
    expect(new Set(children.map(({ props }) => Reflect.get(Object(props.metadata), "namespace")))).toEqual(
      new Set(["rampa"]),
    );
  });

  it("writes the rules that promtool checks", async () => {
    const rules = (await record({ gpus: true })).filter(({ type }) => type.endsWith(":PrometheusRule"));
    const written = rules.flatMap(({ props }) => Reflect.get(Object(props.spec), "groups"));
    expect(written).toHaveLength(plan.groups.length);
    expect(written).toEqual(expect.arrayContaining([...plan.groups]));
  });

  it("leaves Alertmanager as it is while nobody is to be told", async () => {
    const told = await record({ receivers: { P0: [{ kind: "webhook", secret: { name: "a", key: "b" } }] } });
    expect(told.map(({ name }) => name)).toContain("watch-alert-routes");
    expect((await record({})).map(({ name }) => name)).not.toContain("watch-alert-routes");
  });

  it("lets a caller change single children", async () => {
    const labels = { team: "x" };
    const override = { gatewayMonitor: { metadata: { labels } }, dashboard: { metadata: { labels } } };
    const changed = (await record({ override })).filter(({ props }) =>
      JSON.stringify(props).includes('"team":"x"'),
    );
    expect(changed.map(({ name }) => name).sort()).toEqual([
      "watch-dashboard-endpoints",
      "watch-dashboard-models",
      "watch-gateway-monitor",
    ]);
  });

  it("creates nothing on wrong settings", async () => {
    await expect(record({ scrapeSeconds: 300, objectives: { availabilityPercent: 100 } })).rejects.toThrow(
      'rampa:monitoring:Monitoring "watch": 2 problems',
    );
  });
});

describe("settings of the monitoring", () => {
  const slack = { kind: "slack", channel: "alerts", secret: { name: "a", key: "b" } };

  it.each<readonly [string, object, string]>([
    [
      "a perfect objective",
      { objectives: { availabilityPercent: 100 } },
      "objectives.availabilityPercent: a percentage from 90 to 99.99",
    ],
    [
      "a first token that the histogram cannot tell",
      { objectives: { firstTokenSeconds: 11 } },
      "objectives.firstTokenSeconds: at most 10 seconds, the largest value that the histogram tells apart",
    ],
    [
      "rare scrapes",
      { scrapeSeconds: 120 },
      "scrapeSeconds: whole seconds from 5 to 60: rates over 5 minutes need some samples",
    ],
    [
      "a candidate that may only be faster",
      { limits: { candidateSlowdown: 1 } },
      "limits.candidateSlowdown: a factor above 1",
    ],
    [
      "runbooks without TLS",
      { runbookUrl: "http://runbooks.example" },
      "runbookUrl: an https address without a slash at its end",
    ],
    [
      "a slash at the end",
      { runbookUrl: "https://runbooks.example/" },
      "runbookUrl: an https address without a slash at its end",
    ],
    [
      "a channel without its sign",
      { receivers: { P0: [slack] } },
      "receivers.P0.0.channel: a channel, e.g. #alerts",
    ],
    [
      "a credential in clear",
      { receivers: { P1: [{ kind: "webhook", secret: { name: "a", key: "b" }, url: "https://x" }] } },
      'receivers.P1.0: Unrecognized key: "url"',
    ],
  ])("refuse %s", (_name, change, problem) => {
    const result = monitoringSettings.safeParse({ ...base, ...change });
    expect(result.error?.issues.map((it) => `${it.path.join(".")}: ${it.message}`)).toEqual([problem]);
  });
});
