// Settings of a batch job → its CronJob: a template that runs on schedule, or is copied by who starts it.
import type { CronJobArgs } from "@pulumi/kubernetes/batch/v1/index.js";
import type { ResourceClaimTemplateArgs } from "@pulumi/kubernetes/resource/v1/index.js";
import type { batch, core } from "@pulumi/kubernetes/types/input.js";
import type { Input } from "@pulumi/pulumi";
import { type GpuPlacement, placeOnGpus, withGpus } from "../kit/gpu.ts";
import { claimsOfPod, claimTemplateArgs } from "../kit/gpu-claim.ts";
import { standardLabels } from "../kit/ownership.ts";
import * as pod from "../kit/pod.ts";
import { toResourceRequirements } from "../kit/quantities.ts";
import type { BatchJobRefs, BatchJobSettings } from "./batch.args.ts";

/** A schedule must be there although nothing follows it while `suspend` is set: the first of January. */
const NEVER = "0 0 1 1 *";
/** A run that could not start for an hour, e.g. as the control plane was away, is left out. */
const LATEST_START_SECONDS = 3600;

/** `claimTemplate` is the name of the template of the pods' GPU claims, where the job has claims. */
type Refs = BatchJobRefs & { readonly claimTemplate?: Input<string> };

/** The template of the GPUs that its pods claim; undefined where it has none or counts them. */
export function batchClaimArgs(
  settings: BatchJobSettings,
  namespace: Input<string>,
): { readonly suffix: string; readonly args: ResourceClaimTemplateArgs } | undefined {
  const claim = placementOf(settings)?.claim;
  if (claim === undefined) return undefined;
  const labels = labelsOf(settings);
  return { suffix: claim.suffix, args: claimTemplateArgs(claim, settings.job, { namespace, labels }) };
}

export function cronJobArgs(settings: BatchJobSettings, refs: Refs): CronJobArgs {
  const { job, schedule } = settings;
  const labels = labelsOf(settings);
  return {
    metadata: { name: job, namespace: refs.namespace, labels },
    spec: {
      schedule: schedule ?? NEVER,
      timeZone: "Etc/UTC",
      suspend: schedule === undefined,
      concurrencyPolicy: "Forbid",
      startingDeadlineSeconds: LATEST_START_SECONDS,
      jobTemplate: { metadata: { labels }, spec: toJobSpec(settings, refs) },
    },
  };
}

function toJobSpec(settings: BatchJobSettings, refs: Refs): batch.v1.JobSpec {
  return {
    completionMode: "Indexed",
    completions: settings.pods,
    parallelism: Math.min(settings.parallel, settings.pods),
    backoffLimit: settings.retries,
    activeDeadlineSeconds: settings.deadlineSeconds,
    ttlSecondsAfterFinished: settings.keepSeconds,
    // A node that goes away is not the program's fault, so it costs no retry.
    podFailurePolicy: {
      rules: [{ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] }],
    },
    template: {
      metadata: { labels: labelsOf(settings), annotations: { ...annotationsOf(settings) } },
      spec: toPodSpec(settings, refs),
    },
  };
}

function toPodSpec(settings: BatchJobSettings, refs: Refs): core.v1.PodSpec {
  const placement = placementOf(settings);
  return {
    restartPolicy: "Never",
    serviceAccountName: refs.serviceAccount,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    ...(refs.priorityClass !== undefined && { priorityClassName: refs.priorityClass }),
    terminationGracePeriodSeconds: settings.drainSeconds,
    ...(refs.claimTemplate !== undefined && { resourceClaims: claimsOfPod(refs.claimTemplate) }),
    ...(placement && { nodeSelector: { ...placement.nodeSelector } }),
    tolerations: [...(placement?.tolerations ?? []), ...pod.lostNodeTolerations],
    securityContext: pod.restrictedPod,
    containers: [toContainer(settings, refs)],
    volumes: [
      { name: "tmp", emptyDir: { sizeLimit: settings.scratchSize } },
      ...(placement
        ? [{ name: "shared-memory", emptyDir: { medium: "Memory", sizeLimit: SHARED_MEMORY } }]
        : []),
    ],
  };
}

/** By which the processes of several GPUs talk; part of the pod's memory. */
const SHARED_MEMORY = "1Gi";

function toContainer(settings: BatchJobSettings, refs: Refs): core.v1.Container {
  const [program = "", ...args] = settings.command;
  const environment = { HOME: "/tmp", ...settings.environment };
  return {
    name: "job",
    image: refs.image,
    imagePullPolicy: "IfNotPresent",
    terminationMessagePolicy: pod.TERMINATION_MESSAGE,
    command: [program],
    args,
    env: Object.entries(environment).map(([name, value]) => ({ name, value })),
    resources: withGpus(toResourceRequirements(settings.resources), placementOf(settings)),
    securityContext: pod.restrictedContainer,
    volumeMounts: [
      pod.scratchMount,
      ...(settings.gpu === undefined ? [] : [{ name: "shared-memory", mountPath: "/dev/shm" }]),
    ],
  };
}

function placementOf({ gpu }: BatchJobSettings): GpuPlacement | undefined {
  return gpu === undefined ? undefined : placeOnGpus(gpu);
}

function labelsOf(settings: BatchJobSettings): Record<string, string> {
  const { ownership, job } = settings;
  return standardLabels(ownership, { name: "batch", instance: job }, placementOf(settings)?.labels ?? {});
}

/** Work that is thrown away costs the whole run again, so nodes are not taken from under it to save money. */
function annotationsOf(settings: BatchJobSettings): Readonly<Record<string, string>> {
  return placementOf(settings)?.annotations ?? {};
}
