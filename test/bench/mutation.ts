// Mutation score of the policy rules: changes each rule in small ways and counts the changes that its cases notice.
import { relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { Stryker } from "@stryker-mutator/core";

const CHECKOUT = resolve(import.meta.dirname, "../..");
const LEAST_PERCENT = 80;

const { values } = parseArgs({
  options: {
    /** Folders or files below `policies/`; rules and readers of Kubernetes objects when left out. */
    only: { type: "string", multiple: true, default: ["rules", "kubernetes"] },
    concurrency: { type: "string", default: "1" },
    /** Prints each change that no case notices. */
    survivors: { type: "boolean", default: false },
  },
});

process.chdir(CHECKOUT);
const results = await new Stryker({
  configFile: "test/kit/mutation/stryker.conf.json",
  mutate: values.only.map((each) => (each.endsWith(".ts") ? `policies/${each}` : `policies/${each}/**/*.ts`)),
  concurrency: Number(values.concurrency),
}).runMutationTest();

type Count = { killed: number; survived: number };
const counts = new Map<string, Count>();
for (const { fileName, status, location, replacement } of results) {
  if (!["Killed", "Timeout", "Survived", "NoCoverage"].includes(status)) continue;
  const file = relative(CHECKOUT, fileName);
  const count = counts.get(file) ?? { killed: 0, survived: 0 };
  const isNoticed = status === "Killed" || status === "Timeout";
  counts.set(
    file,
    isNoticed ? { ...count, killed: count.killed + 1 } : { ...count, survived: count.survived + 1 },
  );
  if (!isNoticed && values.survivors) {
    const { line, column } = location.start;
    process.stderr.write(`${file}:${line}:${column} ${status} → ${replacement?.replaceAll(/\s+/g, " ")}\n`);
  }
}
const toPercent = ({ killed, survived }: Count): number =>
  Math.round((1000 * killed) / Math.max(1, killed + survived)) / 10;
const files = Object.fromEntries(
  [...counts].toSorted(([a], [b]) => a.localeCompare(b)).map(([file, count]) => [file, toPercent(count)]),
);
const total = [...counts.values()].reduce(
  (sum, { killed, survived }) => ({ killed: sum.killed + killed, survived: sum.survived + survived }),
  { killed: 0, survived: 0 },
);
const scorePercent = toPercent(total);
process.stdout.write(`${JSON.stringify({ scorePercent, ...total, files }, null, 2)}\n`);
process.exitCode = scorePercent >= LEAST_PERCENT ? 0 : 1;
