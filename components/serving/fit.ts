// Whether a version's model fits the GPUs of its pool: its settings and the GPU's memory → problems with their paths.
import { checkFit, type MemoryOptions } from "../contract/model-memory.ts";
import { memoryOfGpu } from "../kit/gpu.ts";
import type { VersionSettings } from "./serving.args.ts";
import type { TgiSettings } from "./tgi.args.ts";
import type { VllmSettings } from "./vllm.args.ts";

export type FitProblem = { readonly path: readonly string[]; readonly want: string };

/**
 * Bits of a weight by quantisation: with groups of 128 weights, four bits have a 16-bit scale and a 4-bit zero each;
 * NVFP4 has an 8-bit scale for every 16.
 */
const WEIGHT_BITS: Readonly<Record<VllmSettings["quantization"] | TgiSettings["quantize"], number>> = {
  none: 16,
  awq: 4.16,
  gptq: 4.16,
  marlin: 4.16,
  fp8: 8,
  modelopt: 8,
  modelopt_fp4: 4.5,
  eetq: 8,
  bitsandbytes: 8,
  "bitsandbytes-nf4": 4.5,
  "compressed-tensors": 16,
};

/** What is wrong with serving the version on GPUs of `memoryGib`; engines that declare no shape are not judged. */
export function findFitProblems(version: VersionSettings, gpu: { readonly memoryGib: number }): FitProblem[] {
  if (version.engine === "llama" || version.engine === "onnx") return [];
  const memory = {
    memoryGib: memoryOfGpu(version.gpu, gpu.memoryGib),
    utilization: version.gpuMemoryUtilization,
  };
  const options = version.engine === "vllm" ? vllmMemory(version) : tgiMemory(version);
  return checkFit(version.modelShape, memory, options).map((want) => ({ path: ["modelShape"], want }));
}

function vllmMemory(version: VllmSettings): MemoryOptions {
  const { quantization, dtype, kvCacheDtype, modelShape } = version;
  const typeBits = dtype === "float32" ? 32 : 16;
  return {
    weightBits: modelShape.weightBits ?? (quantization === "none" ? typeBits : WEIGHT_BITS[quantization]),
    kvCacheBits: kvCacheDtype === "auto" ? typeBits : 8,
    contextTokens: version.maxModelLength,
    fullSequences: version.fullSequences,
    maxSequences: version.maxSequences,
    batchTokens: version.maxBatchedTokens,
    tensorParallel: version.gpu.count,
    adapters: adapterSlots(version),
  };
}

function tgiMemory(version: TgiSettings): MemoryOptions {
  return {
    weightBits: version.modelShape.weightBits ?? WEIGHT_BITS[version.quantize],
    kvCacheBits: version.kvCacheDtype === undefined ? 16 : 8,
    contextTokens: version.maxTotalTokens,
    fullSequences: version.fullSequences,
    maxSequences: version.maxConcurrentRequests,
    batchTokens: version.maxBatchPrefillTokens,
    tensorParallel: version.gpu.count,
    adapters: adapterSlots(version),
  };
}

function adapterSlots({ adapters }: VllmSettings | TgiSettings): { count: number; rank: number } {
  return { count: adapters.length, rank: Math.max(0, ...adapters.map(({ maxRank }) => maxRank)) };
}
