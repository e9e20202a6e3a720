// The queue before the engine: its bound, its deadline, whose turn it is, and what is left behind by callers that go.
import { describe, expect, it } from "vitest";
import {
  type Compute,
  PassQueue,
  type PassQueueSettings,
} from "../../../../serving/adapters/onnx/pass-queue.ts";
import { EngineFault } from "../../../../serving/contract/generation.ts";

const never = new AbortController().signal;
const tokens = (count: number): readonly number[] => Array.from({ length: count }, () => 1);

/** Passes that end when told to; a text's vector is its length. */
function manualPasses() {
  const passes: { readonly lengths: readonly number[]; readonly end: (error?: Error) => void }[] = [];
  const compute: Compute = {
    texts: (texts) =>
      new Promise((resolve, reject) => {
        const lengths = texts.map(({ length }) => length);
        const end = (error?: Error): void =>
          error === undefined ? resolve(lengths.map((length) => Float32Array.of(length))) : reject(error);
        passes.push({ lengths, end });
      }),
    tensors: async () => [],
  };
  return { passes, compute };
}

function start(settings: Partial<PassQueueSettings> = {}) {
  const { passes, compute } = manualPasses();
  const queue = new PassQueue({ compute, batchTokens: 20, queueLimit: 8, deadlineMs: 5_000, ...settings });
  const embed = (lengths: readonly number[], signal = never) =>
    queue
      .admit(signal, (bounded) => queue.texts(lengths.map(tokens), bounded))
      .then((vectors) => vectors.map(([length]) => length));
  const endPass = async (index: number, error?: Error): Promise<void> => {
    passes[index]?.end(error);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { queue, passes, embed, endPass };
}

const codeOf = (error: unknown): unknown => (error instanceof EngineFault ? error.fault.code : error);

describe("the queue of passes", () => {
  it("gives vectors back in the order of the texts, whichever pass computed them", async () => {
    const { passes, embed, endPass } = start();
    const answer = embed([3, 10, 4, 9]);
    await endPass(0);
    await endPass(1);
    expect(passes.map(({ lengths }) => lengths)).toEqual([
      [10, 9],
      [4, 3],
    ]);
    expect(await answer).toEqual([3, 10, 4, 9]);
  });

  it("answers no texts with no vectors, without a pass", async () => {
    const { passes, embed } = start();
    expect(await embed([])).toEqual([]);
    expect(passes).toEqual([]);
  });

  it("lets a short request in between the passes of a long one", async () => {
    const { passes, embed, endPass } = start();
    const long = embed([20, 20, 20]);
    const short = embed([2]);
    for (const index of [0, 1, 2, 3]) await endPass(index);
    expect(passes.map(({ lengths }) => lengths)).toEqual([[20], [2], [20], [20]]);
    expect([await long, await short]).toEqual([[20, 20, 20], [2]]);
  });

  it("computes texts of several requests in one pass", async () => {
    const { queue, passes, embed, endPass } = start();
    const first = embed([20]);
    const others = [embed([5]), embed([5]), embed([4])];
    expect([queue.running, queue.waiting]).toEqual([1, 3]);
    await endPass(0);
    expect([queue.running, queue.waiting]).toEqual([3, 0]);
    await endPass(1);
    expect(passes[1]?.lengths).toEqual([5, 5, 4]);
    expect(await Promise.all([first, ...others])).toEqual([[20], [5], [5], [4]]);
    expect([queue.running, queue.waiting, queue.passes, queue.stalledMs]).toEqual([0, 0, 2, 0]);
  });

  it("refuses a request that is one too many, and takes the next when one has gone", async () => {
    const { embed, endPass } = start({ queueLimit: 1 });
    const first = embed([20]);
    const second = embed([20]);
    const fault = await embed([20]).catch((error: unknown) => error);
    expect(fault).toMatchObject({ fault: { status: 503, code: "overloaded", retryAfterSeconds: 2 } });
    await endPass(0);
    await first;
    const third = embed([20]);
    await endPass(1);
    await endPass(2);
    expect(await Promise.all([second, third])).toEqual([[20], [20]]);
  });

  it("refuses a request that waits beyond its deadline, and computes nothing for it afterwards", async () => {
    const { passes, embed, endPass } = start({ deadlineMs: 30 });
    const running = embed([20]).catch(codeOf);
    const late = embed([20]).catch(codeOf);
    expect(await Promise.all([running, late])).toEqual(["deadline_exceeded", "deadline_exceeded"]);
    await endPass(0);
    expect(passes).toHaveLength(1);
  });

  it("drops the texts of a caller that went away", async () => {
    const { queue, passes, embed, endPass } = start();
    const caller = new AbortController();
    const gone = embed([20, 20, 20], caller.signal).catch((error: unknown) => error);
    caller.abort("caller gone");
    expect(await gone).toBe("caller gone");
    await endPass(0);
    expect([passes.length, queue.running, queue.waiting]).toEqual([1, 0, 0]);
    await expect(embed([1], caller.signal)).rejects.toBe("caller gone");
  });

  it("fails the requests of a pass that failed, and goes on with the others", async () => {
    const { embed, endPass } = start();
    const first = embed([20, 20]);
    const second = embed([3]);
    const failed = expect(first).rejects.toThrow("no memory");
    await endPass(0, new Error("no memory"));
    await failed;
    await endPass(1);
    expect(await second).toEqual([3]);
  });

  it("says for how long a pass has been running", async () => {
    const { queue, embed, endPass } = start();
    const answer = embed([1]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(queue.stalledMs).toBeGreaterThanOrEqual(15);
    await endPass(0);
    await answer;
    expect(queue.stalledMs).toBe(0);
  });
});
