// How many tokens one pass evaluates, so that the buffer for its logits stays small.

/** The engine reserves one 32-bit logit for each token of a pass and each word of the vocabulary. */
const LOGIT_BYTES = 4;
const MOST_BUFFER_BYTES = 128 * 1024 * 1024;
const FEWEST = 32;
/** Larger passes read prompts no faster on a processor. */
const MOST = 512;

/** The largest power of two within the buffer: 128 for a vocabulary of 262,144, 512 for one of 32,000. */
export function chooseBatchTokens(vocabulary: number): number {
  const fitting = MOST_BUFFER_BYTES / (LOGIT_BYTES * vocabulary);
  const power = 2 ** Math.floor(Math.log2(fitting));
  return Math.min(MOST, Math.max(FEWEST, power));
}
