// Elapsed times, step titles and the table of shares.
import { expect, it } from "vitest";
import { formatSeconds, renderShares, stepTitle } from "../../../stacks/cli/step-lines.ts";

it.each([
  [0.44, "0.4 s"],
  [9.99, "10.0 s"],
  [59.4, "59 s"],
  [59.6, "1 min 00 s"],
  [245, "4 min 05 s"],
])("shows %d seconds as %s", (seconds, text) => {
  expect(formatSeconds(seconds)).toBe(text);
});

it("numbers a step from one", () => {
  expect(stepTitle(2, 8, "Get the tools")).toBe("[3/8] Get the tools");
});

it("gives each step its share of the total and the total last", () => {
  const text = renderShares([
    { title: "Get the tools", seconds: 30 },
    { title: "Start", seconds: 10 },
  ]);
  expect(text.split("\n")).toEqual([
    "  Get the tools          30 s   75 %",
    "  Start                  10 s   25 %",
    "  total                  40 s",
  ]);
});

it("does not divide by the time of nothing", () => {
  expect(renderShares([])).toBe("  total         0.0 s");
});
