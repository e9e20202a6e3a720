// The checks that read the source without running it: types, style, unused code.
import { join } from "node:path";
import { paths } from "../../stacks/local/paths.ts";
import { type Finished, runProcess } from "./run-process.ts";

type Check = { readonly name: string; readonly command: string; readonly args: readonly string[] };

export type CheckResult = { readonly name: string } & Finished;

const CHECKS: readonly Check[] = [
  { name: "types", command: "tsc", args: [] },
  { name: "style", command: "biome", args: ["check", "--error-on-warnings", "."] },
  { name: "unused code", command: "knip", args: ["--no-progress"] },
];

const DEADLINE_MS = 600_000;

/** Runs all checks at once, calling `done` as each ends. */
export async function runChecks(done: (result: CheckResult) => void): Promise<readonly CheckResult[]> {
  return Promise.all(
    CHECKS.map(async ({ name, command, args }) => {
      const program = join(paths.checkout, "node_modules/.bin", command);
      const finished = await runProcess(program, args, { deadlineMs: DEADLINE_MS, cwd: paths.checkout });
      const result = { name, ...finished };
      done(result);
      return result;
    }),
  );
}

export function renderCheck(result: CheckResult): string {
  const head = `${result.code === 0 ? "✓" : "✗"} ${result.name} (${result.seconds.toFixed(1)} s)`;
  return result.code === 0 ? head : `${head}\n${result.output.trimEnd()}`;
}
