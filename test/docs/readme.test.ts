// The README keeps its word: every command exists and is run end to end, every requirement has its row.
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { buildProgram, listVerbs } from "../../stacks/cli/program.ts";
import { readText } from "../kit/source-graph.ts";
import { commandsOf, rampaCallOf } from "./readme-commands.ts";
import { REQUIREMENT_IDS } from "./requirement-ids.ts";

const readme = readText("README.md");
const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readText("package.json")));
const verbs = listVerbs(buildProgram("0.0.0", () => {}));
const commands = [...commandsOf(readme), ...commandsOf(readText("CONTRIBUTING.md"))];
const tried = ["test/e2e/local.real.test.ts", "test/stacks/cli/render.test.ts"].map(readText).join("\n");

const verbOf = (words: readonly string[]) => {
  const matching = verbs.filter(({ name }) => words.join(" ").startsWith(name));
  return matching.toSorted((a, b) => b.name.length - a.name.length)[0];
};

describe("the commands of the documents", () => {
  it("are found", () => {
    expect(commands).toEqual(expect.arrayContaining(["npm run up", "npm test", "npm run check"]));
  });

  it("name scripts that package.json has", () => {
    const named = commands.flatMap((command) => /npm run (?:-s )?([\w:]+)/.exec(command)?.[1] ?? []);
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
    expect(scripts.test).toBeDefined();
  });

  it("name verbs and options that rampa has", () => {
    const calls = commands.flatMap((command) => rampaCallOf(command) ?? []);
    expect(calls.length).toBeGreaterThan(8);
    for (const { words } of calls) {
      const verb = verbOf(words);
      expect(verb, words.join(" ")).toBeDefined();
      const options = words.filter((word) => word.startsWith("-"));
      expect(options.filter((option) => !verb?.options.includes(option))).toEqual([]);
    }
  });

  it("use verbs that a test runs on a stack of this checkout", () => {
    const used = commands.flatMap((command) => verbOf(rampaCallOf(command)?.words ?? [])?.name ?? []);
    const missing = used.filter((name) => {
      const words = name.split(" ").map((word) => `"${word}"`);
      return !new RegExp(`(?:rampa(?:Json)?|runCommand)\\([^;]*?${words.join(",\\s*")}`).test(tried);
    });
    expect([...new Set(missing)]).toEqual([]);
  });
});

describe("the README", () => {
  const rows = [...readme.matchAll(/^\| ([A-Z]\d+) \| (.+) \| (.+) \|$/gm)];

  it("has one row for every requirement, in order", () => {
    expect(rows.map((row) => row[1])).toEqual(REQUIREMENT_IDS);
  });

  it("gives every row one of the three states", () => {
    const odd = rows.filter((row) => !/^(done|planned|partly: .+)$/.test(row[3] ?? ""));
    expect(odd.map((row) => row[1])).toEqual([]);
  });

  it("describes every verb", () => {
    const described = [...readme.matchAll(/^\| `([a-z ]+?)(?: ["[].*?)?` \|/gm)].map((row) => row[1]);
    expect(verbs.map(({ name }) => name).filter((name) => !described.includes(name))).toEqual([]);
  });
});
