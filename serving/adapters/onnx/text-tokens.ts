// From texts to tokens, within limits, and without holding up the server for long.
import { readFile } from "node:fs/promises";
import { setImmediate as yieldTurn } from "node:timers/promises";
import { Tokenizer } from "@huggingface/tokenizers";
import { z } from "zod";
import { EngineFault } from "../../contract/generation.ts";
import { faults } from "../../contract/openai/fault.ts";
import { ModelError } from "../llama/model-error.ts";

export type TextTokenizer = {
  /** Rejects with an EngineFault that names the first text that is too long, and with the signal's reason on abort. */
  readonly tokenize: (
    texts: readonly string[],
    signal: AbortSignal,
  ) => Promise<readonly (readonly number[])[]>;
  /** Id that fills up shorter texts; masked, so that any does. */
  readonly padId: number;
};

/** What of a tokenizer file is read here; the tokenizer itself reads the rest. */
const tokenizerFile = z.looseObject({
  model: z.looseObject({}),
  padding: z.looseObject({ pad_id: z.int().min(0) }).nullish(),
});

/** A token of the usual vocabularies has four to six characters; blanks and words that are no words have more. */
const CHARACTERS_A_TOKEN = 32;
const TURN_MS = 10;

/** Rejects with a ModelError where the file is no tokenizer. */
export async function readTokenizer(path: string, maxTokens: number): Promise<TextTokenizer> {
  const { tokenizer, padId } = await readFile(path, "utf8")
    .then(parseTokenizer)
    .catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      throw new ModelError("model.tokenizer", `${path}: got a file that is no tokenizer.json: ${reason}`);
    });
  return {
    padId,
    async tokenize(texts, signal) {
      const found: (readonly number[])[] = [];
      let turnMs = performance.now();
      for (const [index, text] of texts.entries()) {
        requireLength(index, text.length, {
          limit: maxTokens * CHARACTERS_A_TOKEN,
          unit: "characters",
          maxTokens,
        });
        const { ids } = tokenizer.encode(text);
        requireLength(index, ids.length, { limit: maxTokens, unit: "tokens", maxTokens });
        found.push(ids);
        if (performance.now() - turnMs < TURN_MS) continue;
        await yieldTurn();
        signal.throwIfAborted();
        turnMs = performance.now();
      }
      return found;
    },
  };
}

function parseTokenizer(text: string): { readonly tokenizer: Tokenizer; readonly padId: number } {
  const file = tokenizerFile.parse(JSON.parse(text));
  return { tokenizer: new Tokenizer(file, {}), padId: file.padding?.pad_id ?? 0 };
}

type Length = { readonly limit: number; readonly unit: string; readonly maxTokens: number };

function requireLength(index: number, got: number, { limit, unit, maxTokens }: Length): void {
  if (got <= limit) return;
  const most = `This model's maximum context length is ${maxTokens} tokens`;
  const given = `However, input[${index}] has ${got} ${unit}${unit === "tokens" ? "" : `, more than ${limit}`}.`;
  throw new EngineFault(faults.contextLength(`${most}. ${given}`, "input"));
}
