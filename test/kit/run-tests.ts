// `npm test` and `npm run test:fast`: checks, fast tests, then the real parts and the product from end to end.
import { renderCheck, runChecks } from "./checks.ts";
import { prepareRealParts } from "./real-parts.ts";
import { addTotals, isGreen, renderTotals, type Totals } from "./test-totals.ts";
import { listTestFiles, runTestFiles } from "./vitest-run.ts";

const FAST_DEADLINE_MS = 15 * 60_000;
const REAL_FILE_DEADLINE_MS = 20 * 60_000;
const END_TO_END_FILE_DEADLINE_MS = 45 * 60_000;

async function runCheckPart(): Promise<Totals> {
  const results = await runChecks((result) => console.log(renderCheck(result)));
  const failed = results.filter((result) => result.code !== 0).length;
  return { passed: results.length - failed, failed, skipped: 0 };
}

/** Each file in its own process, one after the other: they share the machine's engine and cluster. */
async function runFilePart(project: "real" | "e2e", deadlineMs: number): Promise<Totals> {
  const parts: Totals[] = [];
  for (const file of listTestFiles(project)) parts.push(await runTestFiles(project, [file], deadlineMs));
  return addTotals(parts);
}

type Part = { readonly name: string; run(): Promise<Totals> };

const quick: readonly Part[] = [
  { name: "checks", run: runCheckPart },
  { name: "fast tests", run: () => runTestFiles("fast", [], FAST_DEADLINE_MS) },
];
const thorough: readonly Part[] = [
  { name: "real parts ready", run: prepareRealParts },
  { name: "real tests", run: () => runFilePart("real", REAL_FILE_DEADLINE_MS) },
  { name: "end-to-end tests", run: () => runFilePart("e2e", END_TO_END_FILE_DEADLINE_MS) },
];

async function runParts(parts: readonly Part[]): Promise<Totals> {
  const rows: { readonly name: string; readonly totals: Totals; readonly seconds: number }[] = [];
  for (const { name, run } of parts) {
    console.log(`\n── ${name}`);
    const started = performance.now();
    const totals = await run();
    rows.push({ name, totals, seconds: (performance.now() - started) / 1000 });
  }
  console.log("");
  for (const { name, totals, seconds } of rows) {
    console.log(`${name.padEnd(18)} ${renderTotals(totals)} (${seconds.toFixed(1)} s)`);
  }
  return addTotals(rows.map((row) => row.totals));
}

const fastOnly = process.argv.includes("--fast");
const totals = await runParts(fastOnly ? quick : [...quick, ...thorough]);
console.log(renderTotals(totals));
process.exitCode = isGreen(totals) ? 0 : 1;
