// Lending sequences: cached prefixes, the bounded queue, aborts while waiting.
import { describe, expect, it } from "vitest";
import { createSequencePool } from "../../../../serving/adapters/llama/sequence-pool.ts";
import { EngineFault } from "../../../../serving/contract/generation.ts";

const forever = new AbortController().signal;
const nothingCached = () => 0;

describe("the pool of sequences", () => {
  it("lends the sequence with the longest cached prefix", async () => {
    const pool = createSequencePool(["a", "b", "c"], 0);
    expect(await pool.acquire((sequence) => (sequence === "b" ? 7 : 2), forever)).toBe("b");
    expect(pool.busy()).toBe(1);
  });

  it("overwrites the least recently used cache where nothing is shared", async () => {
    const pool = createSequencePool(["a", "b"], 0);
    const first = await pool.acquire(nothingCached, forever);
    pool.release(first);
    expect(await pool.acquire(nothingCached, forever)).not.toBe(first);
  });

  it("lends the neighbour of a busy sequence, unless a cache elsewhere is worth more", async () => {
    const pool = createSequencePool(["a", "b", "c", "d"], 0);
    expect(await pool.acquire((sequence) => (sequence === "c" ? 9 : 0), forever)).toBe("c");
    expect(await pool.acquire((sequence) => (sequence === "a" ? 9 : 0), forever)).toBe("b");
    expect(await pool.acquire((sequence) => (sequence === "a" ? 900 : 0), forever)).toBe("a");
  });

  it("lets requests wait in order of arrival and refuses one more than the queue holds", async () => {
    const pool = createSequencePool(["a"], 2);
    const held = await pool.acquire(nothingCached, forever);
    const order: string[] = [];
    const second = pool.acquire(nothingCached, forever).then((sequence) => order.push(`second ${sequence}`));
    const third = pool.acquire(nothingCached, forever).then((sequence) => order.push(`third ${sequence}`));
    const refused = await pool.acquire(nothingCached, forever).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(EngineFault);
    expect(refused).toMatchObject({
      fault: { status: 503, code: "overloaded", retryAfterSeconds: expect.any(Number) },
    });
    expect(pool.waiting()).toBe(2);
    pool.release(held);
    await second;
    pool.release(held);
    await third;
    expect(order).toEqual(["second a", "third a"]);
  });

  it("forgets a caller that leaves while it waits", async () => {
    const pool = createSequencePool(["a"], 1);
    const held = await pool.acquire(nothingCached, forever);
    const leaving = new AbortController();
    const waiting = pool.acquire(nothingCached, leaving.signal);
    leaving.abort();
    await expect(waiting).rejects.toBe(leaving.signal.reason);
    expect(pool.waiting()).toBe(0);
    pool.release(held);
    expect(pool.busy()).toBe(0);
  });
});
