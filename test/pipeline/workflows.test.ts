// The workflow files: thin, pinned, with the least rights; every command in them exists and is in the documented order.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { buildProgram, listVerbs } from "../../stacks/cli/program.ts";
import { paths } from "../../stacks/local/paths.ts";
import { commandsOf } from "../docs/readme-commands.ts";
import { readText } from "../kit/source-graph.ts";

const rights = z.record(z.string(), z.string());
const step = z.object({
  uses: z.string().optional(),
  run: z.string().optional(),
  with: z.record(z.string(), z.unknown()).default({}),
  env: z.record(z.string(), z.string()).default({}),
});
const job = z.object({
  uses: z.string().optional(),
  permissions: rights,
  "timeout-minutes": z.int().optional(),
  steps: z.array(step).default([]),
});
const workflow = z.object({
  on: z.record(z.string(), z.unknown()),
  permissions: z.record(z.string(), z.string()),
  concurrency: z.unknown().optional(),
  jobs: z.record(z.string(), job),
});

const folder = ".github/workflows";
const names = readdirSync(join(paths.checkout, folder)).toSorted();
const files = names.map((name) => {
  const text = readText(`${folder}/${name}`);
  const { jobs, ...rest } = workflow.parse(parse(text));
  return { name, text, jobs: Object.entries(jobs), ...rest };
});
const steps = files.flatMap(({ jobs }) => jobs.flatMap(([, it]) => it.steps));
const commands = steps.flatMap(({ run }) => run ?? []);

const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readText("package.json")));
const verbs = listVerbs(buildProgram("0.0.0", () => {}));

/** What is wrong with a command; undefined for a script or verb of the project that exists, with options it has. */
function findFault(command: string): string | undefined {
  if (command === "npm ci --ignore-scripts" || command === "npm audit signatures") return undefined;
  const [, script = "", rest = ""] = /^npm run (?:-s )?([\w:]+)(?: -- ([^;&|<`]*))?$/.exec(command) ?? [];
  if (script === "") return "is more than one npm script";
  if (scripts[script] === undefined) return `there is no script ${script}`;
  if (script !== "rampa") return undefined;
  const words = rest.replace(/ > "[^"]*"$/, "").match(/"[^"]*"|\S+/g) ?? [];
  const verb = verbs
    .filter(({ name }) => words.join(" ").startsWith(name))
    .toSorted((a, b) => b.name.length - a.name.length)[0];
  if (verb === undefined) return "there is no such verb";
  const strange = words.filter((word) => word.startsWith("-") && !verb.options.includes(word));
  return strange.length === 0 ? undefined : `${verb.name} has no option ${strange.join(", ")}`;
}

describe("the steps of the workflows", () => {
  it("call scripts and verbs that exist, with options they have, one a step", () => {
    expect(commands.length).toBeGreaterThan(20);
    expect(commands.flatMap((it) => (findFault(it) === undefined ? [] : `${it}: ${findFault(it)}`))).toEqual(
      [],
    );
  });

  it.each([
    ["npm run rampa -- pipeline comment --stack a --fil b", "pipeline comment has no option --fil"],
    ["npm run rampa -- deploy", "there is no such verb"],
    ["npm run deploy", "there is no script deploy"],
    ["npm run check && curl evil", "is more than one npm script"],
    ["npm run check\nnpm test", "is more than one npm script"],
    ["npm install", "is more than one npm script"],
  ])("would be refused with %j", (command, fault) => {
    expect(findFault(command)).toBe(fault);
  });

  it("put no expression into a command, where a name could act as one", () => {
    expect(commands.filter((it) => it.includes("${{"))).toEqual([]);
  });

  it("use actions by full commit, with the version beside it", () => {
    const uses = files.flatMap(({ text }) => [...text.matchAll(/uses: (\S+)(.*)/g)]);
    const odd = uses.filter(
      ([, action = "", comment = ""]) =>
        !action.startsWith("./.github/workflows/") &&
        !(/^[\w.-]+\/[\w.-]+@[0-9a-f]{40}$/.test(action) && /^ # v\d+\.\d+\.\d+$/.test(comment)),
    );
    expect(odd.map(([line]) => line)).toEqual([]);
    const pins = new Set(uses.map(([, action = ""]) => action));
    const actions = new Set([...pins].map((pin) => pin.split("@")[0]));
    expect(pins.size).toBe(actions.size);
  });

  it("leave no credentials in the checkout", () => {
    const checkouts = steps.filter(({ uses }) => uses?.startsWith("actions/checkout@"));
    expect(checkouts.filter((it) => it.with["persist-credentials"] !== false)).toEqual([]);
  });

  it("are given the job's token only where they write to GitHub", () => {
    const given = steps.filter(({ env }) => JSON.stringify(env).includes("github.token"));
    expect(given.map(({ run }) => run?.split(" ").slice(4, 6).join(" "))).toEqual([
      "pipeline record",
      "pipeline comment",
    ]);
  });
});

describe("the workflows", () => {
  it("give no right to all jobs, and each job its own and a time limit", () => {
    expect(files.map(({ permissions }) => permissions)).toEqual(files.map(() => ({})));
    const endless = files.flatMap(({ jobs }) =>
      jobs
        .filter(([, it]) => it.uses === undefined && it["timeout-minutes"] === undefined)
        .map(([name]) => name),
    );
    expect(endless).toEqual([]);
  });

  it("run one at a time for a branch, a pull request or a stack", () => {
    const groups = files.flatMap(({ text }) => [...text.matchAll(/group: (\S+)/g)].map((it) => it[1]));
    expect(groups).toHaveLength(files.length);
  });

  it("hold no secret, and run a stranger's code without one and without a right to write", () => {
    expect(files.filter(({ text }) => text.includes("secrets."))).toEqual([]);
    expect(files.filter((it) => "pull_request_target" in it.on || "workflow_run" in it.on)).toEqual([]);
    const ofPullRequest = files.find((it) => "pull_request" in it.on);
    const writing = ofPullRequest?.jobs.filter(([, it]) => Object.values(it.permissions).includes("write"));
    expect(writing?.map(([name, it]) => [name, it.permissions])).toEqual([
      ["comment", { contents: "read", "pull-requests": "write" }],
    ]);
    expect(ofPullRequest?.text).toContain("head.repo.full_name == github.repository");
  });
});

describe("the plain order of commands in the README", () => {
  const readme = readText("stacks/pipeline/README.md");
  const plain = commandsOf(readme);

  it("names scripts, verbs and options that exist", () => {
    expect(plain.length).toBeGreaterThan(15);
    const faults = plain
      .map((it) => it.replaceAll(/\b[A-Z]+\b/g, '"X"'))
      .flatMap((it) => findFault(it) ?? []);
    expect(faults).toEqual([]);
  });

  it("names every command that the workflows run", () => {
    const bare = (command: string): string => command.split(/ (?:-s|--[a-z]|>|")/)[0] ?? "";
    const head = (command: string): string => bare(command.replace("run -s ", "run ").replace(" -- ", " "));
    const documented = new Set(plain.map(head));
    expect(commands.map(head).filter((it) => !documented.has(it))).toEqual([]);
  });

  it("describes every verb of the pipeline", () => {
    const own = verbs.filter(({ name }) => name.startsWith("pipeline "));
    expect(own.filter(({ name }) => !readme.includes(`| \`${name}\``)).map(({ name }) => name)).toEqual([]);
  });
});
