// Which of several processes, also in different pods, goes on with a half-fetched file: told by names and ages alone.
import { randomUUID } from "node:crypto";
import { open, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ArtefactError } from "./artefact-error.ts";

export type ClaimTimes = {
  readonly refreshMs: number;
  /** A part this old belongs to a process that died. */
  readonly staleMs: number;
  readonly pollMs: number;
  readonly waitMs: number;
};

const CLAIM_TIMES: ClaimTimes = { refreshMs: 2_000, staleMs: 10_000, pollMs: 500, waitMs: 2 * 60 * 60_000 };
/** What nobody went on with for so long is deleted. */
const FORGOTTEN_MS = 7 * 24 * 60 * 60_000;

export type ClaimOptions = {
  /** Holds the parts of all artefacts and nothing else. */
  readonly folder: string;
  /** One artefact's name, without a dot. */
  readonly name: string;
  readonly signal: AbortSignal;
  readonly times?: ClaimTimes;
  readonly onWait?: () => void;
};

export type Part = {
  /** A file that may hold the beginning of the artefact. */
  readonly path: string;
  /** To be called before each write: rejects with ClaimLost when this process stood still and another one goes on. */
  readonly confirm: () => Promise<void>;
};

export class ClaimLost extends Error {}

type Found = { readonly path: string; readonly size: number; readonly mtimeMs: number };

/**
 * Runs `work` with the one part of `name`, taken over from a process that died or new. What `work` leaves there is
 * gone on with by the next call, here or in another process. Fails with `artefact.lock` when the wait is too long.
 *
 * There is no lock whose takeover could be raced: a path is used by one process for ever, so of several takers one
 * wins the rename; and as each looks again after its claim, of two that claim at once never both go on.
 */
export async function withPart<T>(options: ClaimOptions, work: (part: Part) => Promise<T>): Promise<T> {
  const times = options.times ?? CLAIM_TIMES;
  const path = await claim(options, times);
  let touchedMs = Date.now();
  const touch = async (): Promise<void> => {
    const now = new Date();
    await utimes(path, now, now).catch((error: unknown) => {
      if (!isMissing(error)) throw error;
      throw new ClaimLost(path);
    });
    touchedMs = now.getTime();
  };
  let refreshed = Promise.resolve();
  const refresh = setInterval(() => {
    // What fails here is found by the next `confirm`.
    refreshed = touch().catch(() => undefined);
  }, times.refreshMs);
  const confirm = async (): Promise<void> => {
    if (Date.now() - touchedMs > times.staleMs / 2) await touch();
  };
  try {
    return await work({ path, confirm });
  } finally {
    clearInterval(refresh);
    await refreshed;
    await release(path, times);
  }
}

async function claim(options: ClaimOptions, times: ClaimTimes): Promise<string> {
  const deadline = performance.now() + times.waitMs;
  for (;;) {
    const path = await tryClaim(options, times);
    if (path !== undefined) return path;
    if (performance.now() > deadline) {
      const held = `${join(options.folder, options.name)}: held by another process`;
      throw new ArtefactError("artefact.lock", `${held} for more than ${times.waitMs} ms`, true);
    }
    options.onWait?.();
    // Uneven, so that two that gave way to each other do not do so for ever.
    await sleep(times.pollMs * (0.5 + Math.random()), undefined, { signal: options.signal });
  }
}

async function tryClaim({ folder, name }: ClaimOptions, times: ClaimTimes): Promise<string | undefined> {
  const isHeld = (part: Found): boolean => Date.now() - part.mtimeMs < times.staleMs;
  const left = await listParts(folder, name);
  if (left.some(isHeld)) return undefined;
  const path = join(folder, `${name}.${randomUUID()}.part`);
  const [longest] = left.toSorted((a, b) => b.size - a.size);
  if (!(await (longest === undefined ? create(path) : takeOver(longest.path, path)))) return undefined;
  const others = (await listParts(folder, name)).filter((part) => part.path !== path);
  if (others.some(isHeld)) {
    await release(path, times);
    return undefined;
  }
  await Promise.all(others.map((part) => rm(part.path, { force: true })));
  await removeForgotten(folder);
  return path;
}

async function create(path: string): Promise<true> {
  await (await open(path, "wx")).close();
  return true;
}

/** Made young before it gets its new name, so that nobody finds it there as a dead one's. */
async function takeOver(from: string, to: string): Promise<boolean> {
  try {
    const now = new Date();
    await utimes(from, now, now);
    await rename(from, to);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** What was fetched stays for the next process, and is old enough for it at once. */
async function release(path: string, times: ClaimTimes): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return;
  if (found.size === 0) return rm(path, { force: true });
  const old = new Date(Date.now() - times.staleMs);
  await utimes(path, old, old).catch(() => undefined);
}

async function listParts(folder: string, name: string): Promise<readonly Found[]> {
  const names = (await readdir(folder)).filter(
    (file) => file.startsWith(`${name}.`) && file.endsWith(".part"),
  );
  return (await Promise.all(names.map((file) => find(join(folder, file))))).filter(
    (part) => part !== undefined,
  );
}

async function find(path: string): Promise<Found | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found && { path, size: found.size, mtimeMs: found.mtimeMs };
}

async function removeForgotten(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const found = await find(join(folder, name));
    if (found && Date.now() - found.mtimeMs > FORGOTTEN_MS)
      await rm(found.path, { recursive: true, force: true });
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
