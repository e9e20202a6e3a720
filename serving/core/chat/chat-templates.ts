// The chat templates that need no template engine: messages in, prompt text with special tokens and marked messages out.
import type { ChatMessage } from "../../contract/generation.ts";
import { markLiteral } from "./literal-text.ts";

export type BuiltInTemplate = "gemma" | "chatml" | "llama3";

/** Renders the conversation and opens the assistant's turn; the tokenizer adds the beginning-of-sequence token. */
export function renderChat(template: BuiltInTemplate, messages: readonly ChatMessage[]): string {
  switch (template) {
    case "gemma":
      return renderGemma(messages);
    case "chatml":
      return `${messages.map((m) => `<|im_start|>${m.role}\n${markLiteral(m.content)}<|im_end|>\n`).join("")}<|im_start|>assistant\n`;
    case "llama3":
      return `${messages.map(renderLlama3).join("")}<|start_header_id|>assistant<|end_header_id|>\n\n`;
  }
}

/** Gemma has no system role: its instructions go before the first user message. */
function renderGemma(messages: readonly ChatMessage[]): string {
  const system = messages.filter((m) => m.role === "system").map((m) => m.content.trim());
  const turns = joinTurns(messages.filter((m) => m.role !== "system"));
  const first = turns[0];
  if (system.length > 0 && first?.role !== "user")
    turns.unshift({ role: "user", content: system.join("\n\n") });
  else if (system.length > 0 && first !== undefined) {
    turns[0] = { role: "user", content: `${system.join("\n\n")}\n\n${first.content.trim()}` };
  }
  const text = turns.map((turn) => {
    const role = turn.role === "assistant" ? "model" : "user";
    return `<start_of_turn>${role}\n${markLiteral(turn.content.trim())}<end_of_turn>\n`;
  });
  return `${text.join("")}<start_of_turn>model\n`;
}

/** Turns must alternate: neighbours on one side become one turn. */
function joinTurns(messages: readonly ChatMessage[]): ChatMessage[] {
  const turns: ChatMessage[] = [];
  for (const message of messages) {
    const role = message.role === "assistant" ? "assistant" : "user";
    const last = turns.at(-1);
    if (last?.role === role)
      turns[turns.length - 1] = { role, content: `${last.content}\n\n${message.content}` };
    else turns.push({ role, content: message.content });
  }
  return turns;
}

function renderLlama3(message: ChatMessage): string {
  const role = message.role === "tool" ? "ipython" : message.role;
  return `<|start_header_id|>${role}<|end_header_id|>\n\n${markLiteral(message.content.trim())}<|eot_id|>`;
}
