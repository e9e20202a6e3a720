// The thread that holds the graph: the engine computes a pass on the thread that asks, so it may not be the server's.
import { isMainThread, parentPort, workerData } from "node:worker_threads";
import type { InferenceSession, Tensor as OrtTensor, TypedTensor } from "onnxruntime-node";
import type { ModelTensors, Tensor } from "../../contract/tensor.ts";
import { type Pooling, poolVectors } from "../../core/embed/pool.ts";
import { fromOrtTensor, type Ort, toOrtTensor, toTensorInfo } from "./ort-tensors.ts";

const KIND = "rampa-onnx-session";

/** This module, or in the bundle the one that it is part of, which imports it where it runs as a thread. */
export const threadFile = import.meta.filename;

export type SessionStart = {
  readonly kind: typeof KIND;
  readonly path: string;
  readonly threads: number;
};

export const sessionStart = (path: string, threads: number): SessionStart => ({ kind: KIND, path, threads });

/** How texts become vectors; the lists have one entry a text. */
export type TextBatch = {
  /** Tokens of all texts, one behind the other. */
  readonly tokens: Int32Array;
  readonly lengths: readonly number[];
  readonly padId: number;
  readonly output: string;
  readonly pooling: Pooling;
  readonly normalize: boolean;
};

export type Work =
  | { readonly kind: "tensors"; readonly inputs: readonly Tensor[]; readonly outputs: readonly string[] }
  | { readonly kind: "texts"; readonly batch: TextBatch };

export type Result =
  | { readonly kind: "tensors"; readonly outputs: readonly Tensor[] }
  | { readonly kind: "texts"; readonly vectors: readonly Float32Array[] };

/** The first message says what was loaded or why not; each later one answers one piece of work. */
export type ThreadMessage =
  | { readonly kind: "loaded"; readonly tensors: ModelTensors }
  | { readonly kind: "done"; readonly result: Result }
  | { readonly kind: "failed"; readonly message: string };

type Loaded = { readonly ort: Ort; readonly session: InferenceSession; readonly tensors: ModelTensors };

async function serve(start: SessionStart, port: NonNullable<typeof parentPort>): Promise<void> {
  const post = (message: ThreadMessage): void => port.postMessage(message);
  try {
    const loaded = await load(start);
    port.on("message", (work: Work) => void compute(loaded, work).then(post));
    post({ kind: "loaded", tensors: loaded.tensors });
  } catch (error) {
    post({ kind: "failed", message: messageOf(error) });
  }
}

async function load({ path, threads }: SessionStart): Promise<Loaded> {
  // The library's binding reads 0 bytes from Node's own arrays of halves; where a thread has none, it takes their bits.
  Reflect.deleteProperty(globalThis, "Float16Array");
  const { default: ort } = await import("onnxruntime-node");
  // Faults arrive as errors; the library would write them to the log a second time, in words of its own.
  ort.env.logLevel = "fatal";
  const session = await ort.InferenceSession.create(path, {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: "sequential",
    graphOptimizationLevel: "all",
    logSeverityLevel: 4,
    // Threads that spin while they wait eat the CPU limit of a pod.
    extra: { session: { intra_op: { allow_spinning: "0" } } },
  });
  const tensors = {
    inputs: session.inputMetadata.map(toTensorInfo),
    outputs: session.outputMetadata.filter(({ isTensor }) => isTensor).map(toTensorInfo),
  };
  return { ort, session, tensors };
}

async function compute(loaded: Loaded, work: Work): Promise<ThreadMessage> {
  try {
    const result: Result =
      work.kind === "tensors"
        ? { kind: "tensors", outputs: await runTensors(loaded, work.inputs, work.outputs) }
        : { kind: "texts", vectors: await runTexts(loaded, work.batch) };
    return { kind: "done", result };
  } catch (error) {
    return { kind: "failed", message: messageOf(error) };
  }
}

async function runTensors(
  { ort, session }: Loaded,
  inputs: readonly Tensor[],
  outputs: readonly string[],
): Promise<Tensor[]> {
  const feeds = Object.fromEntries(inputs.map((input) => [input.name, toOrtTensor(ort, input)]));
  const found = await session.run(feeds, [...outputs]);
  return outputs.flatMap((name) => {
    const tensor = found[name];
    return tensor === undefined ? [] : [fromOrtTensor(name, tensor)];
  });
}

async function runTexts({ ort, session, tensors }: Loaded, batch: TextBatch): Promise<Float32Array[]> {
  const width = Math.max(...batch.lengths);
  const filled = fill(batch, width);
  const feeds: Record<string, OrtTensor> = {};
  for (const { name, datatype } of tensors.inputs) {
    const values = filled[name] ?? new Int32Array(batch.lengths.length * width);
    feeds[name] =
      datatype === "INT32"
        ? new ort.Tensor("int32", values, [batch.lengths.length, width])
        : new ort.Tensor("int64", BigInt64Array.from(values, BigInt), [batch.lengths.length, width]);
  }
  const { [batch.output]: output } = await session.run(feeds, [batch.output]);
  // The engine chose an output of this type when it was loaded.
  const { data, dims } = output as TypedTensor<"float32">;
  const [tokens = 1, size = 1] = dims.length === 3 ? dims.slice(1) : [1, dims[1] ?? 1];
  return poolVectors({ values: data, tokens, size }, batch.lengths, batch);
}

/** Token ids and their mask, every text filled up to `width`; all other inputs are zeros. */
function fill({ tokens, lengths, padId }: TextBatch, width: number): Readonly<Record<string, Int32Array>> {
  const ids = new Int32Array(lengths.length * width).fill(padId);
  const mask = new Int32Array(lengths.length * width);
  let from = 0;
  for (const [text, length] of lengths.entries()) {
    ids.set(tokens.subarray(from, from + length), text * width);
    mask.fill(1, text * width, text * width + length);
    from += length;
  }
  return { input_ids: ids, attention_mask: mask };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const isStart = (data: unknown): data is SessionStart =>
  typeof data === "object" && data !== null && Reflect.get(data, "kind") === KIND;

if (!isMainThread && parentPort !== null && isStart(workerData)) await serve(workerData, parentPort);
