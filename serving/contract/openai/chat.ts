// Wire types of POST /v1/chat/completions: the request as a schema, the answer and its stream chunks as types.
import { z } from "zod";
import { model, optional, samplingFields } from "./request-fields.ts";
import type { FinishReason, Usage } from "./usage.ts";

const textPart = z.looseObject({
  type: z.literal("text", "expected a part of type 'text'"),
  text: z.string("expected a string"),
});

/** Content is a text, or a list of text parts. */
const content = z.union(
  [z.string(), z.array(textPart)],
  "expected a string or a list of parts of type 'text'",
);

export const chatMessage = z.looseObject(
  {
    role: z.enum(
      ["system", "developer", "user", "assistant", "tool"],
      "expected one of system, developer, user, assistant, tool",
    ),
    content: content.nullish(),
    name: z.string("expected a string").nullish(),
  },
  "expected an object",
);

const responseFormat = z.discriminatedUnion(
  "type",
  [
    z.looseObject({ type: z.literal("text") }),
    z.looseObject({ type: z.literal("json_object") }),
    z.looseObject({
      type: z.literal("json_schema"),
      json_schema: z.looseObject({
        name: z.string("expected a string"),
        schema: z.record(z.string(), z.unknown(), "expected a JSON Schema object"),
        strict: z.boolean("expected true or false").nullish(),
      }),
    }),
  ],
  "expected a type of text, json_object or json_schema",
);

/** What a model server checks of a chat request; unknown fields pass. */
export const chatRequest = z.looseObject({
  model,
  messages: z.array(chatMessage, "expected a list of messages").min(1, "expected at least one message"),
  ...samplingFields,
  max_completion_tokens: samplingFields.max_tokens,
  response_format: optional(responseFormat),
  logprobs: optional(z.boolean("expected true or false")),
  top_logprobs: optional(z.int("expected an integer").min(0).max(20)),
  tools: optional(z.array(z.unknown(), "expected a list")),
  tool_choice: z.unknown().optional(),
});

export type ChatRequest = z.output<typeof chatRequest>;

type TokenLogprob = {
  readonly token: string;
  readonly logprob: number;
  readonly bytes: readonly number[] | null;
};
export type ChatLogprobs = {
  readonly content: readonly (TokenLogprob & { readonly top_logprobs: readonly TokenLogprob[] })[] | null;
};

export type ChatCompletion = {
  readonly id: string;
  readonly object: "chat.completion";
  /** Unix seconds. */
  readonly created: number;
  readonly model: string;
  readonly system_fingerprint?: string;
  readonly choices: readonly {
    readonly index: number;
    readonly message: {
      readonly role: "assistant";
      readonly content: string | null;
      readonly refusal: string | null;
    };
    readonly logprobs: ChatLogprobs | null;
    readonly finish_reason: FinishReason;
  }[];
  readonly usage: Usage;
};

/** One `data:` frame of a streamed answer; the last one before `[DONE]` has no choices and the usage. */
export type ChatCompletionChunk = {
  readonly id: string;
  readonly object: "chat.completion.chunk";
  readonly created: number;
  readonly model: string;
  readonly system_fingerprint?: string;
  readonly choices: readonly {
    readonly index: number;
    readonly delta: { readonly role?: "assistant"; readonly content?: string };
    readonly logprobs?: ChatLogprobs | null;
    readonly finish_reason: FinishReason | null;
  }[];
  readonly usage?: Usage | null;
};
