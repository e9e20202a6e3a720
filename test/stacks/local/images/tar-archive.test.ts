// The tar stream: order, times and owners never depend on the machine, and other tar readers accept it.
import { spawnSync } from "node:child_process";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { readTar } from "../../../../stacks/local/images/read-tar.ts";
import { packTar, type TarEntry, withParents } from "../../../../stacks/local/images/tar-archive.ts";
import { bytesOf } from "./stream-bytes.ts";

const long = `app/${"deep/".repeat(30)}${"n".repeat(140)}.js`;
const entries: readonly TarEntry[] = [
  { kind: "file", path: "usr/bin/node", mode: 0o755, source: Buffer.from("binary") },
  { kind: "symlink", path: "lib", target: "usr/lib" },
  { kind: "directory", path: "tmp", mode: 0o700, owner: 65_532 },
  { kind: "file", path: long, mode: 0o644, source: Buffer.from("x") },
];

describe("packTar", () => {
  it("gives the same bytes for the same entries in any order", async () => {
    const straight = await bytesOf(packTar(entries));
    const reversed = await bytesOf(packTar(entries.toReversed()));
    expect(straight.equals(reversed)).toBe(true);
  });

  it("writes fixed times, owners and modes and keeps long paths", async () => {
    const headers = await readTar(packTar(entries), (header) => header);
    expect(headers.every(({ mtime }) => mtime?.getTime() === 0)).toBe(true);
    const shown = headers.map(({ name, mode, uid, type }) => `${name} ${type} ${mode?.toString(8)} ${uid}`);
    expect(shown).toContain("usr/bin/node file 755 0");
    expect(shown).toContain("tmp/ directory 700 65532");
    expect(shown).toContain("lib symlink 777 0");
    expect(shown).toContain(`${long} file 644 0`);
  });

  it("is accepted by the system's tar", async () => {
    const listed = spawnSync("tar", ["-tf", "-"], {
      input: await bytesOf(packTar(entries)),
      encoding: "utf8",
    });
    expect(listed.stderr).toBe("");
    expect(listed.stdout.split("\n")).toContain(long);
  });

  it("passes on the failure of a file that is not there", async () => {
    const missing: TarEntry = { kind: "file", path: "a", mode: 0o644, source: { file: "/does/not/exist" } };
    await expect(bytesOf(packTar([missing]))).rejects.toThrow("ENOENT");
  });
});

describe("withParents", () => {
  it("adds every missing parent once, before what is in it", () => {
    const paths = withParents([
      { kind: "file", path: "a/b/c", mode: 0o644, source: Buffer.of() },
      { kind: "file", path: "a/b/d", mode: 0o644, source: Buffer.of() },
    ]).map(({ path }) => path);
    expect(paths).toEqual(["a", "a/b", "a/b/c", "a/b/d"]);
  });

  it("refuses a path given twice", () => {
    const twice: TarEntry = { kind: "symlink", path: "lib", target: "usr/lib" };
    expect(() => withParents([twice, twice])).toThrow("tar entry given twice: lib");
  });
});

describe("readTar", () => {
  it("stops with the error its caller's choice throws", async () => {
    const reading = readTar(packTar(entries), () => {
      throw new Error("not this one");
    });
    await expect(reading).rejects.toThrow("not this one");
  });

  it("refuses what is not a tar", async () => {
    const noise = Readable.from([Buffer.alloc(2048, 7)]);
    await expect(readTar(noise, (header) => header)).rejects.toThrow();
  });
});
