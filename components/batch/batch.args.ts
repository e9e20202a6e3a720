// Settings of a batch job: a program that runs to its end, on a schedule or when somebody starts it.
import type { CronJobArgs } from "@pulumi/kubernetes/batch/v1/index.js";
import type { Input } from "@pulumi/pulumi";
import { z } from "zod";
import { gpuSettings } from "../kit/gpu.ts";
import { dnsLabel } from "../kit/names.ts";
import type { Override } from "../kit/override.ts";
import { ownership } from "../kit/ownership.ts";
import { containerResources, memoryQuantity } from "../kit/quantities.ts";

const FROM_ZERO = "a whole number from 0 up";
const FROM_ONE = "a whole number from 1 up";
const CRON = /^\S+ \S+ \S+ \S+ \S+$/;
/** The controller adds 11 characters to a CronJob's name for each Job. */
const LONGEST_NAME = 52;

export const batchJobSettings = z.strictObject({
  ownership,
  job: dnsLabel.max(LONGEST_NAME, `at most ${LONGEST_NAME} characters`).describe("Name of the job."),
  command: z.array(z.string()).min(1, "a program and its arguments").describe("Program and arguments."),
  environment: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "name of an environment variable"), z.string())
    .default({})
    .describe("Environment variables; never secrets, which stand here in clear."),
  schedule: z
    .string()
    .regex(CRON, "five fields of cron, e.g. `0 3 * * *`")
    .optional()
    .describe("When it runs, in UTC; only when somebody starts it, when left out."),
  gpu: gpuSettings.optional().describe("GPUs of each pod; none when left out."),
  resources: containerResources
    .prefault({ cpu: "1", memory: "2Gi" })
    .describe("CPU and memory of one pod; 1 core and 2Gi when left out."),
  scratchSize: memoryQuantity.default("10Gi").describe("Disk of each pod under `/tmp`, gone with the pod."),
  pods: z.int(FROM_ONE).min(1, FROM_ONE).default(1).describe("Pods that must succeed, numbered from 0."),
  parallel: z.int(FROM_ONE).min(1, FROM_ONE).default(1).describe("Of these, how many run at once."),
  retries: z
    .int(FROM_ZERO)
    .min(0, FROM_ZERO)
    .default(2)
    .describe("Failed pods of a run before it counts as failed."),
  deadlineSeconds: z
    .int(FROM_ONE)
    .min(1, FROM_ONE)
    .default(86_400)
    .describe("Time after which a run is ended, whatever it has done."),
  keepSeconds: z
    .int(FROM_ZERO)
    .min(0, FROM_ZERO)
    .default(86_400)
    .describe("Time that an ended run and its logs stay in the cluster."),
  drainSeconds: z
    .int(FROM_ZERO)
    .min(0, FROM_ZERO)
    .default(60)
    .describe("Time between SIGTERM and the end, for writing what was done so far."),
});

export type BatchJobSettings = z.output<typeof batchJobSettings>;

export type BatchJobRefs = {
  readonly namespace: Input<string>;
  /** Image by registry and digest. */
  readonly image: Input<string>;
  readonly serviceAccount: Input<string>;
  readonly priorityClass?: Input<string>;
};

export type BatchJobArgs = z.input<typeof batchJobSettings> & {
  readonly refs: BatchJobRefs;
  /** Changes to single children, by name. */
  readonly override?: { readonly cronJob?: Override<CronJobArgs> };
};
