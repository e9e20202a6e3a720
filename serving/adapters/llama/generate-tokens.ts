// Generates the tokens of one answer on one sequence: prefill what is not cached, then one token after the other.
import {
  type LlamaContextSequence,
  type LlamaGrammarEvaluationState,
  type LlamaModel,
  type Token,
  TokenBias,
} from "node-llama-cpp";
import {
  type EngineEvent,
  EngineFault,
  type GenerateRequest,
  type TokenLogprob,
} from "../../contract/generation.ts";
import { faults } from "../../contract/openai/fault.ts";
import { createChances, logprobOf, type RawLogits, sampleToken } from "../../core/chat/sample-token.ts";
import type { Lockstep } from "./lockstep.ts";
import { vocabularySize } from "./prompt-tokens.ts";
import type { SamplerReclaim } from "./reclaim-samplers.ts";
import { createTextDecoder } from "./text-decoder.ts";

export type TokenJob = {
  readonly model: LlamaModel;
  readonly sequence: LlamaContextSequence;
  /** The number of the sequence within its context. */
  readonly order: number;
  readonly lockstep: Lockstep;
  readonly prompt: readonly Token[];
  readonly limit: number;
  readonly request: GenerateRequest;
  readonly grammar: LlamaGrammarEvaluationState | undefined;
  readonly signal: AbortSignal;
  readonly samplers: SamplerReclaim;
  /** Told after each step of work, so that a wedged engine can be told from a busy one. */
  readonly moved: () => void;
};

/** Tokens of a prompt that are evaluated between two looks at the abort signal. */
const PREFILL_CHUNK = 512;
/** The most tokens of a prompt that the first step evaluates, because all other answers wait for it. */
const FIRST_STEP = 64;
/** Candidates read for log probabilities; sampling with them considers no more than these. */
const READ_CANDIDATES = 256;

type Step = {
  readonly token: Token;
  readonly logprob?: TokenLogprob & { readonly top: readonly TokenLogprob[] };
};

export async function* generateTokens(job: TokenJob): AsyncGenerator<EngineEvent> {
  const rest = await dropOtherCache(job);
  yield { kind: "prompt", promptTokens: job.prompt.length, cachedTokens: job.prompt.length - rest.length };
  const last = await prefill(job, rest);
  if (job.signal.aborted) return;
  const decoder = createTextDecoder(job.model.tokenizer, job.prompt);
  const steps =
    job.request.topLogprobs === undefined
      ? sampleInEngine(job, last)
      : sampleWithLogprobs(job, last, job.request.topLogprobs);
  let made = 0;
  for await (const step of steps) {
    job.moved();
    if (job.signal.aborted) return;
    made += 1;
    const text = decoder.push(step.token);
    yield step.logprob === undefined
      ? { kind: "token", text }
      : { kind: "token", text, logprob: step.logprob };
    if (made >= job.limit) {
      yield { kind: "end", reason: "length" };
      return;
    }
  }
  yield { kind: "end", reason: "stop" };
}

/** Keeps the cached prefix that the prompt shares and returns what is left to evaluate: at least the last token. */
async function dropOtherCache({ sequence, prompt }: TokenJob): Promise<Token[]> {
  await sequence.adaptStateToTokens(prompt.slice(0, -1), false);
  return prompt.slice(sequence.nextTokenIndex);
}

/** Evaluates all but the last piece, which the first sampled token needs. Others generate meanwhile. */
async function prefill(job: TokenJob, tokens: Token[]): Promise<Token[]> {
  let left = tokens;
  while (left.length > FIRST_STEP && !job.signal.aborted) {
    const chunk = left.slice(0, Math.min(PREFILL_CHUNK, left.length - 1));
    await job.sequence.evaluateWithoutGeneratingNewTokens(chunk);
    job.moved();
    left = left.slice(chunk.length);
  }
  return left;
}

async function* sampleInEngine(job: TokenJob, last: Token[]): AsyncGenerator<Step> {
  const { sampling } = job.request;
  const made: Token[] = [];
  const hasPenalty = sampling.frequencyPenalty !== 0 || sampling.presencePenalty !== 0;
  job.samplers.made();
  const tokens = job.sequence.evaluate(last, {
    temperature: sampling.temperature,
    topP: sampling.topP,
    topK: sampling.topK,
    minP: sampling.minP,
    seed: sampling.seed ?? randomSeed(),
    ...(job.grammar === undefined ? {} : { grammarEvaluationState: job.grammar }),
    ...(hasPenalty ? { repeatPenalty: penaltiesOf(job, made) } : {}),
    ...biasOf(job),
  });
  try {
    for (;;) {
      const next = await job.lockstep.step(job.order, () => tokens.next());
      if (next.done) return;
      if (hasPenalty) made.push(next.value);
      yield { token: next.value };
    }
  } finally {
    await tokens.return();
  }
}

/** Reads raw logits and draws by our own seeded chances, since the engine's sampler shows only what truncation left. */
async function* sampleWithLogprobs(job: TokenJob, last: Token[], top: number): AsyncGenerator<Step> {
  const { sampling } = job.request;
  const nextChance = createChances(sampling.seed ?? randomSeed());
  const made: Token[] = [];
  let input = last;
  for (;;) {
    const raw = await job.lockstep.step(job.order, () => readLogits(job, input, made));
    const chosen = sampleToken(raw, sampling, nextChance());
    if (chosen === undefined) return;
    // The engine's own token ids came back as plain numbers.
    const token = chosen.tokenId as Token;
    if (job.model.isEogToken(token)) return;
    const name = (id: number): string => job.model.detokenize([id as Token], true);
    const report = (candidate: typeof chosen): TokenLogprob => ({
      token: name(candidate.tokenId),
      logprob: logprobOf(raw, candidate),
    });
    yield { token, logprob: { ...report(chosen), top: raw.best.slice(0, top).map(report) } };
    made.push(token);
    input = [token];
  }
}

async function readLogits(
  job: TokenJob,
  input: readonly Token[],
  made: readonly Token[],
): Promise<RawLogits> {
  const { sampling } = job.request;
  const hasPenalty = sampling.frequencyPenalty !== 0 || sampling.presencePenalty !== 0;
  const options = {
    temperature: 0,
    ...(hasPenalty ? { repeatPenalty: penaltiesOf(job, made) } : {}),
    ...biasOf(job),
  };
  const want = {
    logits: { filter: { tokens: [], includeTop: READ_CANDIDATES } },
    totalLogitWeight: true,
    token: true,
    options,
  };
  const items = input.map((token, index) =>
    index === input.length - 1 ? ([token, { generateNext: want }] as [Token, object]) : token,
  );
  job.samplers.made();
  const output = (await job.sequence.controlledEvaluate(items)).at(-1)?.next;
  const best = [...(output?.logits ?? [])]
    .map(([tokenId, logit]) => ({ tokenId, logit }))
    .sort((a, b) => b.logit - a.logit);
  return { best, totalWeight: output?.totalLogitWeight ?? 1 };
}

type Penalties = {
  punishTokens: () => Token[];
  maxPunishTokens: number;
  penalty: number;
  frequencyPenalty: number;
  presencePenalty: number;
};

function penaltiesOf({ limit, request: { sampling } }: TokenJob, made: readonly Token[]): Penalties {
  const { frequencyPenalty, presencePenalty } = sampling;
  return {
    punishTokens: () => [...made],
    maxPunishTokens: limit,
    penalty: 1,
    frequencyPenalty,
    presencePenalty,
  };
}

function biasOf({ model, request: { sampling } }: TokenJob): { tokenBias?: TokenBias } {
  if (sampling.logitBias.length === 0) return {};
  const tokenBias = TokenBias.for(model);
  // Checked against the vocabulary before the job began.
  for (const { tokenId, bias } of sampling.logitBias) tokenBias.set(tokenId as Token, { logit: bias });
  return { tokenBias };
}

/** Fails with an EngineFault on a bias for a token that does not exist. */
export function checkBias(model: LlamaModel, { sampling }: GenerateRequest): void {
  const size = vocabularySize(model);
  const outside = sampling.logitBias.find(({ tokenId }) => tokenId >= size);
  if (outside === undefined) return;
  const message = `Invalid value for 'logit_bias': token ids must be below ${size}.`;
  throw new EngineFault(faults.invalidField(`logit_bias.${outside.tokenId}`, "invalid_value", message));
}

function randomSeed(): number {
  return Math.floor(Math.random() * 2 ** 32);
}
