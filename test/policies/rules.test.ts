// Every rule's pass, fail, unknown-value and exemption cases, judged by the real analyser.
import { globSync } from "node:fs";
import { basename, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Analyser, startAnalyser } from "../../policies/harness/analyser.ts";
import type { JudgedResource, PackConfig, Verdict } from "../../policies/harness/analyser-messages.ts";
import { packRules } from "../../policies/pack-rules.ts";
import { allCases } from "./cases/all-cases.ts";
import { NETWORK_POLICY, type RuleCases, resource } from "./cases/rule-cases.ts";
import { networkPolicyProps } from "./fixtures/manifests.ts";
import { createPack, type PackFixture } from "./pack-fixture.ts";

const REASON = "accepted until the move is done";

/** The first failing resource of each rule, once in a project where it is exempted and once where that is over. */
const exemptions = allCases.flatMap(({ rule, fail }) => {
  const urn = fail[0]?.resources[0]?.urn ?? "";
  return [
    { rule, urn: inProject(urn, "exempted"), reason: REASON, expires: "2999-12-31" },
    { rule, urn: inProject(urn, "expired"), reason: REASON, expires: "2020-01-31" },
  ];
});

let pack: PackFixture;
let analyser: Analyser;
const seen: { verdict: Verdict; resources: readonly JudgedResource[] }[] = [];

beforeAll(async () => {
  pack = createPack(exemptions);
  analyser = await startAnalyser(pack.folder);
});

afterAll(async () => {
  await analyser.close();
  pack.remove();
});

async function judge(rule: string, resources: readonly JudgedResource[], config?: PackConfig) {
  const verdicts = (await analyser.judge(resources, config)).filter((verdict) => verdict.rule === rule);
  seen.push(...verdicts.map((verdict) => ({ verdict, resources })));
  return verdicts;
}

function toPairs(verdicts: readonly Verdict[]) {
  return verdicts.map(({ level, message }) => [level, message]);
}

function inProject(urn: string, project: string): string {
  return urn.replace("::rampa::", `::${project}::`);
}

function moved(resources: readonly JudgedResource[], project: string): readonly JudgedResource[] {
  return resources.map((each) => ({ ...each, urn: inProject(each.urn, project) }));
}

function first({ fail }: RuleCases) {
  const [failing] = fail;
  if (failing === undefined) throw new Error("a rule needs a failing case");
  return failing;
}

describe.each(allCases)("$rule", (cases) => {
  const { rule, pass, fail, unknown } = cases;

  it.each(pass)("passes $title", async ({ resources, config }) => {
    expect(toPairs(await judge(rule, resources, config))).toEqual([]);
  });

  it.each(fail)("refuses $title", async ({ resources, config, expected }) => {
    const verdicts = await judge(rule, resources, config);
    expect(toPairs(verdicts)).toEqual(expected);
    expect(verdicts.map(({ urn }) => urn)).toEqual(expected.map(() => urnOfFault(resources, verdicts)));
    expect(new Set(verdicts.map(({ fix }) => fix !== ""))).toEqual(new Set([true]));
  });

  it.each(fail)("alone refuses $title", async ({ resources, config, also = [] }) => {
    const verdicts = await analyser.judge([...resources, ...surroundings(rule)], config);
    const refusing = verdicts.filter(({ level }) => level === "mandatory").map((verdict) => verdict.rule);
    expect(new Set(refusing.filter((each) => each !== rule))).toEqual(new Set(also));
  });

  it.each(unknown)("says what it cannot judge yet: $title", async ({ resources, config, expected }) => {
    expect(toPairs(await judge(rule, resources, config))).toEqual(expected);
  });

  it("turns an exempted finding into a notice with its reason and last day", async () => {
    const { resources, config, expected } = first(cases);
    const notices = expected.map(([, message]) => [
      "advisory",
      `Exempt until 2999-12-31 (${REASON}): ${message}`,
    ]);
    expect(toPairs(await judge(rule, moved(resources, "exempted"), config))).toEqual(notices);
  });

  it("holds the finding again when the exemption is over", async () => {
    const { resources, config, expected } = first(cases);
    expect(toPairs(await judge(rule, moved(resources, "expired"), config))).toEqual(expected);
  });
});

/** What pods need around them so that only the case's own fault is left. */
function surroundings(rule: string): readonly JudgedResource[] {
  if (rule === "namespace-default-deny") return [];
  return [resource(NETWORK_POLICY, networkPolicyProps, { name: "closed" })];
}

/** Every verdict is about a resource of the case. */
function urnOfFault(resources: readonly JudgedResource[], verdicts: readonly Verdict[]): string | undefined {
  return resources.find(({ urn }) => verdicts.some((verdict) => verdict.urn === urn))?.urn;
}

describe("exemptions", () => {
  it("makes an expired exemption a mandatory finding of its own, and only in its stack and project", async () => {
    const cases = allCases[0];
    if (cases === undefined) throw new Error("no cases");
    const { resources } = first(cases);
    const expired = await judge("exemptions-current", moved(resources, "expired"));
    expect(expired.map(({ level, urn, message }) => ({ level, urn, message }))).toEqual(
      exemptions
        .filter(({ expires }) => expires === "2020-01-31")
        .map(({ rule, urn, expires }) => ({
          level: "mandatory",
          urn,
          message: `the exemption from ${rule} expired after ${expires}`,
        })),
    );
    expect(await judge("exemptions-current", resources)).toEqual([]);
  });
});

describe("the pack", () => {
  it("holds every rule in the folder, under its file's name, and each has all kinds of cases", () => {
    const files = globSync("**/*.ts", { cwd: resolve(import.meta.dirname, "../../policies/rules") });
    const names = files.map((file) => basename(file, ".ts")).toSorted();
    expect(packRules.map(({ name }) => name).toSorted()).toEqual(names);
    expect(allCases.map(({ rule }) => rule).toSorted()).toEqual(names);
    for (const { rule, pass, fail, unknown } of allCases) {
      expect([rule, pass.length > 0, fail.length > 0, unknown.length > 0]).toEqual([rule, true, true, true]);
    }
  });

  it("never repeats a property's text in a message", () => {
    expect(seen.length).toBeGreaterThan(60);
    for (const { verdict, resources } of seen) {
      for (const text of longTexts(resources.map(({ props }) => props)))
        expect(verdict.message).not.toContain(text);
    }
  });
});

/** Texts that are names of fields or of the standard itself as well. */
const FIELD_WORDS = new Set([
  "restricted",
  "RuntimeDefault",
  "nvidia.com/gpu",
  "node.kubernetes.io/not-ready",
  "node.kubernetes.io/unreachable",
]);

function longTexts(value: unknown): readonly string[] {
  if (typeof value === "string") return value.length >= 9 && !FIELD_WORDS.has(value) ? [value] : [];
  return value !== null && typeof value === "object" ? Object.values(value).flatMap(longTexts) : [];
}
