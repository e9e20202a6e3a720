// A lock between processes that share a directory, also from different pods: a file whose age is kept young by its holder.
import { randomUUID } from "node:crypto";
import { open, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { ArtefactError } from "./artefact-error.ts";

export type LockTimes = {
  readonly refreshMs: number;
  /** A lock this old belongs to a holder that died. */
  readonly staleMs: number;
  readonly pollMs: number;
  readonly waitMs: number;
};

export const LOCK_TIMES: LockTimes = {
  refreshMs: 5_000,
  staleMs: 30_000,
  pollMs: 500,
  waitMs: 2 * 60 * 60_000,
};

export type LockOptions = {
  readonly signal: AbortSignal;
  readonly times?: LockTimes;
  readonly onWait?: () => void;
};

/** Runs `work` while holding the lock at `path`; fails with `artefact.lock` when it is not free in time. */
export async function withLock<T>(path: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  const times = options.times ?? LOCK_TIMES;
  const deadline = performance.now() + times.waitMs;
  const mark = randomUUID();
  while (!(await tryTake(path, mark))) {
    if (performance.now() > deadline) {
      throw new ArtefactError(
        "artefact.lock",
        `${path}: held by another process for more than ${times.waitMs} ms`,
        true,
      );
    }
    if (!(await removeStale(path, times.staleMs))) {
      options.onWait?.();
      await sleep(times.pollMs, undefined, { signal: options.signal });
    }
  }
  const refresh = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, times.refreshMs);
  try {
    return await work();
  } finally {
    clearInterval(refresh);
    await releaseOwn(path, mark);
  }
}

async function tryTake(path: string, mark: string): Promise<boolean> {
  try {
    const file = await open(path, "wx");
    await file.writeFile(mark).finally(() => file.close());
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

/** Moves a dead holder's lock aside by rename, so that of several waiters one wins. */
async function removeStale(path: string, staleMs: number): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return true;
  if (Date.now() - found.mtimeMs < staleMs) return false;
  const aside = `${path}.${randomUUID()}`;
  const moved = await rename(path, aside).then(
    () => true,
    () => false,
  );
  if (moved) await rm(aside, { force: true });
  return moved;
}

async function releaseOwn(path: string, mark: string): Promise<void> {
  const held = await readFile(path, "utf8").catch(() => undefined);
  if (held === mark) await rm(path, { force: true });
}
