// A team's own component, rule and pack, built and tested with nothing but what the policies export for that.
import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Provider } from "@pulumi/kubernetes/provider.js";
import { Provider as RandomProvider } from "@pulumi/random/provider.js";
import { RandomPassword } from "@pulumi/random/randomPassword.js";
import { afterAll, describe, expect, it } from "vitest";
import {
  type Analyser,
  judgeRules,
  packRules,
  type RecordOptions,
  recordResources,
  startAnalyser,
  UNKNOWN,
} from "../../policies/public.ts";
import { PromptLibrary } from "./fixtures/team/prompt-library.ts";
import { promptsNamed } from "./fixtures/team/prompts-named.ts";

const TEAM = resolve(import.meta.dirname, "fixtures/team");
const PROD: RecordOptions = { stack: "prod", project: "prompts" };
const labels = {
  "rampa.dev/owner": "team",
  "rampa.dev/environment": "prod",
  "rampa.dev/cost-center": "prompts",
};

function library(name: string): void {
  const kubernetes = new Provider("kubernetes", { clusterIdentifier: "test" });
  const random = new RandomProvider("random");
  const key = new RandomPassword("editor-key", { length: 40 }, { provider: random });
  const args = { name, prompts: { greeting: "Answer in one line." }, editorKey: key.result, labels };
  new PromptLibrary("library", { ...args, namespace: "rampa" }, { providers: [kubernetes] });
}

const find = <T extends { readonly name: string }>(all: readonly T[], name: string): T | undefined =>
  all.find((resource) => resource.name === name);

describe("a team's component", () => {
  it("is recorded with its options, and its secrets are unwrapped and named", async () => {
    const resources = await recordResources(() => library("team-prompts"), PROD);
    expect(find(resources, "library-prompts")).toMatchObject({
      type: "kubernetes:core/v1:ConfigMap",
      protect: true,
      parent: "urn:pulumi:prod::prompts::team:prompts:PromptLibrary::library",
      props: { data: { greeting: "Answer in one line." } },
    });
    const editor = find(resources, "library-editor");
    expect(editor?.secretPaths).toEqual(["stringData"]);
    expect(editor?.props.stringData).toEqual({ key: expect.stringMatching(/^recorded-password/) });
  });

  it("shows what a first preview does not know", async () => {
    const resources = await recordResources(() => library("team-prompts"), { ...PROD, preview: true });
    expect(find(resources, "library-editor")?.props.stringData).toBe(UNKNOWN);
  });

  it("is refused with two resources of one name, and with a provider that nobody chose", async () => {
    const twice = recordResources(() => [library("team-prompts"), library("team-prompts")], PROD);
    await expect(twice).rejects.toThrow("two resources have the URN");
    const stray = recordResources(() => new RandomPassword("key", { length: 8 }), PROD);
    await expect(stray).rejects.toThrow("has no explicit provider and would get a default one");
  });
});

describe("a team's rule", () => {
  it("judges what was recorded, beside the platform's rules", async () => {
    const good = await recordResources(() => library("team-prompts"), PROD);
    const bad = await recordResources(() => library("prompts"), PROD);
    const rules = [...packRules, promptsNamed];
    expect(judgeRules(rules, good)).toEqual([]);
    expect(judgeRules(rules, bad)).toEqual([
      {
        rule: "prompts-named",
        level: "mandatory",
        severity: "low",
        urn: "urn:pulumi:prod::prompts::team:prompts:PromptLibrary$kubernetes:core/v1:ConfigMap::library-prompts",
        message: "metadata.name: does not begin with `team-`",
        fix: "Begin the name with `team-`.",
      },
    ]);
  });
});

describe("a team's pack", () => {
  let analyser: Analyser | undefined;
  afterAll(() => analyser?.close());

  it("answers the engine as the rules do in the test", async () => {
    analyser = await startAnalyser(join(TEAM, "pack"));
    const resources = await recordResources(() => library("prompts"), PROD);
    expect(await analyser.judge(resources)).toEqual(judgeRules([...packRules, promptsNamed], resources));
  });

  it("needs nothing of the platform but what is exported for teams", () => {
    const files = globSync("**/*.ts", { cwd: TEAM }).map((file) => readFileSync(join(TEAM, file), "utf8"));
    const imports = files.flatMap((text) =>
      [...text.matchAll(/from "(\.\.?\/[^"]+)"/g)].map((match) => match[1] ?? ""),
    );
    const outside = imports.filter((path) => path.includes("policies"));
    expect(new Set(outside.map((path) => path.split("policies/")[1]))).toEqual(new Set(["public.ts"]));
    expect(files).toHaveLength(3);
  });
});
