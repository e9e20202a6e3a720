// The limit on wrong keys: ten a minute and source, forgotten after the minute, bounded in memory.
import { describe, expect, it } from "vitest";
import { createBadKeyLimit } from "../../../../serving/core/auth/bad-key-limit.ts";

describe("the limit on wrong keys", () => {
  it("blocks a source from its tenth wrong key until the minute is over", () => {
    const limit = createBadKeyLimit();
    for (let at = 0; at < 9; at += 1) limit.countBadKey("a", 1_000);
    expect(limit.blockedSeconds("a", 1_000)).toBe(0);
    limit.countBadKey("a", 11_000);
    expect(limit.blockedSeconds("a", 11_000)).toBe(50);
    expect(limit.blockedSeconds("a", 60_999)).toBe(1);
    expect(limit.blockedSeconds("a", 61_000)).toBe(0);
  });

  it("leaves other sources alone", () => {
    const limit = createBadKeyLimit();
    for (let at = 0; at < 10; at += 1) limit.countBadKey("a", 0);
    expect(limit.blockedSeconds("b", 0)).toBe(0);
  });

  it("forgets the oldest source when ten thousand others came after it", () => {
    const limit = createBadKeyLimit();
    for (let at = 0; at < 10; at += 1) limit.countBadKey("first", 0);
    for (let at = 0; at < 10_000; at += 1) limit.countBadKey(`source-${at}`, 0);
    expect(limit.blockedSeconds("first", 0)).toBe(0);
  });
});
