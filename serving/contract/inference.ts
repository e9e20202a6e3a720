// What an inference engine is asked and what it answers, independent of any wire format.
import type { ModelTensors, Tensor } from "./tensor.ts";

export type InferRequest = {
  readonly inputs: readonly Tensor[];
  /** Names of the outputs wanted, at least one. */
  readonly outputs: readonly string[];
};

/** Vectors of texts, in the order of the texts. */
export type Embeddings = {
  readonly vectors: readonly Float32Array[];
  /** Tokens of all texts, the ones that the tokenizer adds included. */
  readonly tokens: number;
};

export type InferenceStatus = {
  readonly tensors: ModelTensors;
  /** Length of an embedding; undefined for a model without a tokenizer. */
  readonly embeddingSize: number | undefined;
  /** Requests that a pass is computed for. */
  readonly running: number;
  readonly waiting: number;
  /** Passes through the graph since the start. */
  readonly passes: number;
  readonly modelBytes: number;
  readonly threads: number;
  /** Milliseconds since the running pass began; 0 when idle. */
  readonly stalledMs: number;
};
