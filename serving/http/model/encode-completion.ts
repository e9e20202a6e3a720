// Answer events to the wire format of completions, whole or as chunks.
import type { Completion, CompletionLogprobs } from "../../contract/openai/completions.ts";
import type { FinishReason } from "../../contract/openai/usage.ts";
import type { TokenReport } from "../../core/chat/answer-events.ts";
import type { AnswerEncoder, AnswerHead } from "./answer-encoder.ts";

export const completionEncoder: AnswerEncoder = {
  idPrefix: "cmpl-",
  start: () => [],
  delta: (head, text, logprobs) => chunk(head, text, { logprobs, reason: null }),
  finish: (head, reason) => chunk(head, "", { logprobs: [], reason }),
  usage: (head, usage) => ({ ...frame(head), choices: [], usage }),
  whole: (head, answer) => ({
    ...frame(head),
    choices: [choice(answer.text, { logprobs: answer.logprobs, reason: answer.finishReason })],
    usage: answer.usage,
  }),
};

type Details = { readonly logprobs: readonly TokenReport[]; readonly reason: FinishReason | null };

function chunk(head: AnswerHead, text: string, details: Details): Completion {
  const plain = { ...frame(head), choices: [choice(text, details)] };
  return head.includeUsage ? { ...plain, usage: null } : plain;
}

function frame({ id, created, model }: AnswerHead): Pick<Completion, "id" | "object" | "created" | "model"> {
  return { id, object: "text_completion", created, model };
}

function choice(text: string, { logprobs, reason }: Details): Completion["choices"][number] {
  return {
    index: 0,
    text,
    logprobs: logprobs.length > 0 ? toLogprobs(logprobs) : null,
    finish_reason: reason,
  };
}

function toLogprobs(reports: readonly TokenReport[]): CompletionLogprobs {
  let offset = 0;
  const offsets = reports.map(({ token }) => {
    const start = offset;
    offset += token.length;
    return start;
  });
  return {
    tokens: reports.map((report) => report.token),
    token_logprobs: reports.map((report) => report.logprob),
    top_logprobs: reports.map((report) =>
      Object.fromEntries(report.top.map(({ token, logprob }) => [token, logprob])),
    ),
    text_offset: offsets,
  };
}
