// Runs one program with a deadline; at its end nothing that it started in its process group is left.
import { spawn } from "node:child_process";

export type Finished = {
  readonly code: number;
  readonly output: string;
  readonly seconds: number;
  readonly timedOut: boolean;
};

export type ProcessOptions = {
  readonly deadlineMs: number;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** `show` passes the output through as it comes; `keep` (the default) returns it. */
  readonly output?: "show" | "keep";
};

const SIGNAL_EXIT = 128;
const GRACE_MS = 20_000;

/** Runs `command` in its own process group: SIGTERM at the deadline, SIGKILL after 20 s more. */
export async function runProcess(
  command: string,
  args: readonly string[],
  options: ProcessOptions,
): Promise<Finished> {
  const started = performance.now();
  const shown = options.output === "show";
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    detached: true,
    stdio: shown ? ["ignore", "inherit", "inherit"] : ["ignore", "pipe", "pipe"],
  });
  let output = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  const end = boundGroup(child.pid, options.deadlineMs);
  const code = await new Promise<number>((settle, fail) => {
    child.once("error", fail);
    child.once("close", (exit) => settle(exit ?? SIGNAL_EXIT));
  });
  const timedOut = end();
  return { code, output, seconds: (performance.now() - started) / 1000, timedOut };
}

/** Arms the deadline; the returned function disarms it, clears the group and tells whether the deadline had struck. */
function boundGroup(pid: number | undefined, deadlineMs: number): () => boolean {
  if (pid === undefined) return () => false;
  let struck = false;
  let last: NodeJS.Timeout | undefined;
  const first = setTimeout(() => {
    struck = true;
    signalGroup(pid, "SIGTERM");
    last = setTimeout(() => signalGroup(pid, "SIGKILL"), GRACE_MS);
  }, deadlineMs);
  const onInterrupt = (): void => signalGroup(pid, "SIGTERM");
  process.once("SIGINT", onInterrupt);
  process.once("SIGTERM", onInterrupt);
  return () => {
    clearTimeout(first);
    clearTimeout(last);
    process.off("SIGINT", onInterrupt);
    process.off("SIGTERM", onInterrupt);
    signalGroup(pid, "SIGKILL");
    return struck;
  };
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
