// Counts of a test run, read from vitest's JSON report, and the lines that show them.
import { z } from "zod";

export type Totals = { readonly passed: number; readonly failed: number; readonly skipped: number };

export const NONE: Totals = { passed: 0, failed: 0, skipped: 0 };

const report = z.object({
  success: z.boolean(),
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  numPendingTests: z.int(),
  numTodoTests: z.int(),
  testResults: z.array(z.object({ status: z.string(), assertionResults: z.array(z.unknown()) })),
});

/** Totals of one report; a file that broke before its first test, or a run that failed outside any test, counts as one failure. */
export function readTotals(text: string): Totals {
  const { success, testResults, ...counts } = report.parse(JSON.parse(text));
  const broken = testResults.filter((file) => file.status === "failed" && file.assertionResults.length === 0);
  const failed = counts.numFailedTests + broken.length;
  return {
    passed: counts.numPassedTests,
    failed: success || failed > 0 ? failed : 1,
    skipped: counts.numPendingTests + counts.numTodoTests,
  };
}

export function addTotals(parts: readonly Totals[]): Totals {
  return parts.reduce(
    (sum, part) => ({
      passed: sum.passed + part.passed,
      failed: sum.failed + part.failed,
      skipped: sum.skipped + part.skipped,
    }),
    NONE,
  );
}

/** `12 passed, 0 failed`, with the skipped ones where there are any. */
export function renderTotals(totals: Totals): string {
  const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : "";
  return `${totals.passed} passed, ${totals.failed} failed${skipped}`;
}

/** A run in which nothing ran has proved nothing. */
export function isGreen(totals: Totals): boolean {
  return totals.failed === 0 && totals.passed > 0;
}
