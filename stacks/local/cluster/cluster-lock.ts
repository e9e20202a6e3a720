// One change of the cluster at a time per checkout; others wait.
import { setTimeout as sleep } from "node:timers/promises";
import { tryLock } from "../process-lock.ts";
import type { Progress } from "../progress.ts";
import { clusterError } from "./cluster-error.ts";

const WAIT_MS = 1_800_000;
const POLL_MS = 200;

/** Runs `work` while no other caller, here or in another process, changes this cluster. */
export async function withClusterLock<T>(
  file: string,
  progress: Progress,
  work: () => Promise<T>,
): Promise<T> {
  const until = Date.now() + WAIT_MS;
  let attempt = tryLock(file);
  while (attempt.holder !== undefined) {
    const { pid } = attempt.holder;
    progress.report(`waiting for process ${pid}, which is changing the cluster`);
    if (Date.now() > until) {
      throw clusterError("cluster.locked", `process ${pid} holds the cluster`, "wait for it, or end it");
    }
    await sleep(POLL_MS * (0.5 + Math.random()));
    attempt = tryLock(file);
  }
  try {
    return await work();
  } finally {
    attempt.release();
  }
}
