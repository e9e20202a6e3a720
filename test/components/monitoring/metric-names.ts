// Names of the metrics that rules and dashboards read, and which of them only others than Rampa's own pods give.
import { planDashboards } from "../../../components/monitoring/dashboards.ts";
import { monitoringSettings } from "../../../components/monitoring/monitoring.args.ts";
import { planGroups } from "../../../components/monitoring/monitoring.plan.ts";
import { ownership } from "../../kit/component-owner.ts";

const WORDS = new Set(["and", "or", "unless", "offset", "bool"]);

/** Metrics of a PromQL expression. */
export function metricsIn(expression: string): readonly string[] {
  const bare = expression
    .replaceAll(/"(?:[^"\\]|\\.)*"/g, "")
    .replaceAll(/\{[^}]*\}|\[[^\]]*\]/g, "")
    .replaceAll(/\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, "");
  const names = bare.matchAll(/(?<![\w:.])[a-zA-Z_:][\w:]*(?!\s*\(|[\w:])/g);
  return [...names].map(([name]) => name).filter((name) => !WORDS.has(name));
}

/** Metrics that come from elsewhere, by where from. */
const OTHERS: Readonly<Record<string, RegExp>> = {
  "Prometheus itself": /^up$/,
  "the GPU exporter": /^DCGM_FI_/,
  "kube-state-metrics, which a cluster with the operator's stack has": /^kube_/,
  "vLLM, where it serves a version": /^vllm:/,
};

type Reading = { readonly recorded: readonly string[]; readonly read: readonly string[] };

/** What all rules record, and what all rules and dashboards read, GPUs included. */
export function readMetrics(): Reading {
  const settings = { ownership, runbookUrl: "https://runbooks.example/rampa", gpus: true };
  const rules = planGroups(monitoringSettings.parse(settings)).flatMap((group) => group.rules);
  const panels = planDashboards("rampa", true).flatMap((dashboard) => dashboard.panels);
  const expressions = [...rules.map(({ expr }) => expr), ...panels.map(({ expression }) => expression)];
  return {
    recorded: rules.flatMap((rule) => ("record" in rule ? [rule.record] : [])),
    read: [...new Set(expressions.flatMap(metricsIn))].sort(),
  };
}

/** Metrics that are read and neither recorded nor scraped (names of families) nor somebody else's. */
export function unknownMetrics(scraped: readonly string[]): readonly string[] {
  const { recorded, read } = readMetrics();
  const known = new Set([...recorded, ...scraped]);
  const isOthers = (name: string): boolean => Object.values(OTHERS).some((pattern) => pattern.test(name));
  return read.filter(
    (name) => !known.has(name) && !known.has(name.replace(/_(?:bucket|sum|count)$/, "")) && !isOthers(name),
  );
}
