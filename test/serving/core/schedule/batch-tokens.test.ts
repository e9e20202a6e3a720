// The size of one pass follows from the vocabulary.
import { expect, it } from "vitest";
import { chooseBatchTokens } from "../../../../serving/core/schedule/batch-tokens.ts";

it.each([
  [262_144, 128],
  [151_936, 128],
  [128_256, 256],
  [32_000, 512],
  [256, 512],
  [Number.MAX_SAFE_INTEGER, 32],
])("evaluates for a vocabulary of %d at most %d tokens in one pass", (vocabulary, tokens) => {
  expect(chooseBatchTokens(vocabulary)).toBe(tokens);
});
