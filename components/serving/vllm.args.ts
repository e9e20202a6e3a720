// Settings of a version served by vLLM.
import { z } from "zod";
import { modelRuntime } from "../../serving/contract/runtime-config.ts";
import { gpuSettings, largestShare } from "../kit/gpu.ts";
import { gpuDeploymentFields } from "./deployment.args.ts";
import { extraArgs, findArgProblems } from "./extra-args.ts";
import { adapters, engineImage, modelShape, streamableModel } from "./model-files.args.ts";

const FROM_ONE = "a whole number from 1 up";
const count = z.int(FROM_ONE).min(1, FROM_ONE);
const parser = z.string().regex(/^[a-z0-9][a-z0-9_-]*$/, "name of a parser, e.g. hermes");
const UTILIZATION = "a share from 0.1 to 0.98";

const vllmFields = z.strictObject({
  engine: z.literal("vllm").describe("vLLM on GPUs: safetensors weights."),
  image: engineImage,
  model: streamableModel,
  modelShape,
  servedName: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._:/-]*$/, "letters, digits and . _ : / -")
    .optional()
    .describe("A second name under which the engine answers; the endpoint's name always is one."),
  quantization: z
    .enum(["none", "awq", "gptq", "fp8", "modelopt", "modelopt_fp4", "compressed-tensors"])
    .default("none")
    .describe("How the weights are quantised; `fp8` also quantises 16-bit weights while loading."),
  dtype: z
    .enum(["auto", "bfloat16", "float16", "float32"])
    .default("auto")
    .describe("Type of weights and activations; `auto` takes the checkpoint's, 16 bits at most."),
  kvCacheDtype: z
    .enum(["auto", "fp8", "fp8_e4m3", "fp8_e5m2"])
    .default("auto")
    .describe("Type of the KV cache; `auto` takes `dtype`."),
  gpu: gpuSettings.describe("GPUs of each pod."),
  tensorParallel: count.optional().describe("GPUs that share every layer: `gpu.count`, also when left out."),
  pipelineParallel: z
    .literal(1, "1, as one pod holds the whole model")
    .default(1)
    .describe("Groups of GPUs that share the layers among them."),
  maxModelLength: count.describe("Longest sequence in tokens, prompt and answer together."),
  fullSequences: count
    .default(1)
    .describe("Sequences of `maxModelLength` that must fit at once; the check of the memory counts with it."),
  maxSequences: count.default(64).describe("Sequences in one pass; further requests wait."),
  maxBatchedTokens: count.default(8192).describe("Tokens in one pass."),
  gpuMemoryUtilization: z
    .number(UTILIZATION)
    .min(0.1, UTILIZATION)
    .max(0.98, UTILIZATION)
    .default(0.9)
    .describe("Share of each GPU's memory that the engine takes."),
  prefixCache: z.boolean().default(true).describe("Whether prompts that begin alike share their KV cache."),
  chunkedPrefill: z
    .boolean()
    .default(true)
    .describe("Whether long prompts are evaluated in pieces, between the tokens of running answers."),
  adapters,
  toolParser: parser.optional().describe("Parser of tool calls; the model calls no tools when left out."),
  reasoningParser: parser.optional().describe("Parser of reasoning; it is part of the answer when left out."),
  extraArgs,
  drain: modelRuntime.shape.drain.describe("How a pod that stops finishes its answers."),
  ...gpuDeploymentFields,
});

export const vllmVersion = vllmFields.superRefine((it, context) => {
  for (const { path, want } of findVllmProblems(it)) {
    context.addIssue({ code: "custom", path: [...path], message: want });
  }
});

export type VllmSettings = z.output<typeof vllmFields>;

/** Flag → setting. Every flag that the command line may have stands here, so that none can be given twice. */
export const VLLM_FLAGS = {
  "--model": "model",
  "--revision": "model",
  "--tokenizer-revision": "model",
  "--tokenizer": "model",
  "--load-format": "model",
  "--download-dir": "model",
  "--served-model-name": "servedName",
  "--quantization": "quantization",
  "--dtype": "dtype",
  "--kv-cache-dtype": "kvCacheDtype",
  "--tensor-parallel-size": "gpu.count",
  "--pipeline-parallel-size": "pipelineParallel",
  "--max-model-len": "maxModelLength",
  "--max-num-seqs": "maxSequences",
  "--max-num-batched-tokens": "maxBatchedTokens",
  "--gpu-memory-utilization": "gpuMemoryUtilization",
  "--enable-prefix-caching": "prefixCache",
  "--enable-chunked-prefill": "chunkedPrefill",
  "--enable-lora": "adapters",
  "--lora-modules": "adapters",
  "--max-loras": "adapters",
  "--max-lora-rank": "adapters",
  "--enable-auto-tool-choice": "toolParser",
  "--tool-call-parser": "toolParser",
  "--reasoning-parser": "reasoningParser",
  "--shutdown-timeout": "drain.graceMs",
} as const;

const REFUSED = {
  "--host": "the port is the platform's",
  "--port": "the port is the platform's",
  "--uds": "the port is the platform's",
  "--config": "a file could set anything",
  "--disable-access-log-for-endpoints": "the platform sets it",
  "--trust-remote-code": "code of the repository would run in the pod",
  "--allowed-local-media-path": "callers could read files of the pod",
  "--api-key": "keys belong to the gateway, and stand in clear in the pod",
  "--hf-token": "it would stand in clear in the pod; name a Secret in `model.tokenSecret`",
  "--root-path": "the gateway asks for /v1",
  "--data-parallel-size": "more pods are `replicas`",
  "--speculative-config": "the check of the memory knows no draft model",
  "--disable-log-stats": "autoscaling reads the metrics",
};

type Problem = { readonly path: readonly (string | number)[]; readonly want: string };

function findVllmProblems(it: VllmSettings): Problem[] {
  const { gpu, tensorParallel = gpu.count } = it;
  const needed = it.chunkedPrefill ? it.maxSequences : Math.max(it.maxSequences, it.maxModelLength);
  const share = largestShare(gpu);
  const checks: readonly (readonly [boolean, string, string])[] = [
    [tensorParallel === gpu.count, "tensorParallel", `${gpu.count}, as each pod has that many GPUs`],
    [
      it.maxBatchedTokens >= needed,
      "maxBatchedTokens",
      `at least ${needed}, as one pass must hold that much`,
    ],
    [
      it.gpuMemoryUtilization <= share,
      "gpuMemoryUtilization",
      `at most ${share.toFixed(2)}, the pod's slice`,
    ],
    [
      it.quantization !== "compressed-tensors" || it.modelShape.weightBits !== undefined,
      "modelShape.weightBits",
      "the bits of a weight, as compressed-tensors has many forms",
    ],
  ];
  return [
    ...checks.filter(([isRight]) => !isRight).map(([, path, want]) => ({ path: path.split("."), want })),
    ...findArgProblems(it.extraArgs, { settings: VLLM_FLAGS, refused: REFUSED }),
  ];
}
