// `npm run check`: types, style, unused code and the architecture test.
import { renderCheck, runChecks } from "./checks.ts";
import { runTestFiles } from "./vitest-run.ts";

const results = await runChecks((result) => console.log(renderCheck(result)));
const architecture = await runTestFiles("fast", ["test/architecture.test.ts"], 120_000);
const isClean = results.every((result) => result.code === 0) && architecture.failed === 0;
process.exitCode = isClean ? 0 : 1;
