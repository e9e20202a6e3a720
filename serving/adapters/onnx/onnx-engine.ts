// The engine on ONNX Runtime: verified files, the graph on its own thread, texts and tensors behind one queue.
import { mkdtemp, rm, stat, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EngineFault } from "../../contract/generation.ts";
import type { InferenceStatus } from "../../contract/inference.ts";
import { faults } from "../../contract/openai/fault.ts";
import type { TensorInfo } from "../../contract/tensor.ts";
import type { Pooling } from "../../core/embed/pool.ts";
import type { InferenceEngine } from "../../ports.ts";
import { hashFile } from "../artefact/verify-file.ts";
import { ModelError } from "../llama/model-error.ts";
import { type Compute, PassQueue } from "./pass-queue.ts";
import { openSession, PassError, type Session } from "./session.ts";
import { readTokenizer, type TextTokenizer } from "./text-tokens.ts";

export type VerifiedFile = { readonly path: string; readonly sha256: string };

export type OnnxSettings = {
  readonly graph: VerifiedFile;
  /** Files that the graph refers to by name. */
  readonly externalData: readonly (VerifiedFile & { readonly location: string })[];
  readonly embeddings:
    | {
        readonly tokenizer: VerifiedFile;
        readonly pooling: "mean" | "cls";
        readonly normalize: boolean;
        readonly maxTokens: number;
      }
    | undefined;
  readonly threads: number;
  readonly batchTokens: number;
  readonly queueLimit: number;
  readonly deadlineMs: number;
  /** Told when the engine's thread ended by itself. */
  readonly onDeath: (reason: Error) => void;
};

type Embedder = {
  readonly tokenizer: TextTokenizer;
  readonly output: string;
  readonly pooling: Pooling;
  readonly normalize: boolean;
};

/** Verifies, loads and warms up; rejects with a ModelError. */
export async function loadOnnx(settings: OnnxSettings): Promise<InferenceEngine> {
  const { graph, externalData, embeddings, threads } = settings;
  const files = [graph, ...externalData, ...(embeddings === undefined ? [] : [embeddings.tokenizer])];
  const sizes = await Promise.all(files.map(verifyFile));
  const session = await openLinked(settings);
  try {
    const embedder = embeddings && (await toEmbedder(session, embeddings));
    const queue = new PassQueue({ ...settings, compute: computeOn(session, embedder) });
    const embeddingSize = embedder && (await warmUp(queue, embedder));
    const status = (): InferenceStatus => ({
      tensors: session.tensors,
      embeddingSize,
      running: queue.running,
      waiting: queue.waiting,
      passes: queue.passes,
      modelBytes: sizes.reduce((sum, bytes) => sum + bytes, 0),
      threads,
      stalledMs: queue.stalledMs,
    });
    return {
      infer: (request, signal) => queue.admit(signal, (bounded) => queue.tensors(request, bounded)),
      embed:
        embedder &&
        ((texts, signal) =>
          queue.admit(signal, (bounded) => embed(queue, embedder, { texts, signal: bounded }))),
      status,
      close: session.close,
    };
  } catch (error) {
    await session.close();
    throw error;
  }
}

type Texts = { readonly texts: readonly string[]; readonly signal: AbortSignal };

async function embed(queue: PassQueue, { tokenizer }: Embedder, { texts, signal }: Texts) {
  const tokens = await tokenizer.tokenize(texts, signal);
  const vectors = await queue.texts(tokens, signal);
  return { vectors, tokens: tokens.reduce((sum, { length }) => sum + length, 0) };
}

/** The size of the file. */
async function verifyFile({ path, sha256 }: VerifiedFile): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || !found.isFile()) {
    const want = `want the file with sha256 ${sha256}; run the fetch role first`;
    throw new ModelError("model.missing", `${path}: got no file, ${want}`);
  }
  const digest = await hashFile(path);
  if (digest === sha256) return found.size;
  throw new ModelError("model.checksum", `${path}: got sha256 ${digest}, want sha256 ${sha256}`);
}

/** The graph finds its weights by name beside it, and in the cache files are named after their content. */
async function openLinked({ graph, externalData, threads, onDeath }: OnnxSettings): Promise<Session> {
  const folder = await mkdtemp(join(tmpdir(), "rampa-onnx-"));
  try {
    const path = join(folder, "model.onnx");
    await symlink(graph.path, path);
    for (const { path: target, location } of externalData) await symlink(target, join(folder, location));
    return await openSession({ path, threads, onDeath });
  } finally {
    // Everything is mapped by now.
    await rm(folder, { recursive: true, force: true });
  }
}

const TEXT_INPUTS: ReadonlySet<string> = new Set(["input_ids", "attention_mask", "token_type_ids"]);
/** Names by which exporters call the vectors, the one of a whole text first. */
const TEXT_OUTPUTS = ["sentence_embedding", "last_hidden_state", "token_embeddings"];

async function toEmbedder(
  { tensors }: Session,
  { tokenizer, pooling, normalize, maxTokens }: NonNullable<OnnxSettings["embeddings"]>,
): Promise<Embedder> {
  const strange = tensors.inputs.filter(
    ({ name, datatype }) => !TEXT_INPUTS.has(name) || (datatype !== "INT64" && datatype !== "INT32"),
  );
  if (strange.length > 0 || !tensors.inputs.some(({ name }) => name === "input_ids")) {
    const got = tensors.inputs.map(({ name, datatype }) => `${name} (${datatype})`).join(", ");
    const want = `integers in input_ids and at most ${[...TEXT_INPUTS].slice(1).join(", ")}`;
    throw new ModelError("model.load", `the graph of embeddings has the inputs ${got}, want ${want}`);
  }
  const output = chooseOutput(tensors.outputs);
  return {
    tokenizer: await readTokenizer(tokenizer.path, maxTokens),
    output: output.name,
    pooling: output.shape.length === 2 ? "none" : pooling,
    normalize,
  };
}

function chooseOutput(outputs: readonly TensorInfo[]): TensorInfo {
  const vectors = outputs.filter(
    ({ datatype, shape }) => datatype === "FP32" && (shape.length === 2 || shape.length === 3),
  );
  const named = TEXT_OUTPUTS.flatMap((name) => vectors.filter((output) => output.name === name));
  const output = named[0] ?? vectors[0];
  if (output !== undefined) return output;
  throw new ModelError("model.load", "the graph of embeddings has no output of FP32 vectors");
}

function computeOn(session: Session, embedder: Embedder | undefined): Compute {
  return {
    async tensors({ inputs, outputs }) {
      const result = await session.run({ kind: "tensors", inputs, outputs }).catch(refuseInput);
      return result.kind === "tensors" ? result.outputs : [];
    },
    async texts(texts) {
      if (embedder === undefined) return [];
      const { output, pooling, normalize, tokenizer } = embedder;
      const tokens = Int32Array.from(texts.flat());
      const lengths = texts.map(({ length }) => length);
      const batch = { tokens, lengths, padId: tokenizer.padId, output, pooling, normalize };
      const result = await session.run({ kind: "texts", batch });
      return result.kind === "texts" ? result.vectors : [];
    },
  };
}

/** Shapes and types were checked before: what still goes wrong are values, e.g. an index outside of a table. */
function refuseInput(error: unknown): never {
  if (error instanceof PassError)
    throw new EngineFault(faults.inputRefused(`The model refused the input: ${error.message}`));
  throw error;
}

/** Pages the weights in and tells the length of a vector. */
async function warmUp(queue: PassQueue, embedder: Embedder): Promise<number> {
  const { signal } = new AbortController();
  const { vectors } = await embed(queue, embedder, { texts: ["warm up"], signal }).catch((error: unknown) => {
    if (!(error instanceof PassError)) throw error;
    throw new ModelError("model.load", `the graph computes no embeddings: ${error.message}`);
  });
  return vectors[0]?.length ?? 0;
}
