// One change of the cluster at a time: between processes, within one, and after a holder was killed.
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { withClusterLock } from "../../../../stacks/local/cluster/cluster-lock.ts";
import { startTimeOf } from "../../../../stacks/local/cluster/processes.ts";
import { paths } from "../../../../stacks/local/paths.ts";
import { silent } from "../../../../stacks/local/progress.ts";

let folder = "";
let file = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rampa-lock-"));
  file = join(folder, "cluster.lock");
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A process that takes the lock at the given time and writes when it is inside and when it leaves. */
function startTaker(atMs: number): Promise<number | null> {
  const lock = join(paths.checkout, "stacks/local/cluster/cluster-lock.ts");
  const script = `
    import { appendFileSync } from "node:fs";
    import { withClusterLock } from ${JSON.stringify(lock)};
    while (Date.now() < ${atMs}) {}
    await withClusterLock(${JSON.stringify(file)}, { report() {} }, async () => {
      appendFileSync(${JSON.stringify(join(folder, "log"))}, "in ");
      await new Promise((resolve) => setTimeout(resolve, 20));
      appendFileSync(${JSON.stringify(join(folder, "log"))}, "out ");
    });`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], { stdio: "inherit" });
  return new Promise((resolve) => child.once("exit", resolve));
}

describe("the cluster's lock", () => {
  it("lets one after the other in, of processes that find a killed holder's file at once", async () => {
    writeFileSync(`${file}.${2 ** 22}.1.dead`, "");
    const at = Date.now() + 1_500;
    expect(await Promise.all(Array.from({ length: 5 }, () => startTaker(at)))).toEqual([0, 0, 0, 0, 0]);
    expect(readFileSync(join(folder, "log"), "utf8")).toBe("in out ".repeat(5));
    expect(readdirSync(folder)).toEqual(["log"]);
  });

  it("lets one after the other in, of callers in one process", async () => {
    const log: string[] = [];
    const work = async (): Promise<void> => {
      log.push("in");
      await sleep(20);
      log.push("out");
    };
    await Promise.all([1, 2, 3].map(() => withClusterLock(file, silent, work)));
    expect(log).toEqual(["in", "out", "in", "out", "in", "out"]);
  });

  it("names the process that it waits for, and goes on when that one is done", async () => {
    const held = `${file}.${process.ppid}.${startTimeOf(process.ppid)}.x`;
    writeFileSync(held, "");
    const lines: string[] = [];
    const report = (line: string): void => {
      lines.push(line);
      rmSync(held, { force: true });
    };
    expect(await withClusterLock(file, { report }, async () => "ran")).toBe("ran");
    expect(lines).toEqual([`waiting for process ${process.ppid}, which is changing the cluster`]);
  });

  it("is free again after work that failed", async () => {
    await expect(withClusterLock(file, silent, () => Promise.reject(new Error("broken")))).rejects.toThrow();
    expect(readdirSync(folder)).toEqual([]);
  });
});
