// Settings of one model version's deployment; the engine decides which of them exist.
import type { CustomResourceArgs } from "@pulumi/kubernetes/apiextensions/index.js";
import type { DeploymentArgs } from "@pulumi/kubernetes/apps/v1/index.js";
import type { HorizontalPodAutoscalerArgs } from "@pulumi/kubernetes/autoscaling/v2/index.js";
import type { ServiceArgs } from "@pulumi/kubernetes/core/v1/index.js";
import type { PodDisruptionBudgetArgs } from "@pulumi/kubernetes/policy/v1/index.js";
import type { Input } from "@pulumi/pulumi";
import { z } from "zod";
import { certificates } from "../../serving/contract/certificates.ts";
import { CHECKOUT_SOURCE } from "../../serving/contract/model-source.ts";
import { modelRuntime } from "../../serving/contract/runtime-config.ts";
import { gpuSettings } from "../kit/gpu.ts";
import { endpointName, semanticVersion } from "../kit/names.ts";
import type { Override } from "../kit/override.ts";
import { ownership } from "../kit/ownership.ts";
import { artefactsOf } from "./artefacts.ts";
import { deploymentFields } from "./deployment.args.ts";
import { engineImage, readsCache } from "./model-files.args.ts";
import { onnxVersion } from "./onnx.args.ts";
import { findScalingProblems } from "./scaling.args.ts";
import { tgiVersion } from "./tgi.args.ts";
import { vllmVersion } from "./vllm.args.ts";

const runtime = modelRuntime.shape;

/** Settings of a version served by the bundled llama engine, as they stand in a stack file. */
const llamaVersion = z
  .strictObject({
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
    gpu: gpuSettings.optional().describe("GPUs of each pod; needs an `image` whose llama.cpp can use them."),
    image: engineImage
      .optional()
      .describe("An image of the runtime with a CUDA build; the platform's own, for CPUs, when left out."),
    ...deploymentFields,
  })
  .refine((it) => it.gpu === undefined || it.image !== undefined, {
    path: ["image"],
    message: "an image of the runtime with a CUDA build: the platform's own computes on CPUs",
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
export const modelVersion = z.discriminatedUnion("engine", [
  llamaVersion,
  onnxVersion,
  vllmVersion,
  tgiVersion,
]);

export type VersionSettings = z.output<typeof modelVersion>;

export const modelVersionSettings = z
  .discriminatedUnion("engine", [
    llamaVersion.safeExtend(placement),
    onnxVersion.safeExtend(placement),
    vllmVersion.safeExtend(placement),
    tgiVersion.safeExtend(placement),
  ])
  .superRefine((it, context) => {
    const problems = [
      ...findScalingProblems(it, it.ownership.environment),
      ...findCacheProblems(it),
      ...findReachProblems(it),
    ];
    for (const { path, want } of problems) {
      context.addIssue({ code: "custom", path: [...path], message: want });
    }
  });

type Placed = VersionSettings & Pick<z.output<z.ZodObject<typeof placement>>, "cache">;
type Problem = { readonly path: readonly (string | number)[]; readonly want: string };

function findCacheProblems(it: Placed): readonly Problem[] {
  if (it.engine === "llama" || it.engine === "onnx" || it.cache !== "pod" || !readsCache(it)) return [];
  return [{ path: ["cache"], want: '"node" or "shared", as weights or adapters lie in the nodes\' cache' }];
}

/** A file of the checkout comes to the pods only with a cache that is filled from there. */
function findReachProblems(it: Placed): readonly Problem[] {
  const own = artefactsOf(it).filter(({ source }) => source.startsWith(CHECKOUT_SOURCE));
  if (it.cache === "node") return [];
  return own.map(({ source }) => ({
    path: ["artefact", "source"],
    want: `an address that pods reach: ${source} lies in the checkout`,
  }));
}

export type ModelVersionSettings = z.output<typeof modelVersionSettings>;

export type ModelVersionRefs = {
  readonly namespace: Input<string>;
  /** Reference of the runtime's image, by digest. */
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
  readonly scaledObject?: Override<CustomResourceArgs>;
  readonly autoscaler?: Override<HorizontalPodAutoscalerArgs>;
};

export type ModelVersionArgs = z.input<typeof modelVersionSettings> & {
  readonly refs: ModelVersionRefs;
  /** Changes to single children, by name. */
  readonly override?: ModelVersionOverride;
};
