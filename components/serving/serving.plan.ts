// Settings of a model version → names, labels, configuration files and times of its deployment.
import type { FetchRuntime, ModelRuntime } from "../../serving/contract/runtime-config.ts";
import { LABELS } from "../contract/labels.ts";
import { workloadName } from "../kit/names.ts";
import { selectorLabels, standardLabels } from "../kit/ownership.ts";
import { type ConfigFiles, planConfigFiles, terminationSeconds } from "../kit/pod.ts";
import type { ContainerResources } from "../kit/quantities.ts";
import type { RolloutSettings } from "../kit/rollout.ts";
import type { ModelVersionSettings } from "./serving.args.ts";

/** Where a container finds the weights: `<directory>/sha256/<digest>`. */
export const MODELS_DIR = "/models";

export type WeightsPlan =
  /** A volume of the node, filled before; the model role verifies the file itself. */
  | { readonly kind: "node"; readonly fetches: false }
  /** A volume of the node, filled and verified by the init container of whichever pod comes first. */
  | { readonly kind: "node"; readonly fetches: true }
  /** A volume of the pod, filled and verified by an init container. */
  | { readonly kind: "pod"; readonly fetches: true; readonly size: string };

export type ModelVersionPlan = {
  /** Name of Deployment, Service and disruption budget. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly selector: Readonly<Record<string, string>>;
  readonly config: ConfigFiles;
  readonly weights: WeightsPlan;
  readonly replicas: number;
  readonly resources: ContainerResources;
  readonly rollout: RolloutSettings;
  readonly spread: "prefer" | "require";
  readonly startupSeconds: number;
  readonly terminationSeconds: number;
};

/** Decides what one version's deployment consists of. */
export function planModelVersion(settings: ModelVersionSettings): ModelVersionPlan {
  const { endpoint, version } = settings;
  const name = workloadName(endpoint, version);
  const subject = { name: "model", instance: name };
  const weights = planWeights(settings);
  return {
    name,
    labels: standardLabels(settings.ownership, subject, {
      [LABELS.endpoint]: endpoint,
      [LABELS.version]: version,
    }),
    selector: selectorLabels(subject),
    config: planConfigFiles(name, {
      "config.json": toModelRuntime(settings),
      ...(weights.fetches && { "fetch.json": toFetchRuntime(settings) }),
    }),
    weights,
    replicas: settings.replicas,
    resources: settings.resources,
    rollout: settings.rollout,
    spread: settings.spread,
    startupSeconds: settings.startupSeconds,
    terminationSeconds: terminationSeconds(settings.drain),
  };
}

function planWeights({ cache, cacheSize }: ModelVersionSettings): WeightsPlan {
  if (cache === "pod") return { kind: "pod", fetches: true, size: cacheSize };
  return cache === "shared" ? { kind: "node", fetches: true } : { kind: "node", fetches: false };
}

/** Written in full, defaults included: what ran can be read from the object, whatever the defaults are later. */
function toModelRuntime(settings: ModelVersionSettings): Omit<ModelRuntime, "listen"> {
  switch (settings.engine) {
    case "llama":
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
}

function toFetchRuntime({ artefact, artefactAuthority, log }: ModelVersionSettings): FetchRuntime {
  const authority = artefactAuthority === undefined ? {} : { authority: artefactAuthority };
  return { role: "fetch", artefact, ...authority, cacheDir: MODELS_DIR, log };
}
