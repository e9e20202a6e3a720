// One change of an environment at a time: a second `up` or `down` is refused at once and told who is at work.
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { paths } from "../local/paths.ts";
import { tryLock } from "../local/process-lock.ts";
import { CliError } from "./cli-error.ts";

/** Long enough that of two that began in the same instant one goes on. */
const GIVE_WAY_MS = 100;

const defaultFile = join(paths.home, "change.lock");

/** Runs `work` as the only change made from this checkout; fails with `cli.already-running` while another runs. */
export async function withChangeLock<T>(
  verb: string,
  work: () => Promise<T>,
  file: string = defaultFile,
): Promise<T> {
  const release = await take(verb, file);
  process.once("exit", release);
  try {
    return await work();
  } finally {
    process.off("exit", release);
    release();
  }
}

async function take(verb: string, file: string): Promise<() => void> {
  const note = `'rampa ${verb}' is running since ${new Date().toISOString()}`;
  const first = tryLock(file, note);
  if (first.holder === undefined) return first.release;
  await sleep(GIVE_WAY_MS * (0.5 + Math.random()));
  const second = tryLock(file, note);
  if (second.holder === undefined) return second.release;
  const { pid, note: other } = second.holder;
  throw new CliError(
    "cli.already-running",
    `${other || "another change is running"}, as process ${pid}`,
    `wait for it, or stop it with: kill ${pid}`,
  );
}
