// Keeps what people wrote apart from what a chat template adds, so that text like `<end_of_turn>` in a message stays text.

export type PromptPart = { readonly text: string; readonly isLiteral: boolean };

/** Private-use characters, removed from messages before they mark where a message begins and ends. */
const OPEN = "\uE0F0";
const CLOSE = "\uE0F1";
const MARKS = new RegExp(`[${OPEN}${CLOSE}]`, "g");

export function markLiteral(text: string): string {
  const plain = text.replace(MARKS, "");
  return plain === "" ? "" : `${OPEN}${plain}${CLOSE}`;
}

/** Splits a rendered prompt: literal parts are tokenized as text, the others with their special tokens. */
export function splitLiterals(rendered: string): readonly PromptPart[] {
  return rendered
    .split(OPEN)
    .flatMap((piece, index) => {
      const end = piece.indexOf(CLOSE);
      if (index === 0 || end < 0) return [{ text: piece.replace(MARKS, ""), isLiteral: false }];
      return [
        { text: piece.slice(0, end), isLiteral: true },
        { text: piece.slice(end + 1), isLiteral: false },
      ];
    })
    .filter((part) => part.text !== "");
}
