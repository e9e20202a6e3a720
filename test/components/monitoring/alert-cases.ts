// For every alert: series at which it fires, with the words it then says, and series at which it stays silent.

export type Series = { readonly series: string; readonly values: string };

/** One world, looked at after some minutes. */
type World = { readonly series: readonly Series[]; readonly atMinutes: number };

export type AlertCase = {
  readonly fires: World & { readonly labels: Readonly<Record<string, string>>; readonly summary: string };
  /** By what it is that keeps the alert silent. */
  readonly silent: Readonly<Record<string, World>>;
};

const SPACE = 'namespace="rampa"';
const CHAT = { namespace: "rampa", endpoint: "chat" };
const V1 = { ...CHAT, version: "1.0.0" };
const V2 = { ...CHAT, version: "1.1.0" };

const series = (name: string, values: string): Series => ({ series: name, values });
/** The same value every minute. */
const still = (name: string, value: number): Series => series(name, `${value}x1500`);
/** A counter that grows by so much a minute. */
const grows = (name: string, perMinute: number): Series => series(name, `0+${perMinute}x1500`);

const outcome = (version: string, name: string): string =>
  `gateway_requests_total{${SPACE}, job="gateway", endpoint="chat", version="${version}", outcome="${name}"}`;

/** Requests of a version: so many a minute answered, and so many failed. */
const requests = (answered: number, failed: number, version = "1.0.0"): Series[] => [
  grows(outcome(version, "ok"), answered),
  // A counter that never counted is not exported.
  ...(failed > 0 ? [grows(outcome(version, "upstream_timeout"), failed)] : []),
];

/** A histogram of the gateway whose 100 observations a minute all lie between two bounds. */
const between = (metric: string, low: string, high: string, version = "1.0.0"): Series[] => {
  const labels = `${SPACE}, job="gateway", gen_ai_request_model="chat", version="${version}"`;
  return [
    grows(`${metric}_bucket{${labels}, le="${low}"}`, 0),
    grows(`${metric}_bucket{${labels}, le="${high}"}`, 100),
    grows(`${metric}_bucket{${labels}, le="+Inf"}`, 100),
  ];
};

const weight = (version: string, value: number): Series =>
  still(`canary_weight_ratio{${SPACE}, job="gateway", endpoint="chat", version="${version}"}`, value);

const WEIGHTS = [weight("1.0.0", 0.9), weight("1.1.0", 0.1)];
const FIRST = "gen_ai_server_time_to_first_token_seconds";
const WHOLE = "gen_ai_server_request_duration_seconds";
const MODEL = `${SPACE}, pod="chat-a", endpoint="chat", version="1.0.0"`;
const ON_MODEL = { ...V1, pod: "chat-a" };
const CONTAINER = `${SPACE}, pod="chat-a", container="model"`;
const GPU = 'hostname="node-1", UUID="GPU-1", gpu="0", pod="chat-a"';
const ON_GPU = { hostname: "node-1", UUID: "GPU-1", gpu: "0" };
const UP = `up{${SPACE}, job="gateway", pod="gateway-a"}`;

type Burn = {
  readonly factor: number;
  /** Of 1000 requests. */
  readonly failed: number;
  readonly long: string;
  readonly shortMinutes: number;
};

const BURN_AT = 600;

const burn = ({ factor, failed, long, shortMinutes }: Burn): AlertCase => ({
  fires: {
    series: requests(1000 - failed, failed),
    atMinutes: BURN_AT,
    labels: CHAT,
    summary: `Endpoint chat uses its error budget ${factor} times as fast as it may (${failed / 10}% failed over ${long}).`,
  },
  silent: {
    "fewer failures": { series: requests(1000 - failed / 2.5, failed / 2.5), atMinutes: BURN_AT },
    "failures that are the callers' fault": {
      series: [
        grows(outcome("1.0.0", "ok"), 900),
        grows(outcome("1.0.0", "context_length_exceeded"), 50),
        grows(outcome("1.0.0", "caller_gone"), 50),
      ],
      atMinutes: BURN_AT,
    },
    "failures that were over before the short window": overBefore(BURN_AT - shortMinutes - 10),
  },
});

/** Half of the requests failed until then, so that the long window still shows it. */
const overBefore = (minute: number): World => ({
  series: [
    grows(outcome("1.0.0", "ok"), 1000),
    series(outcome("1.0.0", "upstream_503"), `0+1000x${minute} ${minute * 1000}x1000`),
  ],
  atMinutes: BURN_AT,
});

const ENDPOINT_CASES: Readonly<Record<string, AlertCase>> = {
  RampaErrorBudgetBurnFast: burn({ factor: 14.4, failed: 20, long: "1h", shortMinutes: 5 }),
  RampaErrorBudgetBurnHigh: burn({ factor: 6, failed: 10, long: "6h", shortMinutes: 30 }),
  RampaErrorBudgetBurnSteady: burn({ factor: 3, failed: 5, long: "1d", shortMinutes: 120 }),
  RampaErrorBudgetBurnSlow: burn({ factor: 1, failed: 2, long: "3d", shortMinutes: 360 }),
  RampaRequestsFail: {
    fires: {
      series: requests(90, 10),
      atMinutes: 20,
      labels: V1,
      summary: "10% of the requests to chat 1.0.0 fail.",
    },
    silent: {
      "few failures": { series: requests(97, 3), atMinutes: 20 },
      "too few requests": { series: requests(1, 1), atMinutes: 20 },
    },
  },
  RampaFirstTokenSlow: {
    fires: {
      series: [...requests(100, 0), ...between(FIRST, "2.5", "5")],
      atMinutes: 30,
      labels: V1,
      summary: "The first token of chat 1.0.0 takes 4.875s at the 95th percentile.",
    },
    silent: {
      "a slow model server whose answers no caller of the gateway got": {
        series: [
          ...requests(100, 0),
          ...between(FIRST, "2.5", "5").map((it) => ({
            ...it,
            series: it.series.replace("gateway", "models"),
          })),
        ],
        atMinutes: 30,
      },
      "a quick first token": {
        series: [...requests(100, 0), ...between(FIRST, "0.1", "0.25")],
        atMinutes: 30,
      },
    },
  },
  RampaAnswersSlow: {
    fires: {
      series: [...requests(100, 0), ...between(WHOLE, "40.96", "81.92")],
      atMinutes: 30,
      labels: V1,
      summary: "Answers of chat 1.0.0 take 1m 19s at the 95th percentile.",
    },
    silent: {
      "quick answers": { series: [...requests(100, 0), ...between(WHOLE, "2.56", "5.12")], atMinutes: 30 },
    },
  },
  RampaGatewayAbsent: {
    fires: {
      series: [still(UP, 0)],
      atMinutes: 10,
      labels: {},
      summary: "No gateway of namespace rampa answers.",
    },
    silent: {
      "one of two gateways": {
        series: [still(UP, 0), still(UP.replace("gateway-a", "gateway-b"), 1)],
        atMinutes: 10,
      },
    },
  },
  RampaRoutesAbsent: {
    fires: {
      series: [still(UP, 1)],
      atMinutes: 10,
      labels: {},
      summary: "The gateway of namespace rampa knows no endpoint.",
    },
    silent: {
      "a known endpoint": { series: [still(UP, 1), weight("1.0.0", 1)], atMinutes: 10 },
      "no gateway, of which another alert speaks": { series: [still(UP, 0)], atMinutes: 10 },
    },
  },
  RampaTargetDown: {
    fires: {
      series: [still(`up{${SPACE}, job="rampa/models", pod="chat-a"}`, 0)],
      atMinutes: 20,
      labels: { job: "rampa/models", pod: "chat-a" },
      summary: "chat-a runs, but gives no metrics.",
    },
    silent: {
      "a pod that starts": { series: [series(`up{${SPACE}, pod="chat-a"}`, "0x5 1x30")], atMinutes: 20 },
      "a pod of another namespace": { series: [still('up{namespace="x", pod="chat-a"}', 0)], atMinutes: 20 },
    },
  },
};

const MODEL_UP = `up{${SPACE}, job="rampa/models", pod="chat-a", endpoint="chat", version="1.0.0"}`;
const OTHER_UP = MODEL_UP.replace("1.0.0", "1.1.0").replace("chat-a", "chat-b");
const held = (end: string, values: string): Series =>
  series(
    `rampa_gateway_held_seconds_count{${SPACE}, job="gateway", pod="gateway-a", endpoint="chat", version="1.0.0", end="${end}"}`,
    values,
  );

const WAITING_CASES: Readonly<Record<string, AlertCase>> = {
  RampaVersionAbsent: {
    fires: {
      series: [...WEIGHTS, still(MODEL_UP, 1), series(OTHER_UP, "1x10")],
      atMinutes: 20,
      labels: V2,
      summary: "No server of chat 1.1.0 answers, which takes 10% of the requests.",
    },
    silent: {
      "a server of each version": {
        series: [...WEIGHTS, still(MODEL_UP, 1), still(OTHER_UP, 1)],
        atMinutes: 20,
      },
      "one of two servers": {
        series: [
          ...WEIGHTS,
          still(MODEL_UP, 1),
          still(OTHER_UP, 1),
          series(OTHER_UP.replace("chat-b", "chat-c"), "1x10"),
        ],
        atMinutes: 20,
      },
      "a version without weight": {
        series: [weight("1.0.0", 1), weight("1.1.0", 0), still(MODEL_UP, 1), series(OTHER_UP, "1x10")],
        atMinutes: 20,
      },
      "a version that sleeps": {
        series: [
          ...WEIGHTS,
          still(MODEL_UP, 1),
          series(OTHER_UP, "1x10"),
          still(
            `rampa_gateway_waiting_requests{${SPACE}, pod="gateway-a", endpoint="chat", version="1.1.0"}`,
            0,
          ),
        ],
        atMinutes: 20,
      },
      "a provider's version, which has no pods": { series: [...WEIGHTS, still(MODEL_UP, 1)], atMinutes: 20 },
      "a pod that is replaced": {
        series: [...WEIGHTS, still(MODEL_UP, 1), series(OTHER_UP, "1x10 0x1 1x30")],
        atMinutes: 12,
      },
    },
  },
  RampaHeldRequestsFail: {
    fires: {
      series: [held("ready", "0x30"), held("late", "_x15 3x15")],
      atMinutes: 18,
      labels: V1,
      summary: "Requests that waited for chat 1.0.0 to wake were turned away: 3 in 10 minutes.",
    },
    silent: {
      "requests that were answered": { series: [held("ready", "0+9x30")], atMinutes: 18 },
      "callers that left": { series: [held("aborted", "0+9x30")], atMinutes: 18 },
      "what is over": { series: [held("late", "0x4 3x40")], atMinutes: 30 },
    },
  },
};

const CANDIDATE_CASES: Readonly<Record<string, AlertCase>> = {
  RampaCandidateFails: {
    fires: {
      series: [...WEIGHTS, ...requests(90, 0), ...requests(9, 1, "1.1.0")],
      atMinutes: 20,
      labels: V2,
      summary: "Candidate 1.1.0 of chat fails 10% more of its requests than the stable version.",
    },
    silent: {
      "a stable version that is as bad": {
        series: [...WEIGHTS, ...requests(81, 9), ...requests(9, 1, "1.1.0")],
        atMinutes: 20,
      },
      "a version that has all the weight": { series: [weight("1.0.0", 1), ...requests(9, 1)], atMinutes: 20 },
      "too few requests": {
        series: [...WEIGHTS, ...requests(90, 0), ...requests(1, 1, "1.1.0")],
        atMinutes: 20,
      },
    },
  },
  RampaCandidateSlow: {
    fires: {
      series: [
        ...WEIGHTS,
        ...requests(90, 0),
        ...requests(10, 0, "1.1.0"),
        ...between(FIRST, "0.75", "1"),
        ...between(FIRST, "2.5", "5", "1.1.0"),
      ],
      atMinutes: 30,
      labels: V2,
      summary:
        "The first token of candidate 1.1.0 of chat takes 4.937 times as long as the stable version's.",
    },
    silent: {
      "a stable version that is as slow": {
        series: [
          ...WEIGHTS,
          ...requests(90, 0),
          ...requests(10, 0, "1.1.0"),
          ...between(FIRST, "2.5", "5"),
          ...between(FIRST, "2.5", "5", "1.1.0"),
        ],
        atMinutes: 30,
      },
    },
  },
};

const waits = (low: string, high: string): Series[] =>
  [
    [low, 0],
    [high, 60],
    ["+Inf", 60],
  ].map(([le, perMinute]) =>
    grows(`vllm:request_queue_time_seconds_bucket{${MODEL}, le="${le}"}`, Number(perMinute)),
  );

const MODEL_CASES: Readonly<Record<string, AlertCase>> = {
  RampaModelLoadOverBudget: {
    fires: {
      series: [
        still(`kube_pod_container_status_running{${CONTAINER}}`, 1),
        still(`kube_pod_container_status_ready{${CONTAINER}}`, 0),
      ],
      atMinutes: 20,
      labels: { pod: "chat-a", container: "model" },
      summary: "chat-a has been loading its model for more than 10 minutes.",
    },
    silent: {
      "a pod that became ready": {
        series: [
          still(`kube_pod_container_status_running{${CONTAINER}}`, 1),
          series(`kube_pod_container_status_ready{${CONTAINER}}`, "0x8 1x30"),
        ],
        atMinutes: 20,
      },
    },
  },
  RampaPodWaitsForGpu: {
    fires: {
      series: [
        still(`kube_pod_status_unschedulable{${SPACE}, pod="chat-a"}`, 1),
        still(`kube_pod_container_resource_requests{${CONTAINER}, resource="nvidia_com_gpu"}`, 1),
      ],
      atMinutes: 30,
      labels: { pod: "chat-a" },
      summary: "chat-a has found no GPU for 15 minutes.",
    },
    silent: {
      "a pod that asks for no GPU": {
        series: [
          still(`kube_pod_status_unschedulable{${SPACE}, pod="chat-a"}`, 1),
          still(`kube_pod_container_resource_requests{${CONTAINER}, resource="cpu"}`, 1),
        ],
        atMinutes: 30,
      },
    },
  },
  RampaKvCacheFull: {
    fires: {
      series: [still(`vllm:kv_cache_usage_perc{${MODEL}}`, 0.97)],
      atMinutes: 20,
      labels: ON_MODEL,
      summary: "The KV cache of chat-a is 97% full.",
    },
    silent: {
      "a cache with room": {
        series: [
          still(`rampa_model_kv_cache_usage_ratio{${MODEL}}`, 0.9),
          still(`vllm:kv_cache_usage_perc{${MODEL.replace("chat-a", "chat-b")}}`, 0.9),
        ],
        atMinutes: 20,
      },
    },
  },
  RampaQueueWaitLong: {
    fires: {
      series: waits("5", "10"),
      atMinutes: 20,
      labels: V1,
      summary: "Requests to chat 1.0.0 wait 9.75s for the engine at the 95th percentile.",
    },
    silent: { "a short wait": { series: waits("0.5", "1"), atMinutes: 20 } },
  },
  RampaQueueDeep: {
    fires: {
      series: [still(`rampa_model_queue_depth{${MODEL}}`, 9), still(`rampa_model_sequences{${MODEL}}`, 8)],
      atMinutes: 20,
      labels: V1,
      summary: "More requests wait for chat 1.0.0 than its servers answer at a time.",
    },
    silent: {
      "a queue of one answer": {
        series: [still(`rampa_model_queue_depth{${MODEL}}`, 8), still(`rampa_model_sequences{${MODEL}}`, 8)],
        atMinutes: 20,
      },
    },
  },
  RampaEngineStalled: {
    fires: {
      series: [still(`rampa_model_stalled_seconds{${MODEL}}`, 45)],
      atMinutes: 10,
      labels: ON_MODEL,
      summary: "The engine of chat-a has work, and has not moved for 45s.",
    },
    silent: {
      "an engine that moves": { series: [still(`rampa_model_stalled_seconds{${MODEL}}`, 2)], atMinutes: 10 },
    },
  },
};

const GPU_CASES: Readonly<Record<string, AlertCase>> = {
  RampaGpuFault: {
    fires: {
      series: [still(`DCGM_FI_DEV_XID_ERRORS{${GPU}}`, 79)],
      atMinutes: 10,
      labels: ON_GPU,
      summary: "GPU 0 of node-1 reports Xid 79.",
    },
    silent: {
      "no fault": { series: [still(`DCGM_FI_DEV_XID_ERRORS{${GPU}}`, 0)], atMinutes: 10 },
      "a program's fault": { series: [still(`DCGM_FI_DEV_XID_ERRORS{${GPU}}`, 31)], atMinutes: 10 },
    },
  },
  RampaGpuIdle: {
    fires: {
      series: [still(`DCGM_FI_PROF_GR_ENGINE_ACTIVE{${GPU}}`, 0.001)],
      atMinutes: 130,
      labels: ON_GPU,
      summary: "GPU 0 of node-1 has done nothing for 60 minutes.",
    },
    silent: {
      "a busy GPU": { series: [still(`DCGM_FI_PROF_GR_ENGINE_ACTIVE{${GPU}}`, 0.5)], atMinutes: 130 },
      "a GPU that works now and then": {
        series: [series(`DCGM_FI_PROF_GR_ENGINE_ACTIVE{${GPU}}`, "1x3 0x45 1x3 0x45 1x3 0x45")],
        atMinutes: 130,
      },
    },
  },
  RampaGpuMetricsAbsent: {
    fires: {
      series: [still('kube_node_status_allocatable{node="node-1", resource="nvidia_com_gpu"}', 8)],
      atMinutes: 20,
      labels: {},
      summary: "8 GPUs are there, and none of them is measured.",
    },
    silent: {
      "GPUs that are measured": {
        series: [
          still('kube_node_status_allocatable{node="node-1", resource="nvidia_com_gpu"}', 8),
          still(`DCGM_FI_DEV_GPU_TEMP{${GPU}}`, 40),
        ],
        atMinutes: 20,
      },
      "no GPUs": {
        series: [still('kube_node_status_allocatable{node="node-1", resource="cpu"}', 8)],
        atMinutes: 20,
      },
    },
  },
  RampaGpuNodeWithoutGpus: {
    fires: {
      series: [
        still('kube_node_labels{node="node-1", label_rampa_dev_gpu="l4"}', 1),
        still('kube_node_status_allocatable{node="node-1", resource="nvidia_com_gpu"}', 0),
      ],
      atMinutes: 30,
      labels: { node: "node-1", label_rampa_dev_gpu: "l4" },
      summary: "node-1 belongs to a GPU pool and offers no GPU.",
    },
    silent: {
      "a node with its GPUs": {
        series: [
          still('kube_node_labels{node="node-1", label_rampa_dev_gpu="l4"}', 1),
          still('kube_node_status_allocatable{node="node-1", resource="nvidia_com_gpu"}', 1),
        ],
        atMinutes: 30,
      },
      "a node of another pool": {
        series: [still('kube_node_labels{node="node-1", label_rampa_dev_gpu=""}', 1)],
        atMinutes: 30,
      },
    },
  },
};

export const ALERT_CASES: Readonly<Record<string, AlertCase>> = {
  ...ENDPOINT_CASES,
  ...WAITING_CASES,
  ...CANDIDATE_CASES,
  ...MODEL_CASES,
  ...GPU_CASES,
};
