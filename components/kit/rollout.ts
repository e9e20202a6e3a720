// How a Deployment replaces its pods: how many more, how many fewer, and how long that may take.
import type { DeploymentArgs } from "@pulumi/kubernetes/apps/v1/index.js";
import type { core } from "@pulumi/kubernetes/types/input.js";
import type { CustomTimeouts, Input } from "@pulumi/pulumi";
import { z } from "zod";

const POD_COUNT = "a whole number of pods from 0 up";

/** Settings of a rollout with the given defaults. */
function rolloutWith(defaults: { readonly maxSurge: number; readonly maxUnavailable: number }) {
  return z
    .strictObject({
      maxSurge: z
        .int(POD_COUNT)
        .min(0, POD_COUNT)
        .default(defaults.maxSurge)
        .describe(
          "Pods above the wanted number during an update; 0 where a spare GPU or CPU is not to be had.",
        ),
      maxUnavailable: z
        .int(POD_COUNT)
        .min(0, POD_COUNT)
        .default(defaults.maxUnavailable)
        .describe("Pods below the wanted number during an update."),
    })
    .refine((it) => it.maxSurge + it.maxUnavailable > 0, {
      message: "`maxSurge` or `maxUnavailable` above 0: with both 0 no pod could ever be replaced",
    })
    .prefault({});
}

export const rolloutSettings = rolloutWith({ maxSurge: 1, maxUnavailable: 0 });

/** Where one more pod would need one more GPU: a pod goes before its successor comes. */
export const gpuRolloutSettings = rolloutWith({ maxSurge: 0, maxUnavailable: 1 });

export type RolloutSettings = z.output<typeof rolloutSettings>;

type RolloutTimes = {
  /** Most pods that there may be. */
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

type WorkloadPlan = {
  /** Left out where an autoscaler decides: written, every update would set the number back. */
  readonly replicas?: number | undefined;
  readonly rollout: RolloutSettings;
  readonly startupSeconds: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly selector: Readonly<Record<string, string>>;
};

type Pods = {
  readonly name: string;
  readonly namespace: Input<string>;
  readonly annotations: Record<string, Input<string>>;
  readonly spec: core.v1.PodSpec;
};

const REVISIONS_KEPT = 3;

/** The Deployment of a role: its pods, replaced as the plan's rollout says. */
export function deploymentArgs(plan: WorkloadPlan, pods: Pods): DeploymentArgs {
  return {
    metadata: { name: pods.name, namespace: pods.namespace, labels: { ...plan.labels } },
    spec: {
      ...(plan.replicas !== undefined && { replicas: plan.replicas }),
      revisionHistoryLimit: REVISIONS_KEPT,
      progressDeadlineSeconds: progressSeconds(plan.startupSeconds),
      strategy: { type: "RollingUpdate", rollingUpdate: { ...plan.rollout } },
      selector: { matchLabels: { ...plan.selector } },
      template: {
        metadata: { labels: { ...plan.labels }, annotations: pods.annotations },
        spec: pods.spec,
      },
    },
  };
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
