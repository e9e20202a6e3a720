// Runs an external tool with a deadline, hands its lines on, and keeps the end of its output for the error.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export type ToolRun = {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** Added to this process's own; an undefined one is left out. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** No deadline when left out: for tools that have their own. */
  readonly timeoutMs?: number;
  /** When aborted, the tool is asked once, as by Ctrl-C, to stop in order. */
  readonly interrupt?: AbortSignal;
  /** Gets each line of stderr and stdout as it comes. */
  readonly onLine?: (line: string) => void;
};

const KEPT_LINES = 20;

/** Rejects with the tool's last lines when it fails, cannot start or passes its deadline. */
export async function runTool(run: ToolRun): Promise<string> {
  const child = spawn(run.command, run.args, {
    cwd: run.cwd,
    env: { ...process.env, ...run.env },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: run.timeoutMs,
    killSignal: "SIGKILL",
  });
  const interrupt = (): void => void child.kill("SIGINT");
  run.interrupt?.addEventListener("abort", interrupt, { once: true });
  const tail: string[] = [];
  const output: string[] = [];
  const take = (line: string): void => {
    tail.push(line);
    if (tail.length > KEPT_LINES) tail.shift();
    run.onLine?.(line);
  };
  createInterface({ input: child.stderr }).on("line", take);
  createInterface({ input: child.stdout }).on("line", (line) => {
    output.push(line);
    take(line);
  });
  const failure = await new Promise<string | undefined>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(code === 0 ? undefined : `ended with ${code ?? signal}`));
  });
  run.interrupt?.removeEventListener("abort", interrupt);
  if (failure === undefined) return output.join("\n");
  throw new Error([`${run.command} ${run.args[0] ?? ""} ${failure}`, ...tail].join("\n"));
}
