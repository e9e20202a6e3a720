// Answer events to the wire format of chat completions, whole or as chunks.
import type { ChatCompletion, ChatCompletionChunk, ChatLogprobs } from "../../contract/openai/chat.ts";
import type { FinishReason, Usage } from "../../contract/openai/usage.ts";
import type { TokenReport } from "../../core/chat/answer-events.ts";
import type { AnswerEncoder, AnswerHead, WholeAnswer } from "./answer-encoder.ts";

export const chatEncoder: AnswerEncoder = {
  idPrefix: "chatcmpl-",
  start: (head) => [chunk(head, { delta: { role: "assistant", content: "" }, finish_reason: null })],
  delta: (head, text, logprobs) =>
    chunk(head, {
      delta: { content: text },
      ...(logprobs.length > 0 ? { logprobs: toLogprobs(logprobs) } : {}),
      finish_reason: null,
    }),
  finish: (head, reason) => chunk(head, { delta: {}, finish_reason: reason }),
  usage: (head, usage) => ({ ...frame(head), choices: [], usage }),
  whole: encodeWhole,
};

type Choice = Omit<ChatCompletionChunk["choices"][number], "index">;

function chunk(head: AnswerHead, choice: Choice): ChatCompletionChunk {
  const plain = { ...frame(head), choices: [{ index: 0, ...choice }] };
  // With include_usage each chunk but the last carries a null usage.
  return head.includeUsage ? { ...plain, usage: null } : plain;
}

function frame({
  id,
  created,
  model,
}: AnswerHead): Pick<ChatCompletionChunk, "id" | "object" | "created" | "model"> {
  return { id, object: "chat.completion.chunk", created, model };
}

function encodeWhole({ id, created, model }: AnswerHead, answer: WholeAnswer): ChatCompletion {
  const { finishReason, usage }: { finishReason: FinishReason; usage: Usage } = answer;
  const message = { role: "assistant", content: answer.text, refusal: null } as const;
  const logprobs = answer.logprobs.length > 0 ? toLogprobs(answer.logprobs) : null;
  const choices = [{ index: 0, message, logprobs, finish_reason: finishReason }];
  return { id, object: "chat.completion", created, model, choices, usage };
}

function toLogprobs(reports: readonly TokenReport[]): ChatLogprobs {
  const entry = ({ token, logprob }: { readonly token: string; readonly logprob: number }) => ({
    token,
    logprob,
    bytes: [...Buffer.from(token)],
  });
  return { content: reports.map((report) => ({ ...entry(report), top_logprobs: report.top.map(entry) })) };
}
