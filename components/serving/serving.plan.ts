// Settings of a model version → names, labels, containers and times of its deployment.
import { ANNOTATIONS } from "../contract/annotations.ts";
import { LABELS } from "../contract/labels.ts";
import { type GpuPlacement, placeOnGpus } from "../kit/gpu.ts";
import { workloadName } from "../kit/names.ts";
import { selectorLabels, standardLabels } from "../kit/ownership.ts";
import { terminationSeconds } from "../kit/pod.ts";
import type { ContainerResources } from "../kit/quantities.ts";
import type { RolloutSettings } from "../kit/rollout.ts";
import { cardAnnotations } from "./model-card.args.ts";
import { isOwnRuntime, planRuntime, type RuntimePlan } from "./runtime.plan.ts";
import { planScaling, type ScalingPlan } from "./scaling.plan.ts";
import { planServer, type ServerPlan } from "./server.plan.ts";
import type { ModelVersionSettings } from "./serving.args.ts";

export type ModelVersionPlan<Pods = RuntimePlan | ServerPlan> = {
  /** Name of Deployment, Service, disruption budget and autoscaler. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly selector: Readonly<Record<string, string>>;
  /** Of the pods. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Undefined where an autoscaler decides. */
  readonly replicas: number | undefined;
  readonly scaling: ScalingPlan;
  readonly resources: ContainerResources;
  readonly gpu: GpuPlacement | undefined;
  readonly rollout: RolloutSettings;
  readonly spread: "prefer" | "require";
  readonly startupSeconds: number;
  readonly terminationSeconds: number;
  readonly pods: Pods;
};

/** Decides what one version's deployment consists of. */
export function planModelVersion(settings: ModelVersionSettings): ModelVersionPlan {
  const { endpoint, version } = settings;
  const name = workloadName(endpoint, version);
  const subject = { name: "model", instance: name };
  const gpu = settings.gpu === undefined ? undefined : placeOnGpus(settings.gpu);
  return {
    name,
    labels: standardLabels(settings.ownership, subject, {
      [LABELS.endpoint]: endpoint,
      [LABELS.version]: version,
      ...gpu?.labels,
    }),
    selector: selectorLabels(subject),
    annotations: {
      ...gpu?.annotations,
      ...timeAnnotations(settings),
      ...cardAnnotations(settings.card),
    },
    replicas: settings.scaling.kind === "none" ? settings.replicas : undefined,
    scaling: planScaling(settings),
    resources: settings.resources,
    gpu,
    rollout: settings.rollout,
    spread: settings.spread,
    startupSeconds: settings.startupSeconds,
    terminationSeconds: terminationSeconds(settings.drain),
    pods: isOwnRuntime(settings) ? planRuntime(settings, name) : planServer(settings),
  };
}

/** What policies hold probes and drain against, where no configuration file says it. */
function timeAnnotations(settings: ModelVersionSettings): Record<string, string> {
  if (isOwnRuntime(settings)) return {};
  const { startupSeconds, drain } = settings;
  return {
    [ANNOTATIONS.loadSeconds]: String(startupSeconds),
    [ANNOTATIONS.drainSeconds]: String(Math.ceil(drain.graceMs / 1000)),
  };
}
