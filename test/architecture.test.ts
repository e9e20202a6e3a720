// The shape of the tree: who may import whom, no cycles, sizes, purity of the core, and what no file may say.
import { describe, expect, it } from "vitest";
import { findForbiddenImports } from "./kit/import-rules.ts";
import { findCycle, listFiles, parseSource, readSource, readText } from "./kit/source-graph.ts";

const files = listFiles();
const sources = files
  .filter((path) => /^(stacks|components|serving|policies|test)\/.*\.(ts|mjs|cjs)$/.test(path))
  .map(readSource);
const isTest = (path: string): boolean => path.endsWith(".test.ts");

describe("imports", () => {
  it("go only where the table of rooms allows", () => {
    expect(sources.flatMap(findForbiddenImports)).toEqual([]);
  });

  it("have no cycle", () => {
    expect(findCycle(sources)).toBeUndefined();
  });

  it.each([
    ["serving/core/a.ts", 'import { z } from "zod";', "zod"],
    ["serving/http/a.ts", 'import "@pulumi/pulumi";', "@pulumi/pulumi"],
    ["components/canary/a.ts", 'import { b } from "../serving/b.ts";', "components/serving/b.ts"],
    ["policies/a.ts", 'import { b } from "../components/kit/b.ts";', "components/kit/b.ts"],
    ["stacks/a.ts", 'const b = await import("../test/b.ts");', "test/b.ts"],
  ])("are refused in %s when they reach too far", (path, text, target) => {
    expect(findForbiddenImports(parseSource(path, text))).toEqual([`${path} → ${target}`]);
  });

  it("that go round in a circle are found", () => {
    const circle = [parseSource("a.ts", 'import "./b.ts";'), parseSource("b.ts", 'export * from "./a.ts";')];
    expect(findCycle(circle)).toEqual(["a.ts", "b.ts", "a.ts"]);
  });
});

describe("sizes", () => {
  it("of files stay within 500 lines, of tests within 800", () => {
    const long = sources.filter(({ path, text }) => text.split("\n").length > (isTest(path) ? 801 : 501));
    expect(long.map(({ path }) => path)).toEqual([]);
  });

  it("of functions stay within 60 lines", () => {
    const long = sources
      .filter(({ path }) => !isTest(path))
      .flatMap(({ path, functions }) =>
        functions
          .filter(({ lines }) => lines > 60)
          .map(({ name, line, lines }) => `${path}:${line} ${name} ${lines}`),
      );
    expect(long).toEqual([]);
  });

  it("are counted from the first to the last line of a function", () => {
    const { functions } = parseSource("a.ts", "\nfunction three(): void {\n\n}\n");
    expect(functions).toEqual([{ name: "three", line: 2, lines: 3 }]);
  });
});

describe("the core of serving", () => {
  const IMPURE = [
    "Date",
    "Math.random",
    "process",
    "performance",
    "setTimeout",
    "setInterval",
    "fetch",
    "crypto",
  ];
  const impureWords = (text: string): readonly string[] => {
    const { words } = parseSource("serving/core/a.ts", text);
    return IMPURE.filter((word) => words.has(word));
  };

  it("asks neither clock nor chance nor the world", () => {
    const core = sources.filter(({ path }) => path.startsWith("serving/core/"));
    expect(core.length).toBeGreaterThan(0);
    expect(core.flatMap(({ path, text }) => impureWords(text).map((word) => `${path}: ${word}`))).toEqual([]);
  });

  it("is found out when it does", () => {
    expect(impureWords("export const now = () => Date.now() + Math.random();")).toEqual([
      "Date",
      "Math.random",
    ]);
  });
});

describe("the tree", () => {
  it("begins every file with its job", () => {
    const silent = sources.filter(({ text }) => !/^(#!.*\n)?\/\/ \S/.test(text));
    expect(silent.map(({ path }) => path)).toEqual([]);
  });

  it("has only the known entries at the top", () => {
    const known = /^(\.[^/]+|(stacks|components|serving|policies|test)|[A-Z]+\.md|LICENSE|Pulumi\.yaml)$/;
    const config = ["package.json", "package-lock.json", "tsconfig.json"];
    const top = [...new Set(files.map((path) => path.split("/")[0] ?? ""))];
    expect(top.filter((entry) => !known.test(entry) && !config.includes(entry))).toEqual([]);
  });

  it("names no package registry's host and no path of one machine", () => {
    // Put together here, so that this file does not break its own rule.
    const hosts = [
      ["registry", "npmjs", "org"],
      ["pypi", "org"],
      ["files", "pythonhosted", "org"],
      ["proxy", "golang", "org"],
      ["deb", "debian", "org"],
    ].map((labels) => labels.join("\\."));
    const places = [
      ["", "work", "[a-z]"],
      ["", "root", "[a-z.]"],
      ["", "tmp", "b", ""],
    ];
    const forbidden = new RegExp(
      [...hosts, ...places.map((parts) => `(?<![\\w.$}*-])${parts.join("/")}`)].join("|"),
    );
    const found = files.flatMap((path) =>
      readText(path)
        .split("\n")
        .flatMap((line, index) => (forbidden.test(line) ? [`${path}:${index + 1}`] : [])),
    );
    expect(found).toEqual([]);
  });
});
