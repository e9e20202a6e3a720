// The README shows the rules as they are.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { packRules } from "../../policies/pack-rules.ts";
import { withRulesTable } from "../../policies/rules-table.ts";

const readme = readFileSync(join(import.meta.dirname, "../../policies/README.md"), "utf8");

it("has the table of rules as `node policies/rules-table.ts` writes it", () => {
  expect(withRulesTable(readme)).toBe(readme);
  for (const { name } of packRules) expect(readme).toContain(`| \`${name}\` `);
});
