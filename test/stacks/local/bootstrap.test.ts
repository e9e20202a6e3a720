// The set-up in front of every script: exit codes, signals, the environment, and one installation at a time.
import { type ChildProcess, spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { paths } from "../../../stacks/local/paths.ts";

const made: string[] = [];
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

/** A checkout of its own with no dependencies, so that a whole installation takes a moment and no network. */
function makeCheckout(): string {
  const checkout = mkdtempSync(join(tmpdir(), "rampa-bootstrap-"));
  made.push(checkout);
  mkdirSync(join(checkout, "stacks/local"), { recursive: true });
  cpSync(join(paths.checkout, "stacks/local/bootstrap.mjs"), join(checkout, "stacks/local/bootstrap.mjs"));
  const root = { name: "empty", version: "1.0.0" };
  writeFileSync(join(checkout, "package.json"), JSON.stringify(root));
  const lock = { ...root, lockfileVersion: 3, requires: true, packages: { "": root } };
  writeFileSync(join(checkout, "package-lock.json"), JSON.stringify(lock));
  return checkout;
}

type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

function start(
  checkout: string,
  script: string,
  args: readonly string[] = [],
): { child: ChildProcess; ended: Promise<Ended> } {
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

const run = (checkout: string, script: string, args: readonly string[] = []): Promise<Ended> =>
  start(checkout, script, args).ended;

describe("the installation", () => {
  it("runs once, says so, and again after the lockfile changed; it is silent when everything is there", async () => {
    const checkout = makeCheckout();
    expect((await run(checkout, "")).stderr).toMatch(/^\[set-up +\d+\.\d s\] installing npm packages/);
    expect(await run(checkout, "")).toEqual({ code: 0, stdout: "", stderr: "" });
    const lock = join(checkout, "package-lock.json");
    writeFileSync(lock, `${readFileSync(lock, "utf8")}\n`);
    expect((await run(checkout, "")).stderr).toContain("installing npm packages");
  });

  it("is done by one of two that start together, while the other waits", async () => {
    const checkout = makeCheckout();
    const both = await Promise.all([run(checkout, ""), run(checkout, "")]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(both.filter(({ stderr }) => stderr.includes("] installing npm packages"))).toHaveLength(1);
  });

  it("is done by one of several that find at once what a killed one left", async () => {
    const checkout = makeCheckout();
    mkdirSync(join(checkout, ".rampa"));
    writeFileSync(join(checkout, ".rampa", `set-up.lock.${2 ** 22}`), "");
    const all = await Promise.all(Array.from({ length: 4 }, () => run(checkout, "")));
    expect(all.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    expect(all.filter(({ stderr }) => stderr.includes("] installing npm packages"))).toHaveLength(1);
    expect(readdirSync(join(checkout, ".rampa"))).toEqual([]);
  });

  it("says what npm said when it fails, and does not run the entry", async () => {
    const checkout = makeCheckout();
    const root = { name: "empty", dependencies: { zod: "1" } };
    writeFileSync(join(checkout, "package.json"), JSON.stringify(root));
    const { code, stdout, stderr } = await run(checkout, "console.log('ran')");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/npm ci failed:\n[\s\S]*in sync/);
  });
});

describe("the entry", () => {
  let checkout = "";
  beforeAll(async () => {
    checkout = makeCheckout();
    await run(checkout, "");
  });

  it("gets its arguments, runs as TypeScript and decides the exit code", async () => {
    const script =
      "const all: string[] = process.argv.slice(2); console.log(JSON.stringify(all)); process.exit(7);";
    const { code, stdout } = await run(checkout, script, ["a b", "--json"]);
    expect(JSON.parse(stdout)).toEqual(["a b", "--json"]);
    expect(code).toBe(7);
  });

  it("finds this Node and the packages' programs first on PATH, and the caches of the rest of the project", async () => {
    const script = "console.log(process.env.PATH + '\\n' + process.env.NODE_COMPILE_CACHE)";
    const [path, compileCache] = (await run(checkout, script)).stdout.trim().split("\n");
    expect(path?.split(":")[1]).toBe(join(checkout, "node_modules/.bin"));
    expect(existsSync(join(path?.split(":")[0] ?? "", "node"))).toBe(true);
    expect(compileCache).toBe(join(paths.cache, "compile"));
  });

  it("is told to end when the set-up is, and its answer is the exit code", async () => {
    const script =
      "process.on('SIGTERM', () => process.exit(9)); console.log('ready'); setInterval(() => {}, 1000);";
    const { child, ended } = start(checkout, script);
    await new Promise<void>((settle) => child.stdout?.once("data", () => settle()));
    child.kill("SIGTERM");
    expect((await ended).code).toBe(9);
  });
});
