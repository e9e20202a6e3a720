// Wire types of POST /v1/completions: the request as a schema, the answer and its stream chunks as one type.
import { z } from "zod";
import { model, optional, samplingFields } from "./request-fields.ts";
import type { FinishReason, Usage } from "./usage.ts";

/** What a model server checks of a completion request; unknown fields pass. */
export const completionRequest = z.looseObject({
  model,
  prompt: z.union(
    [z.string(), z.array(z.string()).length(1), z.array(z.int().min(0)).min(1)],
    "expected a string, a list of one string or a list of token ids",
  ),
  ...samplingFields,
  echo: optional(z.boolean("expected true or false")),
  logprobs: optional(z.int("expected an integer").min(0).max(5)),
  best_of: optional(z.literal(1, "expected 1; other counts are not supported")),
  suffix: optional(z.literal("", "expected none; this model does not fill in the middle")),
});

export type CompletionRequest = z.output<typeof completionRequest>;

export type CompletionLogprobs = {
  readonly tokens: readonly string[];
  readonly token_logprobs: readonly number[];
  readonly top_logprobs: readonly Readonly<Record<string, number>>[];
  readonly text_offset: readonly number[];
};

/** The whole answer, and each streamed chunk (with `finish_reason: null` until the last). */
export type Completion = {
  readonly id: string;
  readonly object: "text_completion";
  /** Unix seconds. */
  readonly created: number;
  readonly model: string;
  readonly system_fingerprint?: string;
  readonly choices: readonly {
    readonly index: number;
    readonly text: string;
    readonly logprobs: CompletionLogprobs | null;
    readonly finish_reason: FinishReason | null;
  }[];
  readonly usage?: Usage | null;
};
