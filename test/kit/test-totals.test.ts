// The closing line of a test run: counts from the report, and what makes a run red.
import { describe, expect, it } from "vitest";
import { addTotals, isGreen, readTotals, renderTotals } from "./test-totals.ts";

const report = (fields: object): string =>
  JSON.stringify({
    success: true,
    numPassedTests: 3,
    numFailedTests: 0,
    numPendingTests: 0,
    numTodoTests: 0,
    testResults: [{ status: "passed", assertionResults: [{}] }],
    ...fields,
  });

describe("the totals of a report", () => {
  it("are its counts, to-do tests among the skipped", () => {
    expect(readTotals(report({ numPendingTests: 1, numTodoTests: 1 }))).toEqual({
      passed: 3,
      failed: 0,
      skipped: 2,
    });
  });

  it("count a file that broke before its first test as one failure", () => {
    const broken = { success: false, testResults: [{ status: "failed", assertionResults: [] }] };
    expect(readTotals(report(broken)).failed).toBe(1);
  });

  it("count a run that failed outside any test as one failure", () => {
    expect(readTotals(report({ success: false })).failed).toBe(1);
  });

  it("count a failed test once", () => {
    const failed = {
      success: false,
      numFailedTests: 1,
      testResults: [{ status: "failed", assertionResults: [{}] }],
    };
    expect(readTotals(report(failed)).failed).toBe(1);
  });
});

it.each([
  [{ passed: 2, failed: 0, skipped: 0 }, "2 passed, 0 failed", true],
  [{ passed: 2, failed: 1, skipped: 3 }, "2 passed, 1 failed, 3 skipped", false],
  [{ passed: 0, failed: 0, skipped: 0 }, "0 passed, 0 failed", false],
])("%j reads %s", (totals, line, green) => {
  expect(renderTotals(totals)).toBe(line);
  expect(isGreen(totals)).toBe(green);
});

it("adds up the parts of a run", () => {
  const part = { passed: 1, failed: 2, skipped: 3 };
  expect(addTotals([part, part])).toEqual({ passed: 2, failed: 4, skipped: 6 });
});
