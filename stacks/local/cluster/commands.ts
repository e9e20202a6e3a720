// Runs a command with a deadline and gives its output, or a ClusterError with the last lines it printed.
import { spawn } from "node:child_process";
import { createReadStream } from "node:fs";
import { clusterError } from "./cluster-error.ts";

type CommandOptions = {
  readonly deadlineMs?: number;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** A file whose bytes become the program's standard input. */
  readonly inputFile?: string;
  /** Called for every line on either stream while the command runs. */
  readonly onLine?: (line: string) => void;
};

type CommandResult = { readonly code: number; readonly stdout: string; readonly stderr: string };

const DEFAULT_DEADLINE_MS = 60_000;
const SHOWN_LINES = 12;

/** Never throws for an exit status; 127 when the program is missing, 124 when the deadline passed. */
export function tryCommand(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: withSystemPrograms(options.env ?? process.env),
      stdio: ["pipe", "pipe", "pipe"],
    });
    const text = { stdout: "", stderr: "" };
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, options.deadlineMs ?? DEFAULT_DEADLINE_MS);
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (chunk: string) => {
        text[name] += chunk;
        if (options.onLine) for (const line of chunk.split("\n")) if (line) options.onLine(line);
      });
    }
    const finish = (code: number, note = ""): void => {
      clearTimeout(timer);
      resolve({ code, stdout: text.stdout, stderr: text.stderr + note });
    };
    child.on("error", (error) => finish(127, error.message));
    child.on("close", (code) => (late ? finish(124, "\ndeadline passed") : finish(code ?? 1)));
    // A program may end without reading all of its input.
    child.stdin.on("error", () => {});
    if (options.inputFile === undefined) child.stdin.end();
    else createReadStream(options.inputFile).pipe(child.stdin);
  });
}

/** A shell that became root with `su` often lacks the directories of `ip` and `iptables`. */
export function withSystemPrograms(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return {
    ...env,
    PATH: [env.PATH ?? "", "/usr/sbin", "/usr/bin", "/sbin", "/bin"].filter(Boolean).join(":"),
  };
}

/** Resolves to standard output, or throws `cluster.command`. */
export async function runCommand(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const result = await tryCommand(program, args, options);
  if (result.code === 0) return result.stdout;
  const tail = (result.stderr || result.stdout).trim().split("\n").slice(-SHOWN_LINES).join("\n");
  throw clusterError(
    "cluster.command",
    `${program} ${args[0] ?? ""} ended with ${result.code}: ${tail}`,
    "read the lines above; `npm run rampa -- doctor` checks the machine",
  );
}
