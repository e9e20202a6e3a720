// A disk with too little left, as a small file system that only the command sees: refused before anything changes.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { paths } from "../../../stacks/local/paths.ts";
import { type Finished, runProcess } from "../../kit/run-process.ts";

let folder: string;
let home: string;
let disk: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rampa-disk-"));
  home = join(folder, "home");
  disk = join(folder, "disk");
  mkdirSync(disk);
});

afterEach(() => rmSync(folder, { recursive: true }));

/** Mounts 64 MiB at `disk` in a mount namespace of its own, runs the command, and lists what lies on the disk then. */
function rampaOnSmallDisk(
  place: { RAMPA_HOME: string; RAMPA_CACHE_DIR: string },
  ...args: readonly string[]
) {
  const script = [
    "set -e",
    'mount -t tmpfs -o size=64m tmpfs "$DISK"',
    'code=0; "$@" || code=$?',
    'echo "left on the disk: $(ls -A "$DISK" | tr "\\n" " ")" >&2',
    "exit $code",
  ].join("\n");
  const command = [process.execPath, join(paths.checkout, "stacks/cli/rampa.ts"), ...args];
  return runProcess("unshare", ["--mount", "sh", "-c", script, "sh", ...command], {
    deadlineMs: 60_000,
    cwd: tmpdir(),
    env: {
      ...process.env,
      ...place,
      DISK: disk,
      NODE_COMPILE_CACHE: join(folder, "compiled"),
      NO_COLOR: "1",
    },
  });
}

function expectRefusal({ code, output }: Finished, needed: string): void {
  expect(code).toBe(1);
  expect(output).toContain(`cluster.disk: 0.1 GiB free at ${disk}, ${needed} are needed`);
  expect(output).toContain("free some space, or set RAMPA_CACHE_DIR to another disk");
  expect(output).toMatch(/left on the disk: $/m);
}

it("of downloads and builds stops `up` in its first step, with nothing made anywhere", async () => {
  const links = execFileSync("ip", ["-brief", "link"], { encoding: "utf8" });
  const ended = await rampaOnSmallDisk({ RAMPA_HOME: home, RAMPA_CACHE_DIR: disk }, "up");
  expectRefusal(ended, "8");
  expect(ended.output).toContain("[1/7] Check the machine: failed");
  expect(ended.output).not.toContain("[2/7]");
  expect(readdirSync(home)).toEqual([]);
  expect(execFileSync("ip", ["-brief", "link"], { encoding: "utf8" })).toBe(links);
});

it("is named by the doctor, as one JSON document", async () => {
  const { code, output } = await rampaOnSmallDisk(
    { RAMPA_HOME: home, RAMPA_CACHE_DIR: disk },
    "doctor",
    "--json",
  );
  expect(code).toBe(1);
  const document: unknown = JSON.parse(output.slice(0, output.indexOf("left on the disk")));
  expect(document).toMatchObject({
    ok: false,
    machine: expect.arrayContaining([expect.objectContaining({ code: "cluster.disk" })]),
  });
  expect(existsSync(home)).toBe(false);
});

it("of the environment's own state is refused the same way", async () => {
  const place = { RAMPA_HOME: disk, RAMPA_CACHE_DIR: join(folder, "cache") };
  expectRefusal(await rampaOnSmallDisk(place, "up"), "8");
});
