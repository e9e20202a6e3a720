// `rampa data backup`, `list` and `restore`: what its job answered, for a person or a program.
import { z } from "zod";
import type { StackSettings } from "../settings.ts";
import { type BackupCall, runBackupJob } from "./backup-job.ts";
import { withChangeLock } from "./change-lock.ts";
import { CliError } from "./cli-error.ts";
import { rampaCommand, upCommand } from "./next-command.ts";
import { type OutputOptions, print } from "./output.ts";
import { findCluster } from "./stack-cluster.ts";
import { readStack } from "./stack-file.ts";

export type DataOptions = OutputOptions & { readonly stack: string };
export type RestoreOptions = DataOptions & { readonly overwrite?: boolean };

const copy = z.object({ name: z.string(), bytes: z.int() });
const restored = z.object({ name: z.string(), replaced: z.int() });

type Copy = z.output<typeof copy> & {
  /** When it was begun. */
  readonly made: string;
};

const LATEST = "latest";

export async function runDataBackup(options: DataOptions): Promise<number> {
  const [made] = await answersOf(options.stack, ["backup"], copy);
  if (made === undefined) throw silence(options.stack);
  print(options, toCopy(made), `${made.name}, ${sizeText(made.bytes)}`);
  return 0;
}

export async function runDataList(options: DataOptions): Promise<number> {
  const copies = await listCopies(options.stack);
  const lines = copies.map(({ name, bytes, made }) => `${name}  ${made}  ${sizeText(bytes)}`);
  print(
    options,
    { copies },
    lines.join("\n") || `no copies yet; ${rampaCommand("data backup", options.stack)}`,
  );
  return 0;
}

/** Refuses, without `overwrite`, a database that is not empty. */
export async function runDataRestore(wanted: string, options: RestoreOptions): Promise<number> {
  const { stack, overwrite } = options;
  return await withChangeLock("data restore", async () => {
    const name = wanted === LATEST ? await latestCopy(stack) : wanted;
    const [done] = await answersOf(stack, ["restore", name, ...(overwrite ? ["--overwrite"] : [])], restored);
    if (done === undefined) throw silence(stack);
    const text = `${done.name} is the database now; ${done.replaced} relations were replaced`;
    print(options, { name: done.name, replacedRelations: done.replaced }, text);
    return 0;
  });
}

async function latestCopy(stack: string): Promise<string> {
  const [latest] = await listCopies(stack);
  if (latest !== undefined) return latest.name;
  throw new CliError("cli.backup-missing", "there is no copy yet", rampaCommand("data backup", stack));
}

/** Newest first: names begin with the time. */
async function listCopies(stack: string): Promise<readonly Copy[]> {
  const copies = await answersOf(stack, ["list"], copy);
  return copies.map(toCopy).sort((a, b) => (a.name < b.name ? 1 : -1));
}

async function answersOf<S extends z.ZodType>(
  stack: string,
  args: BackupCall["args"],
  answer: S,
): Promise<readonly z.output<S>[]> {
  const settings = await readStack(stack);
  const answers = await runBackupJob({ ...(await placeOf(settings)), stack, args });
  return z.array(answer).parse(answers);
}

async function placeOf(settings: StackSettings): Promise<Pick<BackupCall, "cluster" | "namespace">> {
  const { stack, namespace, data } = settings;
  if (data?.postgres === undefined) {
    const message = `the stack ${stack} has no database inside its cluster`;
    throw new CliError(
      "cli.usage",
      message,
      `set rampa:data.postgres in stacks/Pulumi.${stack}.yaml, then ${upCommand(stack)}`,
    );
  }
  const cluster = await findCluster(settings);
  if (cluster !== undefined) return { cluster, namespace };
  throw new CliError(
    "cli.nothing-here",
    `the cluster of the stack ${stack} does not stand`,
    upCommand(stack),
  );
}

/** `rampa-20261121T021700Z.dump` → `2026-11-21T02:17:00Z`. */
export function toCopy(answer: z.output<typeof copy>): Copy {
  const time = /(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/.exec(answer.name);
  if (time === null) return { ...answer, made: "unknown" };
  const [, year, month, day, hour, minute, second] = time;
  return { ...answer, made: `${year}-${month}-${day}T${hour}:${minute}:${second}Z` };
}

function sizeText(bytes: number): string {
  return bytes < 1024 * 1024 ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

function silence(stack: string): CliError {
  return new CliError("cli.backup-failed", "the job ended without an answer", rampaCommand("logs", stack));
}
