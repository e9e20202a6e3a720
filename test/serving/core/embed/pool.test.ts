// Pooling: the mean over a text's own tokens or its first vector, and the scaling to length 1.
import { describe, expect, it } from "vitest";
import { poolVectors } from "../../../../serving/core/embed/pool.ts";

/** Two texts of three tokens of size 2; the second text has one token, and filling behind it. */
const hidden = {
  values: Float32Array.of(1, 2, 3, 4, 5, 6, 3, 4, 90, 90, 90, 90),
  tokens: 3,
  size: 2,
};
const pool = (pooling: "mean" | "cls", normalize = false) =>
  poolVectors(hidden, [3, 1], { pooling, normalize }).map((vector) => [...vector]);

describe("poolVectors", () => {
  it("takes the mean over a text's tokens, and nothing of its filling", () => {
    expect(pool("mean")).toEqual([
      [3, 4],
      [3, 4],
    ]);
  });

  it("takes the first vector", () => {
    expect(pool("cls")).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it("scales to length 1", () => {
    expect(pool("mean", true)[0]).toEqual([Math.fround(0.6), Math.fround(0.8)]);
  });

  it("leaves a vector of zeros as it is", () => {
    const zeros = { values: new Float32Array(2), tokens: 1, size: 2 };
    expect([...(poolVectors(zeros, [1], { pooling: "mean", normalize: true })[0] ?? [])]).toEqual([0, 0]);
  });

  it("takes what the graph has pooled already", () => {
    const pooled = { values: Float32Array.of(1, 2, 3, 4), tokens: 1, size: 2 };
    const vectors = poolVectors(pooled, [9, 5], { pooling: "none", normalize: false });
    expect(vectors.map((vector) => [...vector])).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });
});
