// Chooses a token from the best raw logits and reports log probabilities; used where the caller asked for them.

export type Candidate = { readonly tokenId: number; readonly logit: number };

export type RawLogits = {
  /** The best candidates, best first. */
  readonly best: readonly Candidate[];
  /** Sum of exp(logit − best logit) over the whole vocabulary. */
  readonly totalWeight: number;
};

export type Choice = {
  readonly temperature: number;
  readonly topP: number;
  readonly topK: number;
  readonly minP: number;
};

/** The natural logarithm of a candidate's probability before temperature and truncation, as OpenAI defines it. */
export function logprobOf(raw: RawLogits, candidate: Candidate): number {
  const highest = raw.best[0]?.logit ?? candidate.logit;
  return candidate.logit - highest - Math.log(raw.totalWeight);
}

/** Draws one candidate by `chance` in [0, 1); temperature 0 takes the best one. */
export function sampleToken(raw: RawLogits, choice: Choice, chance: number): Candidate | undefined {
  const best = raw.best[0];
  if (best === undefined || choice.temperature === 0) return best;
  const limited = choice.topK > 0 ? raw.best.slice(0, choice.topK) : raw.best;
  const kept = keepProbable(limited, choice, best.logit);
  const total = kept.reduce((sum, item) => sum + item.weight, 0);
  let left = chance * total;
  for (const item of kept) {
    left -= item.weight;
    if (left < 0) return item.candidate;
  }
  return kept.at(-1)?.candidate;
}

type Weighted = { readonly candidate: Candidate; readonly weight: number };

/** Truncates by top-p and min-p on the untempered probabilities, then applies the temperature, in llama.cpp's order. */
function keepProbable(
  candidates: readonly Candidate[],
  choice: Choice,
  highest: number,
): readonly Weighted[] {
  const plain = candidates.map((candidate) => Math.exp(candidate.logit - highest));
  const total = plain.reduce((sum, weight) => sum + weight, 0);
  const kept: Weighted[] = [];
  let reached = 0;
  for (const [index, candidate] of candidates.entries()) {
    const weight = plain[index] ?? 0;
    if (kept.length > 0 && (reached >= choice.topP * total || weight < choice.minP)) break;
    reached += weight;
    kept.push({ candidate, weight: Math.exp((candidate.logit - highest) / choice.temperature) });
  }
  return kept;
}

/** A small seeded generator (mulberry32): the same seed gives the same chances in [0, 1). */
export function createChances(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
