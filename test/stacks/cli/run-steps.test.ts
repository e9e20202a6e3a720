// Steps without a terminal: order, lines, times, and the stop at the first failure.
import { describe, expect, it } from "vitest";
import { runSteps } from "../../../stacks/cli/run-steps.ts";

function recording() {
  const lines: string[] = [];
  return { lines, display: { live: false, write: (line: string) => void lines.push(line) } };
}

describe("steps without a terminal", () => {
  it("run in order, each with a line at its begin and end and its first progress", async () => {
    const { lines, display } = recording();
    const order: string[] = [];
    const times = await runSteps(
      [
        {
          title: "One",
          run: async (progress) => {
            progress.report("building 1");
            progress.report("building 2");
            order.push("one");
          },
        },
        { title: "Two", run: async () => void order.push("two") },
      ],
      display,
    );
    expect(order).toEqual(["one", "two"]);
    expect(times.map(({ title }) => title)).toEqual(["One", "Two"]);
    expect(lines.map((line) => line.replaceAll(/\d+\.\d s/g, "N s").trim())).toEqual([
      "[1/2] One",
      "N s  building 1",
      "[1/2] One: done in N s",
      "[2/2] Two",
      "[2/2] Two: done in N s",
    ]);
  });

  it("stop at the first that fails, with its error", async () => {
    const { lines, display } = recording();
    const broken = new Error("no disk");
    const never = { title: "Two", run: () => Promise.reject(new Error("must not run")) };
    await expect(
      runSteps([{ title: "One", run: () => Promise.reject(broken) }, never], display),
    ).rejects.toBe(broken);
    expect(lines.at(-1)).toMatch(/^\[1\/2\] One: failed after /);
  });
});
