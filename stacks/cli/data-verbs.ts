// The verbs of `rampa data`: copies of the database that a stack has inside its cluster.
import type { Command } from "commander";

type OnExit = (code: number) => void;
type AddVerb = (parent: Command, name: string) => Command;

export function addDataVerbs(verb: AddVerb, program: Command, onExit: OnExit): void {
  const data = program.command("data").description("copies of the database inside the cluster");
  verb(data, "backup")
    .description("make a copy now, beside those made by the clock")
    .action(async (options) => onExit(await (await import("./data.ts")).runDataBackup(options)));
  verb(data, "list")
    .description("the copies there are, newest first")
    .action(async (options) => onExit(await (await import("./data.ts")).runDataList(options)));
  verb(data, "restore")
    .description("put a copy in place of the database, whole or not at all")
    .argument("<copy>", "name of the copy, as `data list` shows it, or `latest`")
    .option("--overwrite", "also where the database has tables, whose rows are lost")
    .action(async (copy, options) => onExit(await (await import("./data.ts")).runDataRestore(copy, options)));
}
