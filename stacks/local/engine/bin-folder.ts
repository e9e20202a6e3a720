// Writes the folder that comes first on PATH: node, pulumi, the plugins and the rampa command itself.
import {
  chmodSync,
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { shellQuote } from "./environment.ts";
import type { EnginePlaces } from "./places.ts";

export type BinContent = {
  /** The Pulumi CLI. */
  readonly pulumi: string;
  /** Official hosts that came with the CLI, by name; without them stand-ins are written. */
  readonly official: ReadonlyMap<string, string>;
};

const ENGINE = import.meta.dirname;
const QUIET = "--disable-warning=ExperimentalWarning";
const EXECUTABLE = 0o755;

const STAND_IN_HOSTS: Readonly<Record<string, string>> = {
  "pulumi-language-nodejs": join(ENGINE, "language-host.ts"),
  "pulumi-analyzer-policy": join(ENGINE, "policy-host.ts"),
};

/** Brings the folder to this content; safe to repeat, and while another process runs from it. */
export function writeBinFolder(places: EnginePlaces, content: BinContent): void {
  mkdirSync(places.bin, { recursive: true });
  link(join(places.bin, "node"), process.execPath);
  placePulumi(join(places.bin, "pulumi"), content);
  for (const [name, script] of Object.entries(STAND_IN_HOSTS)) {
    const official = content.official.get(name);
    if (official) link(join(places.bin, name), official);
    else writeLauncher(join(places.bin, name), script);
  }
  writeLauncher(join(places.bin, "rampa"), join(places.checkout, "stacks", "cli", "rampa.ts"));
}

/**
 * The CLI looks for its hosts beside its own file, and warns about others on PATH. So it has to be a file here
 * where the hosts are ours, and a link to its own folder where they are its own.
 */
function placePulumi(path: string, content: BinContent): void {
  if (content.official.size > 0) {
    link(path, content.pulumi);
    return;
  }
  if (isSameFile(path, content.pulumi)) return;
  const fresh = `${path}.${process.pid}`;
  try {
    linkSync(content.pulumi, fresh);
  } catch {
    // The cache is on another file system.
    copyFileSync(content.pulumi, fresh);
  }
  renameSync(fresh, path);
}

/** A hard link, or a copy of the same size that is not older. */
function isSameFile(path: string, source: string): boolean {
  const here = lstatSync(path, { throwIfNoEntry: false });
  const there = statSync(source);
  if (!here || here.isSymbolicLink()) return false;
  return here.ino === there.ino || (here.size === there.size && here.mtimeMs >= there.mtimeMs);
}

function link(path: string, target: string): void {
  rmSync(path, { force: true });
  symlinkSync(target, path);
}

/** A script that runs one of our files with this Node. */
export function writeLauncher(path: string, script: string): void {
  const command = [process.execPath, QUIET, script].map(shellQuote).join(" ");
  rmSync(path, { force: true });
  writeFileSync(path, `#!/bin/sh\nexec ${command} "$@"\n`);
  chmodSync(path, EXECUTABLE);
}
