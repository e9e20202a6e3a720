// Sampling from raw logits with log probabilities.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  createChances,
  logprobOf,
  type RawLogits,
  sampleToken,
} from "../../../../serving/core/chat/sample-token.ts";

/** Probabilities 0.6, 0.3 and 0.1 of a vocabulary of three. */
const raw: RawLogits = {
  best: [0.6, 0.3, 0.1].map((p, index) => ({ tokenId: index, logit: Math.log(p) + 7 })),
  totalWeight: 1 / 0.6,
};
const open = { temperature: 1, topP: 1, topK: 0, minP: 0 };

describe("sampling with log probabilities", () => {
  it("reports the natural logarithm of each probability", () => {
    expect(raw.best.map((candidate) => Math.exp(logprobOf(raw, candidate)))).toEqual(
      [0.6, 0.3, 0.1].map((p) => expect.closeTo(p, 10)),
    );
  });

  it.each([
    [{ ...open, temperature: 0 }, 0.99, 0],
    [open, 0.59, 0],
    [open, 0.61, 1],
    [open, 0.95, 2],
    [{ ...open, topK: 1 }, 0.99, 0],
    [{ ...open, topP: 0.7 }, 0.99, 1],
    [{ ...open, minP: 0.4 }, 0.99, 1],
    [{ ...open, temperature: 100 }, 0.5, 1],
  ])("%j at chance %d draws token %d", (choice, chance, want) => {
    expect(sampleToken(raw, choice, chance)?.tokenId).toBe(want);
  });

  it("draws the same chances from the same seed, all within [0, 1)", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (seed) => {
        const [one, two] = [createChances(seed), createChances(seed)];
        for (let i = 0; i < 20; i += 1) {
          const chance = one();
          expect(two()).toBe(chance);
          expect(chance >= 0 && chance < 1).toBe(true);
        }
      }),
    );
  });

  it("draws evenly", () => {
    const next = createChances(42);
    const draws = Array.from({ length: 20_000 }, next);
    expect(draws.reduce((a, b) => a + b, 0) / draws.length).toBeCloseTo(0.5, 1);
    expect(draws.filter((chance) => chance < 0.1).length / draws.length).toBeCloseTo(0.1, 1);
  });
});
