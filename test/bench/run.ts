// `npm run bench [-- gateway llm embeddings environment]`: runs the benchmarks one after the other and prints one JSON document.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const ALL = ["gateway", "llm", "embeddings", "environment"];
const DEADLINE_MS = 20 * 60_000;

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !ALL.includes(name));
if (unknown.length > 0) {
  console.error(`no benchmark is called ${unknown.join(", ")}; there are: ${ALL.join(", ")}`);
  process.exit(2);
}
const results: Record<string, unknown> = {};
for (const name of wanted.length > 0 ? wanted : ALL) {
  console.error(`benchmark ${name} …`);
  const { stdout } = await run(process.execPath, [join(import.meta.dirname, `${name}.ts`)], {
    timeout: DEADLINE_MS,
  });
  results[name] = JSON.parse(stdout);
}
process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
