// The README's table of rules, from the rules themselves; run this file to write it.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packRules } from "./pack-rules.ts";
import type { Levels, Rule } from "./rule.ts";

const BEGIN = "<!-- rules:begin (written by `node policies/rules-table.ts`) -->";
const END = "<!-- rules:end -->";

/** `readme` with the table between its markers replaced. */
export function withRulesTable(readme: string, rules: readonly Rule[] = packRules): string {
  const [before, rest] = readme.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`the README has no ${BEGIN} … ${END}`);
  return `${before}${BEGIN}\n${rulesTable(rules)}\n${END}${after}`;
}

const HEAD = ["rule", "what holds", "severity", "level", "unknown at preview", "framework", "settings"];

/** Padded, as the formatter wants tables. */
function rulesTable(rules: readonly Rule[]): string {
  const rows = [HEAD, ...rules.map(toCells)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const toLine = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const rule = toLine(widths.map((width) => "-".repeat(width)));
  return [toLine(HEAD), rule, ...rules.map((each) => toLine(toCells(each)))].join("\n");
}

function toCells(rule: Rule): readonly string[] {
  const { name, title, severity, levels, whenUnknown, framework } = rule;
  return [
    `\`${name}\``,
    title,
    severity,
    toLevels(levels),
    whenUnknown,
    `${framework.name} ${framework.reference}`,
    toSettings(rule),
  ];
}

function toLevels({ default: rest, ...named }: Levels): string {
  const parts = Object.entries(named).map(([environment, level]) => `${environment} ${level}`);
  return parts.length === 0 ? rest : `${parts.join(", ")}, else ${rest}`;
}

function toSettings({ settings = {} }: Rule): string {
  const names = Object.keys(settings).map((name) => `\`${name}\``);
  return names.length === 0 ? "none" : names.join(", ");
}

if (import.meta.main) {
  const file = join(import.meta.dirname, "README.md");
  writeFileSync(file, withRulesTable(readFileSync(file, "utf8")));
}
