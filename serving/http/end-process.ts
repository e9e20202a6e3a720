// Ends the process at once, without the teardown that can wait for ever on a thread that does not come back.
import { execPath, execve, exit } from "node:process";

/**
 * `process.exit` joins the thread pool and the engine's worker threads: one that decodes on, is wedged, or is blocked
 * in a write to a full pipe holds it up without limit. Replacing the process ends all threads at once and keeps the pid.
 */
export function endProcess(code: number): never {
  if (execve === undefined) return exit(code);
  return execve(execPath, [execPath, "--single-threaded", "-e", `process.exit(${code})`], {});
}
