// How the set-up gets Node on a machine whose own is too old: the official release from a server on the loopback, else npm.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { arch, platform, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { paths } from "../../../stacks/local/paths.ts";

const bootstrap = readFileSync(join(paths.checkout, "stacks/local/bootstrap.mjs"), "utf8");
const version = /NODE_VERSION = "([\d.]+)"/.exec(bootstrap)?.[1] ?? "";
const name = `node-v${version}-${platform()}-${arch()}`;
const at = { sums: `/dist/v${version}/SHASUMS256.txt`, archive: `/dist/v${version}/${name}.tar.gz` };

let folder = "";
let server: Server;
let site = "";
let files: Map<string, Buffer | string>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "rampa-node-"));
  files = new Map();
  server = createServer((request, response) => {
    const content = files.get(request.url ?? "");
    if (content === undefined) response.writeHead(404).end();
    else response.end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A TCP server's address is an object, never a pipe's name.
  site = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  layCheckout();
});
afterEach(() => {
  server.close();
  server.closeAllConnections();
  rmSync(folder, { recursive: true });
});

/** A checkout without dependencies, an npm that has nothing, and a Node that believes to be old and knows one site only. */
function layCheckout(): void {
  mkdirSync(join(folder, "stacks/local"), { recursive: true });
  mkdirSync(join(folder, "bin"));
  cpSync(join(paths.checkout, "stacks/local/bootstrap.mjs"), join(folder, "stacks/local/bootstrap.mjs"));
  const root = { name: "empty", version: "1.0.0" };
  writeFileSync(join(folder, "package.json"), JSON.stringify(root));
  const lock = { ...root, lockfileVersion: 3, requires: true, packages: { "": root } };
  writeFileSync(join(folder, "package-lock.json"), JSON.stringify(lock));
  writeFileSync(join(folder, "entry.ts"), "console.log('ran');");
  writeProgram(
    join(folder, "bin/npm"),
    '[ "$1" = ci ] && mkdir -p node_modules && exit 0\necho "no $2 here" >&2; exit 1',
  );
  const old = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "18.0.0" } });
    const direct = fetch;
    globalThis.fetch = (url, init) => direct(url.replace("https://nodejs.org", ${JSON.stringify(site)}), init);`;
  writeFileSync(join(folder, "old.mjs"), old);
}

function writeProgram(file: string, script: string): void {
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
}

/** The release as nodejs.org lays it out, with a program that passes itself off as the version. */
function publishNode(): void {
  const bin = join(folder, name, "bin");
  mkdirSync(bin, { recursive: true });
  writeProgram(
    join(bin, "node"),
    `[ "$1" = --version ] && echo v${version} || exec ${process.execPath} "$@"`,
  );
  const archive = spawnSync("tar", ["-czf", "-", "-C", folder, name]).stdout;
  rmSync(join(folder, name), { recursive: true });
  const sum = createHash("sha256").update(archive).digest("hex");
  files.set(at.archive, archive);
  files.set(at.sums, `${"a".repeat(64)}  ${name}.tar.xz\n${sum}  ${name}.tar.gz\n`);
}

function setUp(): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const { npm_execpath: _, NODE_COMPILE_CACHE: __, ...env } = process.env;
  const args = ["--import", join(folder, "old.mjs"), join(folder, "stacks/local/bootstrap.mjs")];
  const child = spawn(process.execPath, [...args, join(folder, "entry.ts")], {
    env: { ...env, PATH: `${join(folder, "bin")}:/usr/bin:/bin`, RAMPA_CACHE_DIR: join(folder, "cache") },
  });
  const text = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].on("data", (chunk: Buffer) => {
      text[stream] += chunk.toString();
    });
  }
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, ...text })));
}

const home = (): string => join(folder, "cache/node");

describe("an old Node", () => {
  it("is replaced by the official release, once", async () => {
    publishNode();
    const first = await setUp();
    expect(first).toMatchObject({ code: 0, stdout: "ran\n" });
    expect(first.stderr).toContain(`downloading ${name}.tar.gz`);
    expect(readdirSync(home())).toEqual([`v${version}-${platform()}-${arch()}`]);
    files.clear();
    expect(await setUp()).toEqual({ code: 0, stdout: "ran\n", stderr: "" });
  });

  it("is not replaced by a release with another checksum, and nothing else is tried", async () => {
    publishNode();
    files.set(at.archive, "damaged");
    const { code, stdout, stderr } = await setUp();
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(new RegExp(`${name}.tar.gz has SHA-256 [0-9a-f]{64}, want [0-9a-f]{64}\n$`));
    expect(stderr).not.toContain("npm");
    expect(readdirSync(home())).toEqual([]);
  });

  it.each<[string, () => void]>([
    ["has nothing of it", () => files.clear()],
    ["does not list it", () => files.set(at.sums, `${"a".repeat(64)}  another.tar.gz\n`)],
    ["lists it only", () => files.delete(at.archive)],
    ["refuses connections", () => server.close()],
  ])("makes the set-up turn to npm when the site %s", async (_, arrange) => {
    publishNode();
    arrange();
    const { code, stderr } = await setUp();
    expect(code).toBe(1);
    const wanted = `node-${platform()}-${arch()}@${version}`;
    expect(stderr).toContain(`the Node site is out of reach: taking ${wanted} from npm\n`);
    expect(stderr).toMatch(new RegExp(`npm pack ${wanted} failed:\nno ${wanted} here\n`));
  });

  it("is refused from npm with another checksum than the one of this checkout", async () => {
    const packed = `node-${platform()}-${arch()}-${version}.tgz`;
    writeProgram(join(folder, "bin/npm"), `echo other > "$5/${packed}"`);
    const { code, stderr } = await setUp();
    expect(code).toBe(1);
    expect(stderr).toMatch(/ has checksum sha512-\S+, want sha512-\S+\n$/);
  });

  it("leaves no half of a download that was killed the day before", async () => {
    publishNode();
    for (const left of [".new-old", ".new-young"]) mkdirSync(join(home(), left), { recursive: true });
    const longAgo = new Date(Date.now() - 25 * 60 * 60_000);
    utimesSync(join(home(), ".new-old"), longAgo, longAgo);
    await setUp();
    expect(existsSync(join(home(), ".new-old"))).toBe(false);
    expect(existsSync(join(home(), ".new-young"))).toBe(true);
  });
});
