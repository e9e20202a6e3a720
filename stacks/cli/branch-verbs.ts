// The verbs of `rampa branch` with their options.
import { type Command, InvalidArgumentError, Option } from "commander";
import { parseTimeToLive, TIME_TO_LIVE } from "../branch/time-to-live.ts";

type OnExit = (code: number) => void;

const DEFAULT_TTL = "48h";

/** None takes `--stack`: a branch decides the stack. */
export function addBranchVerbs(program: Command, onExit: OnExit): void {
  const branch = program.command("branch").description("preview environments, one a git branch");
  addNamed(branch, "up")
    .description("create or update the preview environment of a branch beside its base")
    .option(
      "--from <stack>",
      "stack that its settings and cluster come from; dev for a new one when left out",
    )
    .addOption(
      new Option("--ttl <time>", "how long from now until branch clean removes it")
        .argParser(toTimeToLive)
        .default(toTimeToLive(DEFAULT_TTL), DEFAULT_TTL),
    )
    .action(async (options) => onExit(await (await import("./branch-up.ts")).runBranchUp(options)));
  addNamed(branch, "down")
    .description("remove the preview environment of a branch and everything that it left")
    .option("--forget", "drop its state and file only, where its cluster is gone")
    .action(async (options) => onExit(await (await import("./branch-down.ts")).runBranchDown(options)));
  add(branch, "list")
    .description("the preview environments of this checkout; asks no cluster")
    .action(async (options) => onExit(await (await import("./branch-list.ts")).runBranchList(options)));
  add(branch, "clean")
    .description("remove the preview environments whose time is over")
    .action(async (options) => onExit(await (await import("./branch-down.ts")).runBranchClean(options)));
}

function addNamed(parent: Command, name: string): Command {
  return add(parent, name).option(
    "-b, --branch <name>",
    "git branch; the one that is checked out when left out",
  );
}

function add(parent: Command, name: string): Command {
  return parent.command(name).option("--json", "answer with one JSON document");
}

function toTimeToLive(text: string): number {
  const milliseconds = parseTimeToLive(text);
  if (milliseconds === undefined) throw new InvalidArgumentError(`want ${TIME_TO_LIVE}.`);
  return milliseconds;
}
