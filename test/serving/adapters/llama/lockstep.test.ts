// Passes of the engine: who is in one, in which order, and who is not waited for.
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { createLockstep } from "../../../../serving/adapters/llama/lockstep.ts";

/** Answers that each make `tokens` tokens; returns the sequences that began in each pass. */
async function passesOf(orders: readonly number[], tokens: number, stepMs: (order: number) => number) {
  const { step } = createLockstep();
  const passes: number[][] = [];
  let running = 0;
  await Promise.all(
    orders.map(async (order) => {
      for (let made = 0; made < tokens; made += 1) {
        await step(order, async () => {
          if (running === 0) passes.push([]);
          running += 1;
          passes.at(-1)?.push(order);
          await sleep(stepMs(order));
          running -= 1;
        });
      }
    }),
  );
  return passes;
}

describe("answers in step", () => {
  it("evaluates all of them in each pass by rising number, whoever is done first", async () => {
    const passes = await passesOf([2, 0, 3, 1], 3, (order) => 5 * (4 - order));
    expect(passes).toEqual([
      [0, 1, 2, 3],
      [0, 1, 2, 3],
      [0, 1, 2, 3],
    ]);
  });

  it("takes in a new answer with the next pass and goes on when one ends", async () => {
    const { step } = createLockstep();
    const begun: string[] = [];
    const run = async (order: number, tokens: number) => {
      for (let made = 0; made < tokens; made += 1) {
        await step(order, async () => {
          begun.push(`${order}.${made}`);
          await sleep(10);
        });
      }
    };
    const first = run(1, 3);
    await sleep(3);
    await Promise.all([first, run(0, 1)]);
    expect(begun).toEqual(["1.0", "0.0", "1.1", "1.2"]);
  });

  it("does not wait for an answer whose reader is slow", async () => {
    const { step } = createLockstep();
    await step(0, async () => undefined);
    let steps = 0;
    for (; steps < 3; steps += 1) await step(1, async () => undefined);
    expect(steps).toBe(3);
  });

  it("goes on after a step that fails", async () => {
    const { step } = createLockstep();
    const failing = step(0, () => Promise.reject(new Error("no room")));
    const other = step(1, async () => "done");
    await expect(failing).rejects.toThrow("no room");
    expect(await other).toBe("done");
    expect(await step(1, async () => "next")).toBe("next");
  });
});
