// Runs vitest on one project of test/kit/vitest.config.ts and reads its totals.
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { paths } from "../../stacks/local/paths.ts";
import { runProcess } from "./run-process.ts";
import { readTotals, type Totals } from "./test-totals.ts";

export type Project = "fast" | "real" | "e2e";

const PATTERNS: Record<Exclude<Project, "fast">, { include: string; exclude: readonly string[] }> = {
  real: { include: "test/**/*.real.test.ts", exclude: ["test/e2e/**"] },
  e2e: { include: "test/e2e/**/*.real.test.ts", exclude: [] },
};

/** Files of a project that get a process of their own, in a stable order. */
export function listTestFiles(project: keyof typeof PATTERNS): readonly string[] {
  const { include, exclude } = PATTERNS[project];
  return globSync(include, { cwd: paths.checkout, exclude }).toSorted();
}

/** Runs the named files (all of the project when none is named); a run cut at the deadline counts as a failure. */
export async function runTestFiles(
  project: Project,
  files: readonly string[],
  deadlineMs: number,
): Promise<Totals> {
  const folder = mkdtempSync(join(tmpdir(), "rampa-test-"));
  const report = join(folder, "report.json");
  const config = ["--config", "test/kit/vitest.config.ts", "--project", project];
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  try {
    const vitest = join(paths.checkout, "node_modules/.bin/vitest");
    const run = await runProcess(vitest, ["run", ...config, ...reporters, ...files], {
      deadlineMs,
      cwd: paths.checkout,
      output: "show",
    });
    if (run.timedOut) {
      console.log(`✗ cut after ${Math.round(deadlineMs / 1000)} s: ${files.join(" ") || project}`);
      return { passed: 0, failed: 1, skipped: 0 };
    }
    return readReport(report, run.code);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readReport(file: string, code: number): Totals {
  try {
    const totals = readTotals(readFileSync(file, "utf8"));
    return code !== 0 && totals.failed === 0 ? { ...totals, failed: 1 } : totals;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    // vitest ended before it could write a report.
    return { passed: 0, failed: 1, skipped: 0 };
  }
}
