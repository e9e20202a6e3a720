// What rules are made of: alerts and recordings as data, and the thresholds that their expressions compare with.

/** P0: users are cut off now; P1: they soon will be; P2: today's work; P3: when there is time. */
export const SEVERITIES = ["P0", "P1", "P2", "P3"] as const;

export type Severity = (typeof SEVERITIES)[number];

export type Alert = {
  /** Also the name of its runbook. */
  readonly name: string;
  readonly severity: Severity;
  readonly expression: string;
  /** How long the expression has to hold. */
  readonly forMinutes: number;
  /** One line, with the labels that the expression leaves. */
  readonly summary: string;
};

export type Recording = { readonly record: string; readonly expression: string };

/** What is watched, and where the lines are. */
export type Watch = {
  readonly namespace: string;
  /** Share of requests that may fail, e.g. 0.001. */
  readonly errorBudget: number;
  readonly firstTokenSeconds: number;
  readonly durationSeconds: number;
  /** Share of failed requests at which an endpoint counts as broken. */
  readonly errorRatio: number;
  /** How much more of a candidate's requests than of the stable version's may fail. */
  readonly candidateErrorMargin: number;
  /** How many times slower a candidate's first token may be. */
  readonly candidateSlowdown: number;
  readonly absentMinutes: number;
  readonly loadMinutes: number;
  readonly pendingMinutes: number;
  readonly kvCacheRatio: number;
  readonly queueSeconds: number;
  readonly stalledSeconds: number;
  readonly idleGpuMinutes: number;
};

/** Job of the gateway's targets: the name of its Service. */
export const GATEWAY_JOB = "gateway";

/** Outcomes of requests that failed by our fault; refused ones and callers that left are not among them. */
export const FAILED_OUTCOMES = [
  ...[
    "overloaded",
    "not_ready",
    "shutting_down",
    "no_backend",
    "deadline_exceeded",
    "internal_error",
    "fault",
  ],
  ...["upstream_unreachable", "upstream_broken", "upstream_timeout", "upstream_5.."],
  "provider_(overloaded|quota_exceeded|key_missing|key_refused|forbidden|not_found|redirected)",
  "provider_(untrusted|address_forbidden|unknown|failed|timeout)",
].join("|");

/** Fewer requests a second than this say nothing about a ratio. */
export const LEAST_RATE = 0.05;
