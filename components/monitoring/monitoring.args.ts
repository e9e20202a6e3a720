// Settings of an environment's monitoring: what is watched, where the lines are, and who is told.
import type { CustomResourceArgs } from "@pulumi/kubernetes/apiextensions/index.js";
import type { ConfigMapArgs } from "@pulumi/kubernetes/core/v1/index.js";
import type { Input } from "@pulumi/pulumi";
import { z } from "zod";
import { dnsLabel } from "../kit/names.ts";
import type { Override } from "../kit/override.ts";
import { ownership } from "../kit/ownership.ts";
import { receiverSettings } from "./receivers.args.ts";

const SECONDS = "seconds above 0";
const MINUTES = "whole minutes from 1 up";

const seconds = z.number(SECONDS).positive(SECONDS);
const minutes = z.int(MINUTES).min(1, MINUTES);

const percentage = (least: number, most: number) => {
  const want = `a percentage from ${least} to ${most}`;
  return z.number(want).min(least, want).max(most, want);
};

const objectives = z
  .strictObject({
    availabilityPercent: percentage(90, 99.99)
      .default(99.9)
      .describe("Share of requests that are answered, over 30 days; the rest is the error budget."),
    firstTokenSeconds: seconds
      .max(10, "at most 10 seconds, the largest value that the histogram tells apart")
      .default(2.5)
      .describe("Time to the first token at the 95th percentile."),
    durationSeconds: seconds
      .max(81.92, "at most 81.92 seconds, the largest value that the histogram tells apart")
      .default(40)
      .describe("Time of a whole answer at the 95th percentile."),
  })
  .prefault({})
  .describe("What callers may expect.");

const limits = z
  .strictObject({
    failedPercent: percentage(0.1, 100).default(5).describe("Share of failed requests of one version."),
    candidateFailedPercent: percentage(0.1, 100)
      .default(2)
      .describe("How much more of a candidate's requests may fail than of the stable version's."),
    candidateSlowdown: z
      .number("a factor above 1")
      .gt(1, "a factor above 1")
      .default(1.5)
      .describe("How many times as long a candidate's first token may take."),
    absentMinutes: minutes.default(3).describe("Time that a version with traffic may be without a server."),
    loadMinutes: minutes.default(10).describe("Time that loading a model may take."),
    pendingMinutes: minutes.default(15).describe("Time that a pod may wait for a GPU."),
    kvCachePercent: percentage(1, 100).default(95).describe("Filling of the KV cache."),
    queueSeconds: seconds.default(5).describe("Time in the engine's queue at the 95th percentile."),
    stalledSeconds: seconds.default(30).describe("Time that an engine with work may stand still."),
    idleGpuMinutes: minutes.default(60).describe("Time that a GPU may do nothing."),
  })
  .prefault({})
  .describe("Where alerts begin.");

export const monitoringSettings = z.strictObject({
  ownership,
  namespace: dnsLabel.default("rampa").describe("Namespace that is watched."),
  runbookUrl: z
    .url({ protocol: /^https$/, error: "an https address without a slash at its end" })
    .regex(/[^/]$/, "an https address without a slash at its end")
    .describe("Address that the runbooks are published under; alerts add `/<name>.md`."),
  scrapeSeconds: z
    .int("whole seconds from 5 to 60")
    .min(5, "whole seconds from 5 to 60")
    .max(60, "whole seconds from 5 to 60: rates over 5 minutes need some samples")
    .default(30)
    .describe("Time between two scrapes."),
  objectives,
  limits,
  gpus: z.boolean().default(false).describe("Adds the alerts and the dashboard of GPUs."),
  receivers: receiverSettings,
});

export type MonitoringSettings = z.output<typeof monitoringSettings>;

export type MonitoringRefs = {
  readonly namespace: Input<string>;
};

export type MonitoringOverride = {
  readonly gatewayMonitor?: Override<CustomResourceArgs>;
  readonly modelMonitor?: Override<CustomResourceArgs>;
  /** Every dashboard. */
  readonly dashboard?: Override<ConfigMapArgs>;
};

export type MonitoringArgs = z.input<typeof monitoringSettings> & {
  readonly refs: MonitoringRefs;
  /** Changes to single children, by name. */
  readonly override?: MonitoringOverride;
};
