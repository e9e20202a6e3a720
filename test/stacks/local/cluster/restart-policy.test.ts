// When a part may start again.
import { describe, expect, it } from "vitest";
import { calm, nextRestart, type RestartState } from "../../../../stacks/local/cluster/restart-policy.ts";

function delaysOf(runs: readonly number[]): readonly number[] {
  let state: RestartState = calm;
  return runs.map((ranForMs) => {
    const next = nextRestart(state, ranForMs);
    state = next.state;
    return next.delayMs;
  });
}

describe("nextRestart", () => {
  it("starts again at once after the first end, then doubles up to ten seconds", () => {
    expect(delaysOf([5, 5, 5, 5, 5, 5, 5, 5, 5])).toEqual([
      0, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000,
    ]);
  });

  it("forgets earlier failures after a minute of running", () => {
    expect(delaysOf([5, 5, 5, 60_000, 5])).toEqual([0, 200, 400, 0, 200]);
    expect(delaysOf([5, 5, 59_999])).toEqual([0, 200, 400]);
  });
});
