// Plan of the monitoring → configuration of a plain Prometheus: targets by DNS, rule files, Alertmanager.
import { PORTS } from "../contract/labels.ts";
import type { MonitoringPlan, RuleGroup } from "./monitoring.plan.ts";
import { SCRAPE, scrapeTimeoutSeconds } from "./targets.ts";

/** Files of one folder, by name; JSON, which is YAML too. */
export type ServerFiles = Readonly<Record<string, unknown>>;

export const PROMETHEUS_FILE = "prometheus.json";

/** Pods that are the addresses of one name. */
export type DnsTarget = {
  readonly job: string;
  /** With the dot at its end: no other domain is tried, and a name without pods has no answer instead of an error. */
  readonly host: string;
  /** Labels of all their series. */
  readonly labels: Readonly<Record<string, string>>;
};

type Surroundings = {
  readonly targets: readonly DnsTarget[];
  /** Host and port. */
  readonly alertmanager: string;
};

/** The configuration and one file a rule group. */
export function prometheusFiles(plan: MonitoringPlan, around: Surroundings): ServerFiles {
  const { targets, alertmanager } = around;
  const jobs = new Set(targets.map(({ job }) => job));
  const rules = plan.groups.map((group) => [ruleFile(group), { groups: [group] }] as const);
  const every = `${plan.scrapeSeconds}s`;
  const config = {
    global: {
      scrape_interval: every,
      scrape_timeout: `${scrapeTimeoutSeconds(plan.scrapeSeconds)}s`,
      evaluation_interval: every,
    },
    rule_files: rules.map(([file]) => file),
    alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanager] }] }] },
    scrape_configs: [...jobs].map((name) =>
      scrapeConfig(
        plan,
        name,
        targets.filter(({ job }) => job === name),
      ),
    ),
  };
  return { [PROMETHEUS_FILE]: config, ...Object.fromEntries(rules) };
}

function ruleFile({ name }: RuleGroup): string {
  return `${name.replaceAll(".", "-")}.json`;
}

function scrapeConfig(
  { namespace, scrapeSeconds }: MonitoringPlan,
  job: string,
  targets: readonly DnsTarget[],
): object {
  return {
    job_name: job,
    metrics_path: SCRAPE.path,
    honor_labels: SCRAPE.honorLabels,
    dns_sd_configs: [
      {
        names: targets.map(({ host }) => host),
        type: "A",
        port: PORTS.http.number,
        refresh_interval: `${scrapeSeconds}s`,
      },
    ],
    relabel_configs: [
      { target_label: "namespace", replacement: namespace },
      // DNS knows pods by their addresses only.
      { source_labels: ["__address__"], regex: "(.+):[0-9]+", target_label: "pod" },
      ...targets.flatMap(labelsByName),
    ],
  };
}

function labelsByName({ host, labels }: DnsTarget): readonly object[] {
  return Object.entries(labels).map(([target_label, replacement]) => ({
    source_labels: ["__meta_dns_name"],
    regex: host.replaceAll(".", "\\."),
    target_label,
    replacement,
  }));
}
