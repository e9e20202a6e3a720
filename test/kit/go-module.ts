// Where a Go module's files lie, fetched through the ordinary client.
import { z } from "zod";
import { runCommand } from "../../stacks/local/cluster/commands.ts";
import { ensureGo } from "../../stacks/local/cluster/go-toolchain.ts";
import { silent } from "../../stacks/local/progress.ts";

/** The folder of `module@version`; the client keeps it between runs. */
export async function fetchGoModule(module: string): Promise<string> {
  const go = await ensureGo(`the Go module ${module}`, silent);
  const answer = await runCommand(go, ["mod", "download", "-json", module], {
    deadlineMs: 300_000,
    cwd: "/",
  });
  return z.looseObject({ Dir: z.string() }).parse(JSON.parse(answer)).Dir;
}
