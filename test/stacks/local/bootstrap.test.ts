// The set-up in front of every script: exit codes, signals, the environment, and one installation at a time.
import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { paths } from "../../../stacks/local/paths.ts";

let checkout = "";

/** A checkout of its own with no dependencies, so that a whole installation takes a moment and no network. */
beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), "rampa-bootstrap-"));
  mkdirSync(join(checkout, "stacks/local"), { recursive: true });
  cpSync(join(paths.checkout, "stacks/local/bootstrap.mjs"), join(checkout, "stacks/local/bootstrap.mjs"));
  const root = { name: "empty", version: "1.0.0" };
  writeFileSync(join(checkout, "package.json"), JSON.stringify(root));
  const lock = { ...root, lockfileVersion: 3, requires: true, packages: { "": root } };
  writeFileSync(join(checkout, "package-lock.json"), JSON.stringify(lock));
});
afterEach(() => rmSync(checkout, { recursive: true, force: true }));

type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

function start(script: string, ...args: readonly string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const entry = join(checkout, "entry.ts");
  writeFileSync(entry, script);
  const bootstrap = join(checkout, "stacks/local/bootstrap.mjs");
  const env: NodeJS.ProcessEnv = { ...process.env };
  delete env.NODE_COMPILE_CACHE;
  const child = spawn(process.execPath, [bootstrap, entry, ...args], { env, timeout: 20_000 });
  const text = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (chunk: string) => {
      text[name] += chunk;
    });
  }
  const ended = new Promise<Ended>((settle) => child.once("close", (code) => settle({ code, ...text })));
  return { child, ended };
}

const run = (script: string, ...args: readonly string[]): Promise<Ended> => start(script, ...args).ended;

describe("the set-up", () => {
  it("hands on arguments, runs TypeScript and ends with the entry's exit code", async () => {
    const { code, stdout } = await run(
      "const all: string[] = process.argv.slice(2); console.log(JSON.stringify(all)); process.exitCode = 7;",
      "a b",
      "--json",
    );
    expect(JSON.parse(stdout)).toEqual(["a b", "--json"]);
    expect(code).toBe(7);
  });

  it("installs once, says so, and is silent when everything is there", async () => {
    const first = await run("");
    expect(first.stderr).toMatch(/^\[set-up +\d+\.\d s\] installing npm packages/);
    expect(existsSync(join(checkout, "node_modules/.rampa-stamp"))).toBe(true);
    const second = await run("");
    expect(second).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  it("installs again after the lockfile changed", async () => {
    await run("");
    const lock = join(checkout, "package-lock.json");
    writeFileSync(lock, `${readFileSync(lock, "utf8")}\n`);
    expect((await run("")).stderr).toContain("installing npm packages");
  });

  it("lets one of two installers wait for the other", async () => {
    const both = await Promise.all([run(""), run("")]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(both.filter(({ stderr }) => stderr.includes("] installing npm packages"))).toHaveLength(1);
  });

  it("says what npm said when the installation fails", async () => {
    writeFileSync(
      join(checkout, "package.json"),
      JSON.stringify({ name: "empty", dependencies: { zod: "1" } }),
    );
    const { code, stderr } = await run("console.log('must not run')");
    expect(code).toBe(1);
    expect(stderr).toContain("npm ci failed:");
    expect(stderr).toMatch(/package-lock\.json|in sync/);
  });

  it("puts this Node and the packages' programs first on PATH, and caches where the rest of the project does", async () => {
    const { stdout } = await run("console.log(process.env.PATH + '\\n' + process.env.NODE_COMPILE_CACHE)");
    const [path, compileCache] = stdout.trim().split("\n");
    expect(path?.split(":")[1]).toBe(join(checkout, "node_modules/.bin"));
    expect(existsSync(join(path?.split(":")[0] ?? "", "node"))).toBe(true);
    expect(compileCache).toBe(join(paths.cache, "compile"));
  });

  it("passes a termination on to the entry and ends with its answer", async () => {
    const { child, ended } = start(
      "process.on('SIGTERM', () => process.exit(9)); console.log('ready'); setInterval(() => {}, 1000);",
    );
    await new Promise<void>((settle) => child.stdout?.once("data", () => settle()));
    child.kill("SIGTERM");
    expect((await ended).code).toBe(9);
  });
});
