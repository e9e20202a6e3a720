// The engine on llama.cpp: weights loaded once, one context with many sequences that share each batch.
import {
  getLlama,
  type Llama,
  type LlamaContext,
  type LlamaContextSequence,
  type LlamaModel,
  type Token,
} from "node-llama-cpp";
import {
  type EngineEvent,
  EngineFault,
  type EngineStatus,
  type GenerateRequest,
} from "../../contract/generation.ts";
import { faults } from "../../contract/openai/fault.ts";
import type { BuiltInTemplate } from "../../core/chat/chat-templates.ts";
import { chooseBatchTokens } from "../../core/schedule/batch-tokens.ts";
import type { Engine } from "../../ports.ts";
import { createGrammarBook, type GrammarBook } from "./answer-grammar.ts";
import { checkBias, generateTokens } from "./generate-tokens.ts";
import { createLockstep, type Lockstep } from "./lockstep.ts";
import { ModelError } from "./model-error.ts";
import { chooseTemplate, type RenderChat, toPromptTokens, vocabularySize } from "./prompt-tokens.ts";
import { createSamplerReclaim, type SamplerReclaim } from "./reclaim-samplers.ts";
import { createSequencePool, type SequencePool } from "./sequence-pool.ts";
import { verifyModel } from "./verify-model.ts";

export type LlamaSettings = {
  readonly path: string;
  readonly sha256: string;
  readonly contextTokens: number;
  readonly sequences: number;
  readonly queueLimit: number;
  readonly threads: number;
  readonly batchTokens: "auto" | number;
  readonly chatTemplate: "model" | BuiltInTemplate;
  readonly log: (level: string, message: string) => void;
};

type Loaded = {
  readonly settings: LlamaSettings;
  readonly model: LlamaModel;
  readonly context: LlamaContext;
  readonly sequences: readonly LlamaContextSequence[];
  readonly pool: SequencePool<LlamaContextSequence>;
  readonly render: RenderChat;
  readonly grammars: GrammarBook;
  readonly lockstep: Lockstep;
  readonly samplers: SamplerReclaim;
};

/** Verifies, loads and warms up; rejects with a ModelError. */
export async function loadLlama(settings: LlamaSettings): Promise<Engine> {
  await verifyModel(settings.path, settings.sha256);
  const loaded = await load(settings);
  const work = { pending: 0, lastMoveMs: performance.now() };
  const moved = (): void => {
    work.lastMoveMs = performance.now();
  };
  const engine: Engine = {
    async *generate(request, signal) {
      if (work.pending === 0) moved();
      work.pending += 1;
      try {
        yield* answer(loaded, request, { signal, moved });
      } finally {
        work.pending -= 1;
      }
    },
    status: () => statusOf(loaded, work.pending === 0 ? 0 : performance.now() - work.lastMoveMs),
    close: async () => {
      await loaded.context.dispose();
      await loaded.model.dispose();
    },
  };
  await warmUp(loaded);
  return engine;
}

async function load(settings: LlamaSettings): Promise<Loaded> {
  const logger = (level: string, message: string): void => settings.log(level, message.trim());
  let llama: Llama;
  let model: LlamaModel;
  let context: LlamaContext;
  try {
    llama = await getLlama({
      gpu: "auto",
      build: "never",
      progressLogs: false,
      maxThreads: settings.threads,
      logger,
    });
    model = await llama.loadModel({ modelPath: settings.path });
    // The full cache of sliding-window layers costs memory, but without it no prefix can be used again.
    const sizes = {
      sequences: settings.sequences,
      contextSize: settings.contextTokens,
      batchSize:
        settings.batchTokens === "auto" ? chooseBatchTokens(vocabularySize(model)) : settings.batchTokens,
    };
    context = await model.createContext({ ...sizes, threads: settings.threads, swaFullCache: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ModelError(
      "model.load",
      `${settings.path}: the engine cannot load it with ${settings.sequences} sequences of ${settings.contextTokens} tokens: ${reason}`,
    );
  }
  const sequences = Array.from({ length: settings.sequences }, () => context.getSequence());
  const pool = createSequencePool(sequences, settings.queueLimit);
  const render = chooseTemplate(settings.chatTemplate, model);
  const grammars = createGrammarBook(llama, model);
  const samplers = createSamplerReclaim(vocabularySize(model));
  const lockstep = createLockstep();
  return { settings, model, context, sequences, pool, render, grammars, lockstep, samplers };
}

type Run = { readonly signal: AbortSignal; readonly moved: () => void };

async function* answer(loaded: Loaded, request: GenerateRequest, run: Run): AsyncGenerator<EngineEvent> {
  const { model, pool, lockstep, samplers, settings } = loaded;
  checkBias(model, request);
  const prompt = toPromptTokens(model, loaded.render, request.prompt);
  const room = settings.contextTokens - prompt.length;
  if (prompt.length === 0 || room < 1) throw promptFault(request, prompt.length, settings.contextTokens);
  const grammar = await loaded.grammars.start(request.format);
  const sequence = await acquire(pool, prompt, run.signal);
  if (sequence === undefined) return;
  run.moved();
  try {
    const limit = Math.min(room, request.maxTokens ?? room);
    const order = loaded.sequences.indexOf(sequence);
    yield* generateTokens({
      model,
      sequence,
      order,
      lockstep,
      prompt,
      limit,
      request,
      grammar,
      samplers,
      ...run,
    });
  } finally {
    pool.release(sequence);
  }
}

/** Undefined when the caller left before a sequence was free. */
async function acquire(
  pool: Loaded["pool"],
  prompt: readonly Token[],
  signal: AbortSignal,
): Promise<LlamaContextSequence | undefined> {
  const tokens = [...prompt];
  const cachedPrefix = (sequence: LlamaContextSequence): number =>
    sequence.compareContextTokens(tokens).firstDifferentIndex;
  try {
    return await pool.acquire(cachedPrefix, signal);
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}

function promptFault(request: GenerateRequest, got: number, contextTokens: number): EngineFault {
  const param = request.prompt.kind === "chat" ? "messages" : "prompt";
  if (got === 0)
    return new EngineFault(
      faults.invalidField(param, "invalid_value", `Invalid value for '${param}': the prompt is empty.`),
    );
  const limit = `This model's maximum context length is ${contextTokens} tokens, answer included`;
  return new EngineFault(faults.contextLength(`${limit}. However, your prompt has ${got} tokens.`, param));
}

/** Pages the weights in and lets the kernel libraries choose their code before the first caller waits for it. */
async function warmUp({ model, sequences }: Loaded): Promise<void> {
  const [sequence] = sequences;
  const { bos, eos } = model.tokens;
  const token = bos ?? eos ?? model.tokenize("a")[0];
  if (sequence === undefined || token === undefined) return;
  let left = 4;
  for await (const _ of sequence.evaluate(
    Array.from({ length: 32 }, () => token),
    { temperature: 0, yieldEogToken: true },
  )) {
    left -= 1;
    if (left === 0) break;
  }
  await sequence.clearHistory();
}

function statusOf(loaded: Loaded, stalledMs: number): EngineStatus {
  const { model, context, pool, lockstep, sequences, settings } = loaded;
  return {
    sequences: sequences.length,
    sequencesBusy: pool.busy(),
    waiting: pool.waiting(),
    kvTokensUsed: sequences.reduce((sum, sequence) => sum + sequence.nextTokenIndex, 0),
    kvTokens: context.getAllocatedContextSize(),
    kvBytes: kvBytes(model, context.getAllocatedContextSize()),
    modelBytes: model.size,
    threads: settings.threads,
    passes: lockstep.passes(),
    stalledMs,
  };
}

/** 16-bit keys and values of every layer: the cache's whole size, reserved at the start. */
function kvBytes(model: LlamaModel, tokens: number): number {
  const { architectureMetadata } = model.fileInfo;
  const layers = architectureMetadata.block_count ?? 0;
  const { head_count, head_count_kv, key_length, value_length } = architectureMetadata.attention ?? {};
  const heads = firstOf(head_count_kv) ?? firstOf(head_count) ?? 0;
  const fallback = (architectureMetadata.embedding_length ?? 0) / Math.max(1, firstOf(head_count) ?? 1);
  const perHead = (key_length ?? fallback) + (value_length ?? fallback);
  return tokens * layers * heads * perHead * 2;
}

function firstOf(value: number | readonly number[] | undefined): number | undefined {
  return typeof value === "number" ? value : value?.[0];
}
