// Plans stacks in processes of their own, as one process can hold one Pulumi program only.
import { fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { StackRecord } from "./record-stack.ts";

const PLAN_MS = 60_000;

export type PlannedStack = {
  readonly stack: string;
  readonly record: StackRecord;
  readonly durationMs: number;
};

/** Plans each stack of the project in `folder`; at most one process per core at a time. */
export async function planStacks(
  folder: string,
  stacks: readonly string[],
): Promise<readonly PlannedStack[]> {
  const waiting = [...stacks];
  const planned: PlannedStack[] = [];
  const work = async (): Promise<void> => {
    for (let stack = waiting.shift(); stack !== undefined; stack = waiting.shift()) {
      planned.push(await planStack(folder, stack));
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return planned.toSorted((a, b) => stacks.indexOf(a.stack) - stacks.indexOf(b.stack));
}

async function planStack(folder: string, stack: string): Promise<PlannedStack> {
  const startedAt = performance.now();
  const record = await runChild(folder, stack);
  return { stack, record, durationMs: Math.round(performance.now() - startedAt) };
}

function runChild(folder: string, stack: string): Promise<StackRecord> {
  const child = fork(join(import.meta.dirname, "record-stack.ts"), [folder, stack], {
    cwd: folder,
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  const errors: string[] = [];
  child.stderr?.setEncoding("utf8").on("data", (text: string) => errors.push(text));
  return new Promise((resolve) => {
    const fail = (reason: string): void =>
      resolve({ kind: "failed", reason: `${reason}\n${errors.join("")}`.trim() });
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      fail(`planning took longer than ${PLAN_MS / 1000} s`);
    }, PLAN_MS);
    child.once("message", (record: StackRecord) => resolve(record));
    child.once("exit", (code) => {
      clearTimeout(timer);
      fail(`planning ended with exit code ${code}`);
    });
  });
}
