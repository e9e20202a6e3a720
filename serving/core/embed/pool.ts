// Vectors of tokens to one vector a text: the mean over its tokens or the first one's, scaled to length 1 if wanted.

export type Pooling = "mean" | "cls" | "none";

export type Hidden = {
  /** [texts, tokens, size] in row-major order; [texts, size] with the pooling `none`. */
  readonly values: Float32Array;
  readonly tokens: number;
  readonly size: number;
};

/** `lengths` has the number of tokens of each text; tokens behind it are filling. */
export function poolVectors(
  hidden: Hidden,
  lengths: readonly number[],
  { pooling, normalize }: { readonly pooling: Pooling; readonly normalize: boolean },
): Float32Array[] {
  return lengths.map((length, text) => {
    const vector = poolText(hidden, text, pooling === "mean" ? length : 1, pooling);
    if (normalize) scaleToOne(vector);
    return vector;
  });
}

function poolText(
  { values, tokens, size }: Hidden,
  text: number,
  count: number,
  pooling: Pooling,
): Float32Array {
  const start = text * size * (pooling === "none" ? 1 : tokens);
  if (count === 1) return values.slice(start, start + size);
  // Sums in 64 bits: the order of thousands of small addends must not show.
  const sums = new Float64Array(size);
  for (let token = 0; token < count; token += 1) {
    const from = start + token * size;
    for (let at = 0; at < size; at += 1) sums[at] = (sums[at] ?? 0) + (values[from + at] ?? 0);
  }
  return Float32Array.from(sums, (sum) => sum / count);
}

/** A vector of zeros stays one. */
function scaleToOne(vector: Float32Array): void {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  if (length === 0) return;
  for (const [at, value] of vector.entries()) vector[at] = value / length;
}
