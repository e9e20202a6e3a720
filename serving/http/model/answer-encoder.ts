// What the endpoints differ in once an answer is made: the JSON of its pieces.
import type { FinishReason, Usage } from "../../contract/openai/usage.ts";
import type { TokenReport } from "../../core/chat/answer-events.ts";

export type AnswerHead = {
  readonly id: string;
  /** Unix seconds. */
  readonly created: number;
  readonly model: string;
  readonly includeUsage: boolean;
};

export type WholeAnswer = {
  readonly text: string;
  readonly logprobs: readonly TokenReport[];
  readonly finishReason: FinishReason;
  readonly usage: Usage;
};

export type AnswerEncoder = {
  readonly idPrefix: string;
  readonly start: (head: AnswerHead) => readonly object[];
  readonly delta: (head: AnswerHead, text: string, logprobs: readonly TokenReport[]) => object;
  readonly finish: (head: AnswerHead, reason: FinishReason) => object;
  readonly usage: (head: AnswerHead, usage: Usage) => object;
  readonly whole: (head: AnswerHead, answer: WholeAnswer) => object;
};
