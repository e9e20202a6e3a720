// Runs an ordinary command-line client with a deadline.
import { execFile } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

const execute = promisify(execFile);

export type ToolResult = { readonly ok: boolean; readonly stdout: string; readonly stderr: string };

/** Never throws for an exit status, a missing program or a passed deadline: `ok` is false then. */
export async function runTool(
  program: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly deadlineMs: number },
): Promise<ToolResult> {
  try {
    const { stdout, stderr } = await execute(program, [...args], {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      timeout: options.deadlineMs,
      killSignal: "SIGKILL",
      maxBuffer: 16 * 1024 * 1024,
      env: { ...process.env, LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive" },
    });
    return { ok: true, stdout, stderr };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const stderr = "stderr" in error && typeof error.stderr === "string" ? error.stderr : "";
    return { ok: false, stdout: "", stderr: stderr || error.message };
  }
}

export async function isOnPath(program: string): Promise<boolean> {
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  const found = await Promise.all(folders.map((folder) => isExecutable(join(folder, program))));
  return found.some(Boolean);
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    // Absent or not executable: either way this folder does not offer it.
    return false;
  }
}
