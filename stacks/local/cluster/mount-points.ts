// Directories the node mounts over: made on the host where missing, and taken away with the last cluster.
import { existsSync, mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { paths } from "../paths.ts";
import { REQUIRED_DIRECTORIES } from "./node-inside.ts";
import { hasAnyInstance } from "./processes.ts";

/** Beside the cache and not in the checkout: two checkouts share the directories, the last one removes them. */
const record = join(paths.cache, "cluster", "made-directories.json");

export function makeMountPoints(): void {
  const missing = REQUIRED_DIRECTORIES.filter((directory) => !existsSync(directory));
  if (missing.length === 0) return;
  mkdirSync(dirname(record), { recursive: true });
  writeFileSync(record, JSON.stringify([...new Set([...readMade(), ...missing])]));
  for (const directory of missing) mkdirSync(directory, { mode: 0o700 });
}

/** A mount point removed under a running node would take its mount along, so the last one does it. */
export function removeMountPoints(): void {
  if (hasAnyInstance()) return;
  for (const directory of readMade()) removeEmpty(directory);
  rmSync(record, { force: true });
}

function readMade(): readonly string[] {
  if (!existsSync(record)) return [];
  const made = z.array(z.string()).safeParse(JSON.parse(readFileSync(record, "utf8")));
  return made.data ?? [];
}

function removeEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch {
    // Gone already, or someone else has put something there: then it is theirs.
  }
}
