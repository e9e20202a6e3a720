// Samplers that nobody uses any more are collected before they take much memory.
import { describe, expect, it, vi } from "vitest";
import { createSamplerReclaim } from "../../../../serving/adapters/llama/reclaim-samplers.ts";

const VOCABULARY = 262_144;

describe("the reclaim of samplers", () => {
  it("collects once for every 48 MiB that samplers of a large vocabulary have taken", () => {
    const collect = vi.fn();
    const samplers = createSamplerReclaim(VOCABULARY, collect);
    for (let made = 0; made < 16; made += 1) samplers.made();
    expect(collect).not.toHaveBeenCalled();
    samplers.made();
    expect(collect).toHaveBeenCalledOnce();
    for (let made = 0; made < 17; made += 1) samplers.made();
    expect(collect).toHaveBeenCalledTimes(2);
  });

  it("reaches this process's own collector", async () => {
    let held: object | undefined = {};
    const weak = new WeakRef(held);
    held = undefined;
    // A weak reference keeps its target until the task that made it ends.
    await new Promise((resolve) => setImmediate(resolve));
    createSamplerReclaim(VOCABULARY * 20).made();
    expect(weak.deref()).toBeUndefined();
  });
});
