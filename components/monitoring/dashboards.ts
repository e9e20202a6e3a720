// Grafana dashboards as code: one of the endpoints, one of the model servers, one of the GPUs.

import { GATEWAY_WAITING_REQUESTS } from "../../serving/contract/metric-names.ts";

export type Dashboard = {
  /** Also the uid, so that links to it stay. */
  readonly name: string;
  readonly title: string;
  readonly panels: readonly Panel[];
};

type Panel = {
  readonly title: string;
  readonly unit: "reqps" | "percentunit" | "s" | "short" | "celsius" | "watt";
  readonly expression: string;
  readonly legend: string;
};

const VERSION = "{{endpoint}} {{version}}";
const GPU = "{{hostname}} GPU {{gpu}}";

/** The dashboards of a namespace. */
export function planDashboards(namespace: string, gpus: boolean): readonly Dashboard[] {
  return [
    {
      name: `rampa-endpoints-${namespace}`,
      title: `Rampa endpoints (${namespace})`,
      panels: endpoints(namespace),
    },
    { name: `rampa-models-${namespace}`, title: `Rampa models (${namespace})`, panels: models(namespace) },
    ...(gpus ? [{ name: `rampa-gpus-${namespace}`, title: "Rampa GPUs", panels: GPU_PANELS }] : []),
  ];
}

function endpoints(namespace: string): readonly Panel[] {
  const here = `{namespace="${namespace}"}`;
  const by = "sum by (endpoint, version)";
  return [
    { title: "Requests", unit: "reqps", expression: `rampa:requests:rate5m${here}`, legend: VERSION },
    {
      title: "Failed",
      unit: "percentunit",
      expression: `rampa:failure_ratio:rate5m${here}`,
      legend: VERSION,
    },
    {
      title: "First token, 95th percentile",
      unit: "s",
      expression: `rampa:first_token_seconds:p95${here}`,
      legend: VERSION,
    },
    {
      title: "Whole answer, 95th percentile",
      unit: "s",
      expression: `rampa:duration_seconds:p95${here}`,
      legend: VERSION,
    },
    { title: "Weights", unit: "percentunit", expression: `rampa:version_weight:max${here}`, legend: VERSION },
    {
      title: "Outcomes",
      unit: "reqps",
      expression: `sum by (outcome) (rate(gateway_requests_total${here}[5m]))`,
      legend: "{{outcome}}",
    },
    {
      title: "Tokens a second",
      unit: "short",
      expression: `${by} (label_replace(rate(gen_ai_client_token_usage_sum{namespace="${namespace}", job="gateway"}[5m]), "endpoint", "$1", "gen_ai_request_model", "(.*)"))`,
      legend: VERSION,
    },
    {
      title: "Failed over 1 h",
      unit: "percentunit",
      expression: `rampa:endpoint_failure_ratio:rate1h${here}`,
      legend: "{{endpoint}}",
    },
    {
      title: "Held for a sleeping version",
      unit: "short",
      expression: `${by} (${GATEWAY_WAITING_REQUESTS}${here})`,
      legend: VERSION,
    },
    {
      title: "Ends of holding",
      unit: "reqps",
      expression: `sum by (endpoint, version, end) (rate(rampa_gateway_held_seconds_count${here}[5m]))`,
      legend: `${VERSION} {{end}}`,
    },
  ];
}

function models(namespace: string): readonly Panel[] {
  const here = `{namespace="${namespace}"}`;
  return [
    {
      title: "Answers under way",
      unit: "short",
      expression: `rampa_model_sequences_busy${here} or vllm:num_requests_running${here}`,
      legend: "{{pod}}",
    },
    {
      title: "Waiting requests",
      unit: "short",
      expression: `rampa_model_queue_depth${here} or vllm:num_requests_waiting${here}`,
      legend: "{{pod}}",
    },
    {
      title: "KV cache",
      unit: "percentunit",
      expression: `rampa_model_kv_cache_usage_ratio${here} or vllm:kv_cache_usage_perc${here}`,
      legend: "{{pod}}",
    },
    {
      title: "Output tokens a second",
      unit: "short",
      expression: `rate(rampa_model_tokens_total{namespace="${namespace}", type="output"}[5m]) or rate(vllm:generation_tokens_total${here}[5m])`,
      legend: "{{pod}}",
    },
    {
      title: "Loading",
      unit: "short",
      expression: `kube_pod_container_status_running{namespace="${namespace}", container="model"} unless on (namespace, pod, container) kube_pod_container_status_ready == 1`,
      legend: "{{pod}}",
    },
    {
      title: "Standing still",
      unit: "s",
      expression: `rampa_model_stalled_seconds${here}`,
      legend: "{{pod}}",
    },
  ];
}

const GPU_PANELS: readonly Panel[] = [
  { title: "Busy", unit: "percentunit", expression: "DCGM_FI_PROF_GR_ENGINE_ACTIVE", legend: GPU },
  {
    title: "Memory in use",
    unit: "percentunit",
    expression: "DCGM_FI_DEV_FB_USED / (DCGM_FI_DEV_FB_USED + DCGM_FI_DEV_FB_FREE)",
    legend: GPU,
  },
  { title: "Temperature", unit: "celsius", expression: "DCGM_FI_DEV_GPU_TEMP", legend: GPU },
  { title: "Power", unit: "watt", expression: "DCGM_FI_DEV_POWER_USAGE", legend: GPU },
  { title: "Last Xid", unit: "short", expression: "DCGM_FI_DEV_XID_ERRORS", legend: GPU },
];

/** Grafana's variable, which the reader chooses. */
const SOURCE = "$source";
const COLUMNS = 2;
const PANEL = { width: 12, height: 8 } as const;

/** The dashboard as Grafana reads it. */
export function toGrafana({ name, title, panels }: Dashboard): object {
  return {
    uid: name,
    title,
    tags: ["rampa"],
    schemaVersion: 41,
    editable: false,
    refresh: "30s",
    time: { from: "now-3h", to: "now" },
    templating: { list: [{ name: "source", type: "datasource", query: "prometheus", label: "Source" }] },
    panels: panels.map((panel, index) => toPanel(panel, index)),
  };
}

function toPanel({ title, unit, expression, legend }: Panel, index: number): object {
  const datasource = { type: "prometheus", uid: SOURCE };
  return {
    id: index + 1,
    type: "timeseries",
    title,
    datasource,
    gridPos: {
      x: (index % COLUMNS) * PANEL.width,
      y: Math.floor(index / COLUMNS) * PANEL.height,
      w: PANEL.width,
      h: PANEL.height,
    },
    fieldConfig: { defaults: { unit }, overrides: [] },
    targets: [{ refId: "A", datasource, expr: expression, legendFormat: legend }],
  };
}
