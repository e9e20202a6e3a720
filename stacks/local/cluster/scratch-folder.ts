// A folder beside what is being made in it, so that the result gets its name whole, by one rename.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** Longer than any download or build takes: what is older was left by a process that was killed. */
const LEFT_BEHIND_MS = 24 * 60 * 60_000;

/** Runs `work` with an empty folder on the disk of `path`; the folder goes when it ends, and so do old ones of killed processes. */
export async function withScratch<T>(path: string, work: (folder: string) => Promise<T>): Promise<T> {
  mkdirSync(dirname(path), { recursive: true });
  removeLeftBehind(path);
  const folder = mkdtempSync(`${path}.new-`);
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function removeLeftBehind(path: string): void {
  const prefix = `${basename(path)}.new-`;
  for (const name of readdirSync(dirname(path)).filter((entry) => entry.startsWith(prefix))) {
    const folder = join(dirname(path), name);
    const changedMs = statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - changedMs > LEFT_BEHIND_MS) rmSync(folder, { recursive: true, force: true });
  }
}
