// Turns generated tokens into text, and holds tokens back while they end inside a character.
import type { Token, Tokenizer } from "node-llama-cpp";

export type TextDecoder = {
  /** Text that is certain now; empty while a character is incomplete. */
  readonly push: (token: Token) => string;
};

/** A character has at most four bytes, so more tokens than that are not one character in pieces. */
const MOST_PENDING = 4;
/** Some tokenizers write a space or not depending on what came before. */
const REMEMBERED = 4;
const REPLACEMENT = "\uFFFD";

export function createTextDecoder(tokenizer: Tokenizer, promptEnd: readonly Token[]): TextDecoder {
  let before = promptEnd.slice(-REMEMBERED);
  let pending: Token[] = [];
  return {
    push(token) {
      pending.push(token);
      const text = tokenizer.detokenize(pending, false, before);
      if (text.endsWith(REPLACEMENT) && pending.length < MOST_PENDING) return "";
      before = [...before, ...pending].slice(-REMEMBERED);
      pending = [];
      return text;
    },
  };
}
