// Settings of one model version's deployment; the engine decides which of them exist.
import type { DeploymentArgs } from "@pulumi/kubernetes/apps/v1/index.js";
import type { ServiceArgs } from "@pulumi/kubernetes/core/v1/index.js";
import type { PodDisruptionBudgetArgs } from "@pulumi/kubernetes/policy/v1/index.js";
import type { Input } from "@pulumi/pulumi";
import { z } from "zod";
import { certificates, modelRuntime } from "../../serving/contract/runtime-config.ts";
import { endpointName, semanticVersion } from "../kit/names.ts";
import type { Override } from "../kit/override.ts";
import { ownership } from "../kit/ownership.ts";
import { containerResources, memoryQuantity } from "../kit/quantities.ts";
import { rolloutSettings } from "../kit/rollout.ts";

/** What a deployment of any engine has. */
const deploymentFields = {
  replicas: z
    .int("a whole number from 1 up")
    .min(1, "a whole number from 1 up")
    .default(2)
    .describe("Pods of this version."),
  resources: containerResources
    .prefault({ cpu: "2", memory: "4Gi" })
    .describe("CPU and memory of one pod; 2 cores and 4Gi when left out."),
  rollout: rolloutSettings.describe(
    "How pods are replaced; one more at a time and none fewer when left out.",
  ),
  spread: z
    .enum(["prefer", "require"])
    .default("prefer")
    .describe("Spread over zones and nodes: `require` leaves a pod pending rather than unevenly placed."),
  startupSeconds: z
    .int("whole seconds from 10 to 3600")
    .min(10, "whole seconds from 10 to 3600")
    .max(3600, "whole seconds from 10 to 3600")
    .default(300)
    .describe("Time that loading and warming up the model may take; a pod that is slower is restarted."),
  cacheSize: memoryQuantity
    .default("16Gi")
    .describe("Disk for the weights inside the pod, where the nodes offer no shared cache."),
};

const runtime = modelRuntime.shape;

/** Settings of a version served by the bundled llama engine, as they stand in a stack file. */
const llamaVersion = z.strictObject({
  engine: z.literal("llama").describe("The bundled llama.cpp engine: GGUF weights."),
  artefact: runtime.artefact.describe("The weights, as GGUF."),
  contextTokens: runtime.contextTokens,
  sequences: runtime.sequences,
  queueLimit: runtime.queueLimit,
  threads: runtime.threads,
  batchTokens: runtime.batchTokens,
  chatTemplate: runtime.chatTemplate,
  limits: runtime.limits.describe("Largest request body and its deepest nesting."),
  drain: runtime.drain.describe("How a pod that stops finishes its answers."),
  log: runtime.log.describe("What the log holds."),
  ...deploymentFields,
});

export const artefactAuthority = certificates.describe(
  "Certificates, in PEM form, of the authority behind artefact servers of your own; trusted besides the public ones when weights are fetched.",
);

const placement = {
  ownership,
  endpoint: endpointName.describe("The name that callers use as `model`."),
  version: semanticVersion.describe("Semantic version of the model."),
  cache: z
    .enum(["node", "shared", "pod"])
    .default("pod")
    .describe(
      "`node`: weights lie in a volume that the nodes offer, read-only. `shared`: the first pod on a node fetches them into that volume. `pod`: each pod fetches its own.",
    ),
  artefactAuthority: artefactAuthority.optional(),
};

/** A version as it stands in a stack file. */
export const modelVersion = z.discriminatedUnion("engine", [llamaVersion]);

export const modelVersionSettings = z.discriminatedUnion("engine", [llamaVersion.extend(placement)]);

export type ModelVersionSettings = z.output<typeof modelVersionSettings>;

export type ModelVersionRefs = {
  readonly namespace: Input<string>;
  /** Image reference by digest. */
  readonly image: Input<string>;
  readonly serviceAccount: Input<string>;
  readonly priorityClass: Input<string>;
  /** Name of the claim on the nodes' cache; needed with `cache` "node" and "shared". */
  readonly cacheClaim?: Input<string>;
};

export type ModelVersionOverride = {
  readonly deployment?: Override<DeploymentArgs>;
  readonly service?: Override<ServiceArgs>;
  readonly disruptionBudget?: Override<PodDisruptionBudgetArgs>;
};

export type ModelVersionArgs = z.input<typeof modelVersionSettings> & {
  readonly refs: ModelVersionRefs;
  /** Changes to single children, by name. */
  readonly override?: ModelVersionOverride;
};
