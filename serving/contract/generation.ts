// What an engine is asked to generate and what it answers, independent of any wire format.
import type { OpenAiFault } from "./openai/fault.ts";

export type ChatMessage = {
  readonly role: "system" | "user" | "assistant" | "tool";
  readonly content: string;
  readonly name?: string;
};

export type Prompt =
  | { readonly kind: "chat"; readonly messages: readonly ChatMessage[] }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "tokens"; readonly tokens: readonly number[] };

export type AnswerFormat =
  | { readonly kind: "text" }
  | { readonly kind: "json" }
  | { readonly kind: "jsonSchema"; readonly schema: Readonly<Record<string, unknown>> };

export type Sampling = {
  /** 0 takes the most probable token every time. */
  readonly temperature: number;
  readonly topP: number;
  /** Number of most probable tokens considered; 0 considers all of them. */
  readonly topK: number;
  readonly minP: number;
  /** Without one, every answer differs. */
  readonly seed: number | undefined;
  readonly frequencyPenalty: number;
  readonly presencePenalty: number;
  readonly logitBias: readonly { readonly tokenId: number; readonly bias: number }[];
};

export type GenerateRequest = {
  readonly prompt: Prompt;
  /** Without it the answer may fill what the prompt leaves of the context. */
  readonly maxTokens: number | undefined;
  readonly sampling: Sampling;
  readonly format: AnswerFormat;
  /** Number of alternatives reported for each token; undefined reports no log probabilities. */
  readonly topLogprobs: number | undefined;
};

export type TokenLogprob = { readonly token: string; readonly logprob: number };

export type EngineEvent =
  | { readonly kind: "prompt"; readonly promptTokens: number; readonly cachedTokens: number }
  | {
      readonly kind: "token";
      /** Empty while the token ends inside a character; the next events carry the whole character. */
      readonly text: string;
      readonly logprob?: TokenLogprob & { readonly top: readonly TokenLogprob[] };
    }
  | { readonly kind: "end"; readonly reason: "stop" | "length" };

export type EngineStatus = {
  readonly sequences: number;
  readonly sequencesBusy: number;
  readonly waiting: number;
  readonly kvTokensUsed: number;
  readonly kvTokens: number;
  readonly kvBytes: number;
  readonly modelBytes: number;
  readonly threads: number;
  /** Passes since the start that each made the next token of all answers under way. */
  readonly passes: number;
  /** Milliseconds since work last moved while work is pending; 0 when idle. */
  readonly stalledMs: number;
};

/** An engine refuses a request or fails it in an expected way. */
export class EngineFault extends Error {
  readonly fault: OpenAiFault;

  constructor(fault: OpenAiFault) {
    super(fault.message);
    this.name = "EngineFault";
    this.fault = fault;
  }
}
