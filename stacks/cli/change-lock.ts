// One change of the local environment at a time: a lock file that names its holder by pid and start time.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { startTimeOf } from "../local/cluster/processes.ts";
import { paths } from "../local/paths.ts";
import { CliError } from "./cli-error.ts";

const holderSchema = z.object({ pid: z.int(), startTime: z.string(), verb: z.string(), since: z.string() });

export type LockHolder = z.output<typeof holderSchema>;

/** A pid alone may have been given to another process since; only with the same start time it is the holder. */
export function isHeld(holder: LockHolder | undefined, startTime: string | undefined): holder is LockHolder {
  return holder !== undefined && holder.startTime === startTime;
}

export function parseHolder(text: string): LockHolder | undefined {
  try {
    return holderSchema.safeParse(JSON.parse(text)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const defaultFile = join(paths.home, "change.lock");

/** Runs `work` as the only change of the environment; refuses at once, naming the holder, while another runs. */
export async function withChangeLock<T>(
  verb: string,
  work: () => Promise<T>,
  file: string = defaultFile,
): Promise<T> {
  takeLock(verb, file);
  const release = (): void => rmSync(file, { force: true });
  process.once("exit", release);
  try {
    return await work();
  } finally {
    process.off("exit", release);
    release();
  }
}

function takeLock(verb: string, file: string): void {
  mkdirSync(dirname(file), { recursive: true });
  const startTime = startTimeOf(process.pid) ?? "";
  const own = JSON.stringify({ pid: process.pid, startTime, verb, since: new Date().toISOString() });
  if (writeNew(file, own)) return;
  refuseIfHeld(file);
  // Its holder was killed: what it left half done is recovered by the step that finds it.
  rmSync(file, { force: true });
  if (!writeNew(file, own)) refuseIfHeld(file);
}

function refuseIfHeld(file: string): void {
  const holder = parseHolder(readFileSync(file, "utf8"));
  if (!isHeld(holder, holder && startTimeOf(holder.pid))) return;
  throw new CliError(
    "cli.already-running",
    `'rampa ${holder.verb}' is running as process ${holder.pid} since ${holder.since}`,
    `wait for it, or stop it with: kill ${holder.pid}`,
  );
}

function writeNew(file: string, text: string): boolean {
  try {
    writeFileSync(file, text, { flag: "wx" });
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}
