// Words that fit on a half-typed line, off the real command tree: no verb and no option is forgotten.
import { expect, it } from "vitest";
import { chooseWords, findFitting } from "../../../stacks/cli/complete-words.ts";
import { buildProgram, listVerbs } from "../../../stacks/cli/program.ts";

const program = buildProgram("0.0.0", () => {});
const shown = listVerbs(program);

it("are all verbs at the beginning, and all options of each verb", () => {
  const verbs = new Set(shown.map(({ name }) => name.split(" ")[0]));
  expect(findFitting(program, [""])).toEqual({ words: [...verbs, "help"] });
  for (const { name, options } of shown) {
    expect(findFitting(program, [...name.split(" "), "-"])).toEqual({ words: [...options, "--help"] });
  }
});

it.each<[readonly string[], ReturnType<typeof findFitting>]>([
  [["key", ""], { words: ["show", "help"] }],
  [["completion", ""], { words: ["bash", "zsh", "fish"] }],
  [["up", "--stack", "d"], { blank: { kind: "option", name: "stack", stack: undefined } }],
  [["up", "-s", ""], { blank: { kind: "option", name: "stack", stack: undefined } }],
  [["up", "--stack=d"], { blank: { kind: "option", name: "stack", stack: undefined } }],
  [["up", "--stack", "=", "d"], { blank: { kind: "option", name: "stack", stack: undefined } }],
  [["chat", "--stack=dev", "--model", ""], { blank: { kind: "option", name: "model", stack: "dev" } }],
  [["logs", "--stack", "dev", "g"], { blank: { kind: "argument", name: "name", stack: "dev" } }],
  [["logs", "--follow", ""], { blank: { kind: "argument", name: "name", stack: undefined } }],
  [["logs", "gateway", ""], { words: [] }],
  [["up", ""], { words: [] }],
  [["nothing-like-it", "-"], { words: ["--rampa-version", "-V", "--help"] }],
])("after %j are %j", (words, fitting) => {
  expect(findFitting(program, words)).toEqual(fitting);
});

it("begin with what is typed, and carry the option that is typed with them", () => {
  expect(chooseWords(["dev", "local"], "d")).toEqual(["dev"]);
  expect(chooseWords(["dev", "local"], "")).toEqual(["dev", "local"]);
  expect(chooseWords(["dev", "local"], "--stack=l")).toEqual(["--stack=local"]);
  expect(chooseWords(["dev", "local"], "=")).toEqual(["dev", "local"]);
});
