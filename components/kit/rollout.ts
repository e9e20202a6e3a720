// How a Deployment replaces its pods: how many more, how many fewer, and how long that may take.
import type { CustomTimeouts } from "@pulumi/pulumi";
import { z } from "zod";

const POD_COUNT = "a whole number of pods from 0 up";

export const rolloutSettings = z
  .strictObject({
    maxSurge: z
      .int(POD_COUNT)
      .min(0, POD_COUNT)
      .default(1)
      .describe(
        "Pods above the wanted number during an update; 0 where a spare GPU or CPU is not to be had.",
      ),
    maxUnavailable: z
      .int(POD_COUNT)
      .min(0, POD_COUNT)
      .default(0)
      .describe("Pods below the wanted number during an update."),
  })
  .refine((it) => it.maxSurge + it.maxUnavailable > 0, {
    message: "`maxSurge` or `maxUnavailable` above 0: with both 0 no pod could ever be replaced",
  })
  .prefault({});

export type RolloutSettings = z.output<typeof rolloutSettings>;

type RolloutTimes = {
  readonly replicas: number;
  readonly rollout: RolloutSettings;
  readonly startupSeconds: number;
  readonly terminationSeconds: number;
};

/** Time for scheduling and image pull, on top of a pod's own start. */
const SCHEDULING_SECONDS = 60;

/** `progressDeadlineSeconds`: longer than one pod takes to start, or a slow model would count as failed. */
export function progressSeconds(startupSeconds: number): number {
  return startupSeconds + SCHEDULING_SECONDS;
}

/** How long Pulumi waits: for all pods, in as many batches as the rollout allows at once. */
export function rolloutTimeouts(times: RolloutTimes): CustomTimeouts {
  const batches = Math.ceil(times.replicas / (times.rollout.maxSurge + times.rollout.maxUnavailable));
  const seconds =
    batches * (progressSeconds(times.startupSeconds) + times.terminationSeconds) + SCHEDULING_SECONDS;
  return {
    create: `${seconds}s`,
    update: `${seconds}s`,
    delete: `${times.terminationSeconds + SCHEDULING_SECONDS}s`,
  };
}
