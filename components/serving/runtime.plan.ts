// Settings of a version on our own runtime → its configuration files, and how its weights come to the pod.
import type { ModelArtefact } from "../../serving/contract/model-source.ts";
import type { FetchRuntime, InferenceRuntime, ModelRuntime } from "../../serving/contract/runtime-config.ts";
import { type ConfigFiles, planConfigFiles } from "../kit/pod.ts";
import { artefactsOf } from "./artefacts.ts";
import type { ModelVersionSettings } from "./serving.args.ts";

/** Where a container finds the weights: `<directory>/sha256/<digest>`. */
export const MODELS_DIR = "/models";

export type RuntimeSettings = Extract<ModelVersionSettings, { engine: "llama" | "onnx" }>;
type LlamaSettings = Extract<RuntimeSettings, { engine: "llama" }>;
type OnnxSettings = Extract<RuntimeSettings, { engine: "onnx" }>;

type WeightsPlan =
  /** A volume of the node, filled before; the role verifies the files itself. */
  | { readonly kind: "node" }
  /** A volume of the node, filled and verified by the init containers of whichever pod comes first. */
  | { readonly kind: "shared" }
  /** A volume of the pod, filled and verified by init containers. */
  | { readonly kind: "pod"; readonly size: string };

export function isOwnRuntime(settings: ModelVersionSettings): settings is RuntimeSettings {
  return settings.engine === "llama" || settings.engine === "onnx";
}

/** Pods of our own runtime. */
export type RuntimePlan = {
  readonly kind: "runtime";
  readonly config: ConfigFiles;
  readonly weights: WeightsPlan;
  /** One init container each, in this order; none where the weights are there already. */
  readonly fetches: readonly FetchPlan[];
  /** The platform's own image when left out. */
  readonly image: string | undefined;
};

/** Name of the container, and of its file among the configuration files. */
export type FetchPlan = { readonly name: string; readonly file: string };

export function planRuntime(settings: RuntimeSettings, name: string): RuntimePlan {
  const weights = planWeights(settings);
  const artefacts = weights.kind === "node" ? [] : artefactsOf(settings);
  const fetches = artefacts.map((_, index) => planFetch(index));
  const files = artefacts.map((artefact, index) => [
    planFetch(index).file,
    toFetchRuntime(artefact, settings),
  ]);
  return {
    kind: "runtime",
    config: planConfigFiles(name, {
      "config.json": settings.engine === "llama" ? toModelRuntime(settings) : toInferenceRuntime(settings),
      ...Object.fromEntries(files),
    }),
    weights,
    fetches,
    image: settings.engine === "llama" ? settings.image : undefined,
  };
}

/** The first one has the plain name: most models are one file. */
function planFetch(index: number): FetchPlan {
  const name = index === 0 ? "fetch" : `fetch-${index + 1}`;
  return { name, file: `${name}.json` };
}

function planWeights({ cache, cacheSize }: RuntimeSettings): WeightsPlan {
  return cache === "pod" ? { kind: "pod", size: cacheSize } : { kind: cache };
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

function toInferenceRuntime(settings: OnnxSettings): Omit<InferenceRuntime, "listen"> {
  return {
    role: "inference",
    endpoint: settings.endpoint,
    version: settings.version,
    artefact: settings.artefact,
    externalData: settings.externalData,
    ...(settings.embeddings && { embeddings: settings.embeddings }),
    cacheDir: MODELS_DIR,
    queueLimit: settings.queueLimit,
    deadlineMs: settings.deadlineMs,
    threads: settings.threads,
    batchTokens: settings.batchTokens,
    tensorElements: settings.tensorElements,
    limits: settings.limits,
    drain: settings.drain,
    log: settings.log,
  };
}

function toFetchRuntime(artefact: ModelArtefact, { artefactAuthority, log }: RuntimeSettings): FetchRuntime {
  const authority = artefactAuthority === undefined ? {} : { authority: artefactAuthority };
  return { role: "fetch", artefact, ...authority, cacheDir: MODELS_DIR, log };
}
