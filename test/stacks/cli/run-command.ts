// Runs the rampa command as a process, away from the checkout's own state.
import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { paths } from "../../../stacks/local/paths.ts";

export type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string };

export type RunCommand = {
  /** In place of `.rampa`; a checkout without any state when left out. */
  readonly home?: string;
  readonly deadlineMs?: number;
};

export function runCommand(args: readonly string[], how: RunCommand = {}): Promise<Ended> {
  const { home = join(tmpdir(), "rampa-no-home"), deadlineMs = 15_000 } = how;
  const script = join(paths.checkout, "stacks/cli/rampa.ts");
  const options = {
    cwd: tmpdir(),
    timeout: deadlineMs,
    env: { ...process.env, RAMPA_HOME: home, NO_COLOR: "1" },
  };
  return new Promise((settle) => {
    const child = execFile(process.execPath, [script, ...args], options, (_, stdout, stderr) => {
      settle({ code: child.exitCode ?? -1, stdout, stderr });
    });
  });
}
