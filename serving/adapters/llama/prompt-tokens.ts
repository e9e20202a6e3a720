// From a prompt to tokens: renders the chat template and tokenizes messages as plain text.
import { Template } from "@huggingface/jinja";
import type { LlamaModel, Token } from "node-llama-cpp";
import type { ChatMessage, Prompt } from "../../contract/generation.ts";
import { EngineFault } from "../../contract/generation.ts";
import { faults } from "../../contract/openai/fault.ts";
import { type BuiltInTemplate, renderChat } from "../../core/chat/chat-templates.ts";
import { markLiteral, type PromptPart, splitLiterals } from "../../core/chat/literal-text.ts";
import { ModelError } from "./model-error.ts";

export type RenderChat = (messages: readonly ChatMessage[]) => string;

/** `model` takes the template inside the weights; fails with a ModelError where they have none. */
export function chooseTemplate(name: "model" | BuiltInTemplate, model: LlamaModel): RenderChat {
  if (name !== "model") return (messages) => renderChat(name, messages);
  const source: unknown = model.fileInfo.metadata.tokenizer?.chat_template;
  if (typeof source !== "string") {
    const want = "weights with tokenizer.chat_template, or chatTemplate set to gemma, chatml or llama3";
    throw new ModelError(
      "model.template",
      `chatTemplate is "model": got weights without a template, want ${want}`,
    );
  }
  return createTemplate(source, { bos: model.tokens.bosString ?? "", eos: model.tokens.eosString ?? "" });
}

/** Renders a Jinja chat template; the beginning-of-sequence text is removed, because the tokenizer adds that token. */
export function createTemplate(
  source: string,
  special: { readonly bos: string; readonly eos: string },
): RenderChat {
  const template = new Template(source);
  return (messages) => {
    const marked = messages.map((message) => ({ ...message, content: markLiteral(message.content) }));
    try {
      const text = template.render({
        messages: marked,
        add_generation_prompt: true,
        bos_token: special.bos,
        eos_token: special.eos,
      });
      return special.bos !== "" && text.startsWith(special.bos) ? text.slice(special.bos.length) : text;
    } catch (error) {
      // Templates refuse conversations by raising, e.g. when roles do not alternate.
      const reason = error instanceof Error ? error.message.slice(0, 200) : "unknown";
      const message = `Invalid value for 'messages': the model's chat template refuses them (${reason}).`;
      throw new EngineFault(faults.invalidField("messages", "invalid_value", message));
    }
  };
}

/** Fails with an EngineFault on token ids outside the vocabulary. */
export function toPromptTokens(model: LlamaModel, render: RenderChat, prompt: Prompt): readonly Token[] {
  const tokens =
    prompt.kind === "tokens"
      ? checkIds(prompt.tokens, vocabularySize(model))
      : tokenizeParts(model, partsOf(prompt, render));
  const { bos } = model.tokens;
  const addsBos = model.tokens.shouldPrependBosToken && bos !== null && tokens[0] !== bos;
  return addsBos ? [bos, ...tokens] : tokens;
}

export function vocabularySize(model: LlamaModel): number {
  return model.fileInfo.metadata.tokenizer?.ggml?.tokens?.length ?? Number.MAX_SAFE_INTEGER;
}

function partsOf(prompt: Exclude<Prompt, { kind: "tokens" }>, render: RenderChat): readonly PromptPart[] {
  return prompt.kind === "chat"
    ? splitLiterals(render(prompt.messages))
    : [{ text: prompt.text, isLiteral: false }];
}

function tokenizeParts(model: LlamaModel, parts: readonly PromptPart[]): Token[] {
  return parts.flatMap((part, index) =>
    index === 0
      ? model.tokenize(part.text, !part.isLiteral)
      : model.tokenize(part.text, !part.isLiteral, "trimLeadingSpace"),
  );
}

function checkIds(ids: readonly number[], size: number): Token[] {
  if (ids.some((id) => id >= size)) {
    throw new EngineFault(
      faults.invalidField(
        "prompt",
        "invalid_value",
        `Invalid value for 'prompt': token ids must be below ${size}.`,
      ),
    );
  }
  // Checked above; the engine marks token ids with a type of its own.
  return ids.map((id) => id as Token);
}
