// Depth of JSON by its bytes: brackets in strings do not count, escapes are understood.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isDeeperThan } from "../../../serving/http/json-depth.ts";

const depthOf = (value: unknown): number => {
  if (value === null || typeof value !== "object") return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
};

describe("the depth of JSON", () => {
  it("equals the depth of the parsed value", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), (text) => {
        const depth = depthOf(JSON.parse(text));
        expect(isDeeperThan(depth, Buffer.from(text))).toBe(false);
        if (depth > 0) expect(isDeeperThan(depth - 1, Buffer.from(text))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['{"a":"[[[[[["}', 1],
    ['["\\"[[["]', 1],
    ['["\\\\",[1]]', 2],
    ['["unclosed [[[', 1],
  ])("of %s is %i", (text, depth) => {
    expect(isDeeperThan(depth, Buffer.from(text))).toBe(false);
    expect(isDeeperThan(depth - 1, Buffer.from(text))).toBe(true);
  });

  it("is found in 8 MiB of brackets without recursion", () => {
    expect(isDeeperThan(64, Buffer.alloc(8 * 1024 * 1024, "["))).toBe(true);
  });
});
