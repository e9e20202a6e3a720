// Settings of a model version → names, labels, containers and times of its deployment.
import type { FetchRuntime, ModelRuntime } from "../../serving/contract/runtime-config.ts";
import { ANNOTATIONS } from "../contract/annotations.ts";
import { LABELS } from "../contract/labels.ts";
import { type GpuPlacement, placeOnGpus } from "../kit/gpu.ts";
import { workloadName } from "../kit/names.ts";
import { selectorLabels, standardLabels } from "../kit/ownership.ts";
import { type ConfigFiles, planConfigFiles, terminationSeconds } from "../kit/pod.ts";
import type { ContainerResources } from "../kit/quantities.ts";
import type { RolloutSettings } from "../kit/rollout.ts";
import { cardAnnotations } from "./model-card.args.ts";
import { planScaling, type ScalingPlan } from "./scaling.plan.ts";
import { planServer, type ServerPlan } from "./server.plan.ts";
import type { ModelVersionSettings } from "./serving.args.ts";

/** Where a container finds the weights: `<directory>/sha256/<digest>`. */
export const MODELS_DIR = "/models";

type LlamaSettings = Extract<ModelVersionSettings, { engine: "llama" }>;

type WeightsPlan =
  /** A volume of the node, filled before; the model role verifies the file itself. */
  | { readonly kind: "node"; readonly fetches: false }
  /** A volume of the node, filled and verified by the init container of whichever pod comes first. */
  | { readonly kind: "node"; readonly fetches: true }
  /** A volume of the pod, filled and verified by an init container. */
  | { readonly kind: "pod"; readonly fetches: true; readonly size: string };

/** Pods of our own runtime. */
export type RuntimePlan = {
  readonly kind: "runtime";
  readonly config: ConfigFiles;
  readonly weights: WeightsPlan;
  /** The platform's own image when left out. */
  readonly image: string | undefined;
};

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
    pods: settings.engine === "llama" ? planRuntime(settings, name) : planServer(settings),
  };
}

/** What policies hold probes and drain against, where no configuration file says it. */
function timeAnnotations({ engine, startupSeconds, drain }: ModelVersionSettings): Record<string, string> {
  if (engine === "llama") return {};
  return {
    [ANNOTATIONS.loadSeconds]: String(startupSeconds),
    [ANNOTATIONS.drainSeconds]: String(Math.ceil(drain.graceMs / 1000)),
  };
}

function planRuntime(settings: LlamaSettings, name: string): RuntimePlan {
  const weights = planWeights(settings);
  return {
    kind: "runtime",
    config: planConfigFiles(name, {
      "config.json": toModelRuntime(settings),
      ...(weights.fetches && { "fetch.json": toFetchRuntime(settings) }),
    }),
    weights,
    image: settings.image,
  };
}

function planWeights({ cache, cacheSize }: LlamaSettings): WeightsPlan {
  if (cache === "pod") return { kind: "pod", fetches: true, size: cacheSize };
  return cache === "shared" ? { kind: "node", fetches: true } : { kind: "node", fetches: false };
}

/** Written in full, defaults included: what ran can be read from the object, whatever the defaults are later. */
function toModelRuntime(settings: LlamaSettings): Omit<ModelRuntime, "listen"> {
  return {
    role: "model",
    endpoint: settings.endpoint,
    version: settings.version,
    artefact: settings.artefact,
    cacheDir: MODELS_DIR,
    contextTokens: settings.contextTokens,
    sequences: settings.sequences,
    queueLimit: settings.queueLimit,
    threads: settings.threads,
    batchTokens: settings.batchTokens,
    chatTemplate: settings.chatTemplate,
    limits: settings.limits,
    drain: settings.drain,
    log: settings.log,
  };
}

function toFetchRuntime({ artefact, artefactAuthority, log }: LlamaSettings): FetchRuntime {
  const authority = artefactAuthority === undefined ? {} : { authority: artefactAuthority };
  return { role: "fetch", artefact, ...authority, cacheDir: MODELS_DIR, log };
}
