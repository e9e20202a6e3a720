// Frees the engine library's samplers in time: each holds a copy of the vocabulary that the garbage collector cannot see.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Told of each sampler the library makes: one for an answer, or one for each token that reports log probabilities. */
export type SamplerReclaim = { readonly made: () => void };

/** A candidate of llama.cpp: token id, logit and probability of 32 bits each. */
const CANDIDATE_BYTES = 12;
/** Memory of unused samplers that is let stand before they are collected. */
const MOST_UNSEEN_BYTES = 48 * 1024 * 1024;

/** The library offers no way to free a sampler's candidates, so the collector is run once they have piled up. */
export function createSamplerReclaim(vocabulary: number, collect = exposeCollector()): SamplerReclaim {
  let unseen = 0;
  return {
    made() {
      unseen += vocabulary * CANDIDATE_BYTES;
      if (unseen <= MOST_UNSEEN_BYTES) return;
      unseen = 0;
      collect();
    },
  };
}

function exposeCollector(): () => void {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect !== "function") throw new TypeError("this Node.js has no garbage collector to call");
  // A full collection: samplers outlive a partial one, because answers run side by side.
  return () => collect();
}
