// One pattern of resource types out of several.

/** Matches what any of the patterns does; each keeps its own anchors. */
export function anyType(...patterns: readonly RegExp[]): RegExp {
  return new RegExp(patterns.map(({ source }) => source).join("|"));
}
