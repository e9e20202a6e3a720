// Settings of a version served by Text Generation Inference.
import { z } from "zod";
import { modelRuntime } from "../../serving/contract/runtime-config.ts";
import { gpuSettings, largestShare } from "../kit/gpu.ts";
import { gpuDeploymentFields } from "./deployment.args.ts";
import { extraArgs, findArgProblems } from "./extra-args.ts";
import { adapters, engineImage, fileModel, modelShape } from "./model-files.args.ts";

const FROM_ONE = "a whole number from 1 up";
const FRACTION = "a share from 0.1 to 1";
const count = z.int(FROM_ONE).min(1, FROM_ONE);

const tgiFields = z.strictObject({
  engine: z.literal("tgi").describe("Text Generation Inference on GPUs: safetensors weights."),
  image: engineImage,
  model: fileModel,
  modelShape,
  quantize: z
    .enum([
      "none",
      "awq",
      "gptq",
      "marlin",
      "fp8",
      "eetq",
      "bitsandbytes",
      "bitsandbytes-nf4",
      "compressed-tensors",
    ])
    .default("none")
    .describe("How the weights are quantised."),
  dtype: z
    .enum(["float16", "bfloat16"])
    .optional()
    .describe("Type of weights and activations; the checkpoint's when left out."),
  kvCacheDtype: z
    .enum(["fp8_e4m3fn", "fp8_e5m2"])
    .optional()
    .describe("Type of the KV cache; that of the weights' activations when left out."),
  gpu: gpuSettings.describe("GPUs of each pod."),
  numShard: count.optional().describe("GPUs that share every layer: `gpu.count`, also when left out."),
  maxInputTokens: count.describe("Longest prompt in tokens."),
  maxTotalTokens: count.describe("Longest sequence in tokens, prompt and answer together."),
  fullSequences: count
    .default(1)
    .describe("Sequences of `maxTotalTokens` that must fit at once; the check of the memory counts with it."),
  maxBatchPrefillTokens: count.default(8192).describe("Prompt tokens in one pass."),
  maxConcurrentRequests: count
    .default(128)
    .describe("Requests in the engine, waiting ones included; one more is refused."),
  gpuMemoryUtilization: z
    .number(FRACTION)
    .min(0.1, FRACTION)
    .max(1, FRACTION)
    .default(0.95)
    .describe("Share of each GPU's memory that the engine takes."),
  adapters,
  extraArgs,
  drain: modelRuntime.shape.drain.describe("How a pod that stops finishes its answers."),
  ...gpuDeploymentFields,
});

export const tgiVersion = tgiFields.superRefine((it, context) => {
  for (const { path, want } of findTgiProblems(it)) {
    context.addIssue({ code: "custom", path: [...path], message: want });
  }
});

export type TgiSettings = z.output<typeof tgiFields>;

/** Flag → setting. */
export const TGI_FLAGS = {
  "--model-id": "model",
  "--revision": "model",
  "--huggingface-hub-cache": "model",
  "--weights-cache-override": "model",
  "--quantize": "quantize",
  "--dtype": "dtype",
  "--kv-cache-dtype": "kvCacheDtype",
  "--sharded": "gpu.count",
  "--num-shard": "gpu.count",
  "--max-input-tokens": "maxInputTokens",
  "--max-input-length": "maxInputTokens",
  "--max-total-tokens": "maxTotalTokens",
  "--max-batch-prefill-tokens": "maxBatchPrefillTokens",
  "--max-concurrent-requests": "maxConcurrentRequests",
  "--cuda-memory-fraction": "gpuMemoryUtilization",
  "--lora-adapters": "adapters",
} as const;

const REFUSED = {
  "--hostname": "the port is the platform's",
  "--port": "the port is the platform's",
  "--json-output": "the platform sets it",
  "--usage-stats": "the platform turns it off",
  "--trust-remote-code": "code of the repository would run in the pod",
  "--api-key": "keys belong to the gateway, and stand in clear in the pod",
  "--ngrok": "the gateway is the only way in",
  "--ngrok-authtoken": "the gateway is the only way in",
  "--ngrok-edge": "the gateway is the only way in",
  "--speculate": "the check of the memory knows no draft model",
};

/** Fixed in the launcher: what it gives running answers after SIGTERM. */
const LAUNCHER_GRACE_MS = 90_000;

type Problem = { readonly path: readonly (string | number)[]; readonly want: string };

function findTgiProblems(it: TgiSettings): Problem[] {
  const { gpu, numShard = gpu.count } = it;
  const share = largestShare(gpu);
  const checks: readonly (readonly [boolean, string, string])[] = [
    [numShard === gpu.count, "numShard", `${gpu.count}, as each pod has that many GPUs`],
    [
      it.maxInputTokens < it.maxTotalTokens,
      "maxTotalTokens",
      `more than maxInputTokens (${it.maxInputTokens})`,
    ],
    [
      it.maxBatchPrefillTokens >= it.maxInputTokens,
      "maxBatchPrefillTokens",
      `at least ${it.maxInputTokens}, as one pass must hold the longest prompt`,
    ],
    [
      it.drain.graceMs <= LAUNCHER_GRACE_MS,
      "drain.graceMs",
      `at most ${LAUNCHER_GRACE_MS}, after which the launcher ends the engine`,
    ],
    [it.dtype === undefined || it.quantize === "none", "dtype", "nothing beside `quantize`"],
    [
      it.gpuMemoryUtilization <= share,
      "gpuMemoryUtilization",
      `at most ${share.toFixed(2)}, the pod's slice`,
    ],
    [
      it.quantize !== "compressed-tensors" || it.modelShape.weightBits !== undefined,
      "modelShape.weightBits",
      "the bits of a weight, as compressed-tensors has many forms",
    ],
  ];
  return [
    ...checks.filter(([isRight]) => !isRight).map(([, path, want]) => ({ path: path.split("."), want })),
    ...findArgProblems(it.extraArgs, { settings: TGI_FLAGS, refused: REFUSED }),
  ];
}
