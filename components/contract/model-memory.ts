// How much GPU memory a language model takes while it is served: weights, KV cache, working memory. Pure estimates.

/** The figures of a decoder model that decide its memory; all but the first stand in its `config.json`. */
export type ModelShape = {
  readonly parametersBillions: number;
  readonly layers: number;
  /** Heads that keys and values are kept for; fewer than attention heads with grouped-query attention. */
  readonly kvHeads: number;
  readonly headDim: number;
  readonly hiddenSize: number;
  readonly vocabularySize: number;
  /** Whether input and output embeddings are one table. */
  readonly tiedEmbeddings: boolean;
};

export type MemoryOptions = {
  /** Bits of one weight outside of the embeddings, scales of the quantisation included. */
  readonly weightBits: number;
  readonly kvCacheBits: number;
  /** Longest sequence, prompt and answer together. */
  readonly contextTokens: number;
  /** Sequences of that length whose keys and values must fit at once. */
  readonly fullSequences: number;
  /** Sequences in one pass; the logits of each are held. */
  readonly maxSequences: number;
  /** Tokens in one pass. */
  readonly batchTokens: number;
  /** GPUs that share every layer. */
  readonly tensorParallel: number;
  readonly adapters?: { readonly count: number; readonly rank: number };
};

/** Of each GPU, in GiB. */
export type MemoryEstimate = {
  readonly weightsGib: number;
  readonly kvCacheGib: number;
  /** Activations of the largest pass, logits, LoRA slots, CUDA context, CUDA graphs and communication buffers. */
  readonly overheadGib: number;
  readonly totalGib: number;
};

const GIB = 2 ** 30;
const BITS_OF_EMBEDDINGS = 16;
/** CUDA context, captured graphs, NCCL buffers: 0.3 to 1 GiB in what vLLM logs. */
const FIXED_GIB = 1;
/** Values of a hidden state's width that a pass holds for each token: the MLP's two inner states and the residuals. */
const WIDTHS_PER_TOKEN = 12;
/** Logits in 16 bits, in 32 bits for sampling, and their sorted copy. */
const BYTES_PER_LOGIT = 10;
/** Inputs and outputs of all linear layers of a block, in hidden widths: what a LoRA adapter has a rank for. */
const ADAPTED_WIDTHS = 20;

/** What one GPU holds. Models with experts count all of them; those with latent attention take less than this says. */
export function estimateMemory(shape: ModelShape, options: MemoryOptions): MemoryEstimate {
  const weightsGib = weightBytes(shape, options) / options.tensorParallel / GIB;
  const tokens = options.contextTokens * options.fullSequences;
  const kvCacheGib = (kvBytesPerToken(shape, options) * tokens) / GIB;
  const overheadGib = FIXED_GIB + workingBytes(shape, options) / GIB;
  return { weightsGib, kvCacheGib, overheadGib, totalGib: weightsGib + kvCacheGib + overheadGib };
}

/** Quantisers leave the embeddings in 16 bits, which is a fifth of a small model. */
function weightBytes(shape: ModelShape, { weightBits }: MemoryOptions): number {
  const parameters = shape.parametersBillions * 1e9;
  const tables = shape.tiedEmbeddings ? 1 : 2;
  const embeddings = Math.min(parameters, tables * shape.vocabularySize * shape.hiddenSize);
  const embeddingBits = Math.max(weightBits, BITS_OF_EMBEDDINGS);
  return ((parameters - embeddings) * weightBits + embeddings * embeddingBits) / 8;
}

/** Keys and values of one token on one GPU. With more GPUs than heads, heads are held more than once. */
function kvBytesPerToken(shape: ModelShape, { kvCacheBits, tensorParallel }: MemoryOptions): number {
  const heads = Math.max(1, shape.kvHeads / tensorParallel);
  return (2 * shape.layers * heads * shape.headDim * kvCacheBits) / 8;
}

function workingBytes(shape: ModelShape, options: MemoryOptions): number {
  const activations = options.batchTokens * shape.hiddenSize * WIDTHS_PER_TOKEN * 2;
  const logits = options.maxSequences * shape.vocabularySize * BYTES_PER_LOGIT;
  const { count, rank } = options.adapters ?? { count: 0, rank: 0 };
  return activations + logits + count * rank * shape.layers * shape.hiddenSize * ADAPTED_WIDTHS * 2;
}

/** GPUs of one kind: memory of each, and the share of it that the engine may use. */
export type GpuMemory = { readonly memoryGib: number; readonly utilization: number };

/** Why the model cannot be served so, each with what to change; empty when it fits. */
export function checkFit(shape: ModelShape, gpu: GpuMemory, options: MemoryOptions): readonly string[] {
  return [...checkHeads(shape, options), ...checkMemory(shape, gpu, options)];
}

function checkHeads({ kvHeads }: ModelShape, { tensorParallel }: MemoryOptions): readonly string[] {
  if (kvHeads % tensorParallel === 0 || tensorParallel % kvHeads === 0) return [];
  return [
    `as many GPUs as divide the ${kvHeads} KV heads evenly, or a multiple of them (not ${tensorParallel})`,
  ];
}

function checkMemory(shape: ModelShape, gpu: GpuMemory, options: MemoryOptions): readonly string[] {
  const needs = estimateMemory(shape, options);
  const usable = gpu.memoryGib * gpu.utilization;
  if (needs.totalGib <= usable) return [];
  const parts = `weights ${round(needs.weightsGib)}, KV cache ${round(needs.kvCacheGib)}, overhead ${round(needs.overheadGib)}`;
  const ways = [
    ...fittingGpus(shape, usable, options),
    ...fittingContext(needs, usable, options),
    "fewer bits a weight",
    "GPUs with more memory",
  ];
  return [
    `a model within the ${round(usable)} GiB that the engine may use of each GPU; this one needs ${round(needs.totalGib)} (${parts}). What helps: ${ways.join(", ")}`,
  ];
}

const MOST_GPUS_OF_A_NODE = 8;

/** The next number of GPUs that would do, if one node can have as many. */
function fittingGpus(shape: ModelShape, usable: number, options: MemoryOptions): readonly string[] {
  for (let count = options.tensorParallel * 2; count <= MOST_GPUS_OF_A_NODE; count *= 2) {
    const wider = { ...options, tensorParallel: count };
    if (checkHeads(shape, wider).length === 0 && estimateMemory(shape, wider).totalGib <= usable) {
      return [`${count} GPUs`];
    }
  }
  return [];
}

const SHORTEST_CONTEXT = 1024;

function fittingContext(needs: MemoryEstimate, usable: number, options: MemoryOptions): readonly string[] {
  const left = usable - needs.totalGib + needs.kvCacheGib;
  const tokens = Math.floor((left / needs.kvCacheGib) * options.contextTokens);
  return tokens < SHORTEST_CONTEXT ? [] : [`at most ${tokens} tokens of context`];
}

const round = (gib: number): string => gib.toFixed(1);
