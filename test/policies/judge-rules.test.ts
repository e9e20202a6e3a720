// Every rule's cases judged inside this process: the quick twin of the analyser's suite, and what mutants are tried on.
import { describe, expect, it } from "vitest";
import { judgeRules } from "../../policies/harness/judge-rules.ts";
import { packRules } from "../../policies/pack-rules.ts";
import { allCases } from "./cases/all-cases.ts";
import type { RuleCase } from "./cases/rule-cases.ts";

function judge(name: string, { resources, config }: RuleCase) {
  const rules = packRules.filter((rule) => rule.name === name);
  const verdicts = judgeRules(rules, resources, config && { config });
  return verdicts.map(({ level, message }) => [level, message]);
}

describe.each(allCases)("$rule", ({ rule, pass, fail, unknown }) => {
  it.each(pass)("passes $title", (each) => {
    expect(judge(rule, each)).toEqual([]);
  });

  it.each([...fail, ...unknown])("says what is wrong or unknown: $title", (each) => {
    expect(judge(rule, each)).toEqual(each.expected);
  });
});
