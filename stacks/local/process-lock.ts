// A lock without takeover: each holder writes a file of its own, named after its process, so that a dead one's is just litter.
import { randomUUID } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { startTimeOf } from "./cluster/processes.ts";

/** `note` is what the holder wrote beside its name; empty while it is still being written. */
export type Holder = { readonly pid: number; readonly note: string };

export type Attempt = { readonly release: () => void; readonly holder?: never } | { readonly holder: Holder };

/**
 * Who looks after it wrote is never the second to hold the lock. Two that try in the same instant may both give way:
 * try again after an uneven pause.
 */
export function tryLock(file: string, note = ""): Attempt {
  mkdirSync(dirname(file), { recursive: true });
  const mine = `${file}.${process.pid}.${startTimeOf(process.pid)}.${randomUUID()}`;
  const release = (): void => rmSync(mine, { force: true });
  const before = findHolder(file, mine);
  if (before !== undefined) return { holder: before };
  writeFileSync(mine, note, { mode: 0o600 });
  const holder = findHolder(file, mine);
  if (holder === undefined) return { release };
  release();
  return { holder };
}

/** A process that has ended never comes back under its pid and start time, so its file can go at any time. */
function findHolder(file: string, mine: string): Holder | undefined {
  const prefix = `${basename(file)}.`;
  for (const name of readdirSync(dirname(file)).filter((entry) => entry.startsWith(prefix))) {
    const path = join(dirname(file), name);
    const [pid, startTime] = name.slice(prefix.length).split(".");
    if (path === mine) continue;
    if (startTimeOf(Number(pid)) === startTime) return { pid: Number(pid), note: readNote(path) };
    rmSync(path, { force: true });
  }
  return undefined;
}

/** Empty where the holder has just gone. */
function readNote(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
    throw error;
  }
}
