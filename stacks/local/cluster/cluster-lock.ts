// One change of the cluster at a time per checkout: a lock file that a dead holder does not keep.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Progress } from "../progress.ts";
import { clusterError } from "./cluster-error.ts";
import { startTimeOf } from "./processes.ts";

const WAIT_MS = 1_800_000;

/** Runs `work` while no other process changes this cluster. */
export async function withClusterLock<T>(
  file: string,
  progress: Progress,
  work: () => Promise<T>,
): Promise<T> {
  const mine = `${process.pid} ${startTimeOf(process.pid)}`;
  const until = Date.now() + WAIT_MS;
  while (!take(file, mine)) {
    const holder = readHolder(file);
    if (holder !== undefined && startTimeOf(holder.pid) !== holder.startTime) rmSync(file, { force: true });
    else progress.report(`waiting for process ${holder?.pid ?? "?"}, which is changing the cluster`);
    if (Date.now() > until) {
      throw clusterError(
        "cluster.locked",
        `process ${holder?.pid} holds the cluster`,
        "wait for it, or end it",
      );
    }
    await sleep(200);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

function take(file: string, text: string): boolean {
  mkdirSync(dirname(file), { recursive: true });
  try {
    writeFileSync(file, text, { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

function readHolder(file: string): { readonly pid: number; readonly startTime: string } | undefined {
  try {
    const [pid, startTime] = readFileSync(file, "utf8").split(" ");
    return pid === undefined || startTime === undefined ? undefined : { pid: Number(pid), startTime };
  } catch {
    // Released between the attempt and this look.
    return undefined;
  }
}
