// `rampa render` on the stacks as they are: every object a file, stale files removed, other people's kept.
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { planStack, STACKS } from "../../kit/plan-stack.ts";
import { type Ended, runCommand } from "./run-command.ts";

/** Planning takes a second or two, and several times that on a machine that is busy. */
const PATIENT_MS = 60_000;
const render = (...args: readonly string[]): Promise<Ended> =>
  runCommand(["render", ...args, "--out", folder], { deadlineMs: PATIENT_MS });

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rampa-render-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const filesOf = async (): Promise<string[]> => {
  const entries = await readdir(folder, { recursive: true });
  return entries.filter((path) => path.endsWith(".yaml")).toSorted();
};

describe("rampa render", { timeout: 2 * PATIENT_MS }, () => {
  it.each(STACKS)("writes each Kubernetes object of %s once", async (stack) => {
    const { code } = await render("--stack", stack);
    expect(code).toBe(0);
    const { resources } = await planStack(stack);
    const objects = resources.filter(({ type }) => type.startsWith("kubernetes:"));
    const files = await filesOf();
    expect(files).toHaveLength(objects.length);
    const kinds = await Promise.all(
      files.map(async (path) => parse(await readFile(join(folder, path), "utf8")).kind),
    );
    expect(kinds.toSorted()).toEqual(objects.map(({ props }) => props.kind).toSorted());
  });

  it("removes what the stack no longer has and lists the files as JSON", async () => {
    await render("--stack", "prod");
    const { stdout } = await render("--stack", "local", "--json");
    expect(await filesOf()).toEqual(JSON.parse(stdout).files);
  });

  it("leaves a folder alone that holds anything else", async () => {
    await writeFile(join(folder, "thesis.txt"), "mine");
    const { code, stderr } = await render("--stack", "local");
    expect(code).toBe(2);
    expect(stderr).toContain(`cli.usage: --out: got ${folder}, which holds other files`);
    expect(await readdir(folder)).toEqual(["thesis.txt"]);
  });
});
