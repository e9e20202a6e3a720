// The rampa command: runs the verb of the command line and turns its failure into text or JSON and an exit code.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CommanderError } from "commander";
import { z } from "zod";
import { paths } from "../local/paths.ts";
import { buildProgram } from "./program.ts";
import { reportFailure } from "./report-failure.ts";

async function main(args: readonly string[]): Promise<number> {
  let exitCode = 0;
  const program = buildProgram(readVersion(), (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (error) {
    // Help and version end with 0.
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const report = reportFailure(error);
    if (args.includes("--json")) process.stdout.write(`${JSON.stringify(report.json, null, 2)}\n`);
    // Commander has told a person already what is wrong.
    else if (!(error instanceof CommanderError)) process.stderr.write(`${report.text}\n`);
    return report.exitCode;
  }
}

function readVersion(): string {
  const text = readFileSync(join(paths.checkout, "package.json"), "utf8");
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}

/** Ends with its caller: the set-up that started this process holds the other end of the channel. */
function endWithCaller(): void {
  if (process.connected !== true) return;
  process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
  process.channel?.unref();
}

endWithCaller();
process.exit(await main(process.argv.slice(2)));
