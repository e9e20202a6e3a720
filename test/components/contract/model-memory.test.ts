// Model memory: estimates against what vendors and engines publish, and refusals that say what would help.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  checkFit,
  estimateMemory,
  type MemoryOptions,
  type ModelShape,
} from "../../../components/contract/model-memory.ts";

const LLAMA_8B: ModelShape = {
  parametersBillions: 8.03,
  layers: 32,
  kvHeads: 8,
  headDim: 128,
  hiddenSize: 4096,
  vocabularySize: 128_256,
  tiedEmbeddings: false,
};
const LLAMA_70B: ModelShape = { ...LLAMA_8B, parametersBillions: 70.55, layers: 80, hiddenSize: 8192 };
const QWEN_HALF_B: ModelShape = {
  parametersBillions: 0.494,
  layers: 24,
  kvHeads: 2,
  headDim: 64,
  hiddenSize: 896,
  vocabularySize: 151_936,
  tiedEmbeddings: true,
};

const options: MemoryOptions = {
  weightBits: 16,
  kvCacheBits: 16,
  contextTokens: 8192,
  fullSequences: 1,
  maxSequences: 64,
  batchTokens: 8192,
  tensorParallel: 1,
};

describe("weights", () => {
  it.each([
    ["Llama 3 8B in 16 bits, as vLLM logs it", LLAMA_8B, 16, 14.96],
    ["Llama 3.1 8B in 4 bits (GPTQ, groups of 128), as vLLM logs it", LLAMA_8B, 4.16, 5.35],
    ["Llama 3.1 70B in 8 bits (vLLM pull request 12569)", LLAMA_70B, 8, 67.72],
    ["Qwen2.5 0.5B in 16 bits, the 988 MB of its file", QWEN_HALF_B, 16, 0.92],
  ])("of %s", (_, shape, weightBits, published) => {
    const { weightsGib } = estimateMemory(shape, { ...options, weightBits });
    expect(Math.abs(weightsGib - published)).toBeLessThan(0.01 * published);
  });

  it("are shared evenly by the GPUs", () => {
    const { weightsGib } = estimateMemory(LLAMA_70B, { ...options, tensorParallel: 4 });
    expect(weightsGib).toBeCloseTo(estimateMemory(LLAMA_70B, options).weightsGib / 4, 6);
  });
});

describe("KV cache", () => {
  it.each([
    ["Llama 3.1 8B, 16 thousand tokens (Hugging Face, Llama 3.1)", LLAMA_8B, 16_000, 1.95],
    ["Llama 3.1 8B, 128 thousand tokens (the same)", LLAMA_8B, 128_000, 15.62],
    ["Llama 3.1 70B, 16 thousand tokens (the same)", LLAMA_70B, 16_000, 4.88],
    ["Llama 3.1 70B, 128 thousand tokens (the same)", LLAMA_70B, 128_000, 39.06],
  ])("of %s", (_, shape, contextTokens, published) => {
    const { kvCacheGib } = estimateMemory(shape, { ...options, contextTokens });
    // Published figures are cut or rounded to two digits.
    expect(Math.abs(kvCacheGib - published)).toBeLessThan(0.01);
  });

  it("halves with 8 bits, and with every doubling of GPUs as long as there are heads", () => {
    const gib = (change: Partial<MemoryOptions>): number =>
      estimateMemory(LLAMA_8B, { ...options, ...change }).kvCacheGib;
    expect(gib({ kvCacheBits: 8 })).toBe(gib({}) / 2);
    expect(gib({ tensorParallel: 8 })).toBe(gib({}) / 8);
    expect(gib({ tensorParallel: 16 })).toBe(gib({ tensorParallel: 8 }));
  });
});

describe("overhead", () => {
  it("covers what vLLM logs of Llama 3 8B on an A10G: 0.85 GiB of activations, 0.06 beside, graphs up to 1", () => {
    const { overheadGib } = estimateMemory(LLAMA_8B, { ...options, maxSequences: 256 });
    expect(overheadGib).toBeGreaterThan(0.85 + 0.06);
    expect(overheadGib).toBeLessThan(0.85 + 0.06 + 1.2);
  });

  it("counts a slot for each LoRA adapter: 42 million parameters at rank 16 of Llama 3 8B", () => {
    const adapters = { count: 3, rank: 16 };
    const more =
      estimateMemory(LLAMA_8B, { ...options, adapters }).overheadGib -
      estimateMemory(LLAMA_8B, options).overheadGib;
    expect((more * 2 ** 30) / 3 / 2 / 1e6).toBeCloseTo(41.9, 1);
  });
});

describe("checkFit", () => {
  const memory = (memoryGib: number) => ({ memoryGib, utilization: 0.9 });

  it.each([
    ["8B in 16 bits on an A10G of 22 GiB", LLAMA_8B, 22, {}],
    ["8B in 4 bits on a T4 of 16 GiB", LLAMA_8B, 16, { weightBits: 4.16 }],
    ["70B in 16 bits on four H100 of 80 GiB", LLAMA_70B, 80, { tensorParallel: 4 }],
    ["70B in 4 bits on one H100", LLAMA_70B, 80, { weightBits: 4.16 }],
    ["0.5B on an L4", QWEN_HALF_B, 22, {}],
  ])("takes %s", (_, shape, memoryGib, change) => {
    expect(checkFit(shape, memory(memoryGib), { ...options, ...change })).toEqual([]);
  });

  it("refuses a model that is too large, and says what would help", () => {
    expect(checkFit(LLAMA_70B, memory(80), options)).toEqual([
      "a model within the 72.0 GiB that the engine may use of each GPU; this one needs 136.5 (weights 131.4, KV cache 2.5, overhead 2.6). What helps: 2 GPUs, fewer bits a weight, GPUs with more memory",
    ]);
    expect(checkFit(LLAMA_8B, memory(22), { ...options, contextTokens: 65_536 })).toEqual([
      "a model within the 19.8 GiB that the engine may use of each GPU; this one needs 24.8 (weights 15.0, KV cache 8.0, overhead 1.8). What helps: 2 GPUs, at most 24711 tokens of context, fewer bits a weight, GPUs with more memory",
    ]);
  });

  it("refuses GPUs that the heads cannot be divided among", () => {
    const [problem] = checkFit(LLAMA_8B, memory(80), { ...options, tensorParallel: 3 });
    expect(problem).toBe("as many GPUs as divide the 8 KV heads evenly, or a multiple of them (not 3)");
  });

  it("keeps what it advises: with so many tokens of context, or GPUs, the model fits", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2048, max: 200_000 }),
        fc.integer({ min: 12, max: 80 }),
        (context, gib) => {
          const asked = { ...options, contextTokens: context };
          const [problem = ""] = checkFit(LLAMA_8B, memory(gib), asked);
          const tokens = /at most (\d+) tokens/.exec(problem)?.[1];
          const gpus = /(\d+) GPUs,/.exec(problem)?.[1];
          const tried = [
            ...(tokens === undefined ? [] : [{ ...asked, contextTokens: Number(tokens) }]),
            ...(gpus === undefined ? [] : [{ ...asked, tensorParallel: Number(gpus) }]),
          ];
          for (const better of tried) expect(checkFit(LLAMA_8B, memory(gib), better)).toEqual([]);
        },
      ),
    );
  });
});
