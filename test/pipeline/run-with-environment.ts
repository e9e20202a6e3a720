// Runs the rampa command with variables as a job of continuous integration sets them.
import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { paths } from "../../stacks/local/paths.ts";
import type { Ended } from "../stacks/cli/run-command.ts";

export function runCommandWith(
  variables: Readonly<Record<string, string>>,
  args: readonly string[],
): Promise<Ended> {
  const script = join(paths.checkout, "stacks/cli/rampa.ts");
  const env = {
    PATH: process.env.PATH,
    RAMPA_HOME: join(tmpdir(), "rampa-no-home"),
    NO_COLOR: "1",
    ...variables,
  };
  return new Promise((settle) => {
    const child = execFile(
      process.execPath,
      [script, ...args],
      { env, timeout: 15_000 },
      (_, stdout, stderr) => {
        settle({ code: child.exitCode ?? -1, stdout, stderr });
      },
    );
  });
}
