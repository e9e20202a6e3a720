// Alerts on model servers: loading, placement, the queue, the cache and an engine that stands still.
import type { Alert, Watch } from "./rule.ts";

const BY_VERSION = "namespace, endpoint, version";

export function modelAlerts(watch: Watch): readonly Alert[] {
  return [...startAlerts(watch), ...engineAlerts(watch)];
}

function startAlerts({ namespace, loadMinutes, pendingMinutes }: Watch): readonly Alert[] {
  const model = `namespace="${namespace}", container="model"`;
  return [
    {
      name: "RampaModelLoadOverBudget",
      severity: "P2",
      expression: `kube_pod_container_status_running{${model}} == 1 unless on (namespace, pod, container) kube_pod_container_status_ready{${model}} == 1`,
      forMinutes: loadMinutes,
      summary: `{{ $labels.pod }} has been loading its model for more than ${loadMinutes} minutes.`,
    },
    {
      name: "RampaPodWaitsForGpu",
      severity: "P1",
      expression: `kube_pod_status_unschedulable{namespace="${namespace}"} == 1 and on (namespace, pod) kube_pod_container_resource_requests{namespace="${namespace}", resource="nvidia_com_gpu"} > 0`,
      forMinutes: pendingMinutes,
      summary: `{{ $labels.pod }} has found no GPU for ${pendingMinutes} minutes.`,
    },
  ];
}

function engineAlerts({ namespace, kvCacheRatio, queueSeconds, stalledSeconds }: Watch): readonly Alert[] {
  const here = `{namespace="${namespace}"}`;
  const waits = `histogram_quantile(0.95, sum by (${BY_VERSION}, le) (rate(vllm:request_queue_time_seconds_bucket${here}[5m])))`;
  return [
    {
      name: "RampaKvCacheFull",
      severity: "P2",
      expression: `max by (${BY_VERSION}, pod) (rampa_model_kv_cache_usage_ratio${here} or vllm:kv_cache_usage_perc${here}) > ${kvCacheRatio}`,
      forMinutes: 10,
      summary: "The KV cache of {{ $labels.pod }} is {{ $value | humanizePercentage }} full.",
    },
    {
      name: "RampaQueueWaitLong",
      severity: "P2",
      expression: `${waits} > ${queueSeconds}`,
      forMinutes: 5,
      summary:
        "Requests to {{ $labels.endpoint }} {{ $labels.version }} wait {{ $value | humanizeDuration }} for the engine at the 95th percentile.",
    },
    {
      name: "RampaQueueDeep",
      severity: "P2",
      expression: `sum by (${BY_VERSION}) (rampa_model_queue_depth${here}) / sum by (${BY_VERSION}) (rampa_model_sequences${here}) > 1`,
      forMinutes: 5,
      summary:
        "More requests wait for {{ $labels.endpoint }} {{ $labels.version }} than its servers answer at a time.",
    },
    {
      name: "RampaEngineStalled",
      severity: "P1",
      expression: `max by (${BY_VERSION}, pod) (rampa_model_stalled_seconds${here}) > ${stalledSeconds}`,
      forMinutes: 1,
      summary:
        "The engine of {{ $labels.pod }} has work, and has not moved for {{ $value | humanizeDuration }}.",
    },
  ];
}
