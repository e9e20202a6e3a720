// Passes: as many texts as fit, the oldest request's first, and no text that would mostly be filling.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planPass } from "../../../../serving/core/embed/plan-pass.ts";

const plan = (requests: readonly (readonly number[])[], batchTokens: number) =>
  planPass(
    requests.map((lengths) => ({ lengths })),
    batchTokens,
  );

describe("planPass", () => {
  it("takes as many texts as fit when each is filled up to the longest", () => {
    expect(plan([[10, 10, 9, 8, 7]], 30)).toEqual([3]);
  });

  it("takes a text that is longer than a pass alone", () => {
    expect(plan([[50, 40]], 30)).toEqual([1]);
  });

  it("leaves much shorter texts for the next pass", () => {
    expect(plan([[100, 60, 10]], 1_000)).toEqual([2]);
  });

  it("fills the rest with texts of later requests of about the same length", () => {
    expect(plan([[10], [9, 8, 2], [10, 10]], 50)).toEqual([1, 2, 2]);
  });

  it("takes nothing longer than the oldest request's longest text, which has its turn later", () => {
    expect(plan([[10], [20], [8]], 100)).toEqual([1, 0, 1]);
  });

  it("always moves the oldest request on, and never goes beyond its room", () => {
    const lengths = fc
      .array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 20 })
      .map((all) => all.toSorted((a, b) => b - a));
    fc.assert(
      fc.property(
        fc.array(lengths, { minLength: 1 }),
        fc.integer({ min: 8, max: 4_096 }),
        (requests, room) => {
          const counts = plan(requests, room);
          const total = counts.reduce((sum, count) => sum + count, 0);
          const longest = requests[0]?.[0] ?? 0;
          expect(counts[0]).toBeGreaterThan(0);
          expect(total === 1 || total * longest <= room).toBe(true);
          for (const [index, count] of counts.entries()) {
            expect(count).toBeLessThanOrEqual(requests[index]?.length ?? 0);
            if (count > 0) expect(requests[index]?.[0]).toBeLessThanOrEqual(longest);
          }
        },
      ),
    );
  });
});
