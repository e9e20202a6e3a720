// The files of preview environments in this checkout: which there are, whose they are, what one leaves in the state.
import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { type BranchMark, readMark } from "../branch/branch-file.ts";
import { type BranchNames, findNameProblem, isBranchStack, namesOf } from "../branch/branch-name.ts";
import { checkoutPlaces } from "../local/engine/places.ts";
import { stateFilesOf } from "../local/engine/state-files.ts";
import { paths } from "../local/paths.ts";
import { replaceFile } from "../replace-file.ts";
import { stackFilePath } from "../settings.ts";
import { CliError } from "./cli-error.ts";
import { listStacks } from "./stack-file.ts";

export type BranchStack = { readonly stack: string; readonly mark: BranchMark };

/** Names of the branch that an option names, or git; throws CliError for what is no branch. */
export async function chooseBranch(option: string | undefined): Promise<BranchNames> {
  const branch = option ?? (await currentBranch());
  const problem = findNameProblem(branch);
  if (problem === undefined) return namesOf(branch);
  throw new CliError("cli.usage", `--branch: got ${JSON.stringify(branch)}, want ${problem}`, "git branch");
}

async function currentBranch(): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)("git", ["symbolic-ref", "--short", "HEAD"], {
      cwd: paths.checkout,
    });
    return stdout.trim();
  } catch {
    throw new CliError("cli.usage", "git has no branch checked out here", "name one by --branch NAME");
  }
}

/** Preview environments that have a file, by stack. */
export async function listBranches(): Promise<readonly BranchStack[]> {
  const stacks = listStacks().filter(isBranchStack).toSorted();
  const read = stacks.map(async (stack) => ({ stack, mark: await readMarkOf(stack) }));
  return (await Promise.all(read)).flatMap(({ stack, mark }) =>
    mark === undefined ? [] : [{ stack, mark }],
  );
}

/** Undefined where the branch has none. Throws CliError for a file that was not written for this branch. */
export async function readBranch({ branch, stack }: BranchNames): Promise<BranchMark | undefined> {
  const file = `stacks/Pulumi.${stack}.yaml`;
  if (!existsSync(stackFilePath(paths.checkout, stack))) return undefined;
  const mark = await readMarkOf(stack);
  if (mark === undefined) {
    const message = `${file} was not written by rampa branch up, so nothing was changed`;
    throw new CliError("cli.usage", message, `rename the stack, or name another branch by --branch`);
  }
  if (mark.name === branch) return mark;
  const message = `--branch: ${branch} and ${mark.name} would share the stack ${stack}, which belongs to ${mark.name}`;
  throw new CliError("cli.usage", message, `npm run rampa -- branch down --branch ${mark.name}`);
}

async function readMarkOf(stack: string): Promise<BranchMark | undefined> {
  return readMark(await readFile(stackFilePath(paths.checkout, stack), "utf8"));
}

export async function writeBranchFile(stack: string, text: string): Promise<void> {
  await replaceFile(stackFilePath(paths.checkout, stack), text);
}

/** Deletes what Pulumi keeps of a stack that it has removed, and last of all the file by which it is known. */
export async function removeRemains(stack: string): Promise<void> {
  const { checkpoint, lockFolder, backups, history } = stateFilesOf(checkoutPlaces, stack);
  const folder = dirname(checkpoint);
  const copies = existsSync(folder)
    ? readdirSync(folder).filter((name) => name.startsWith(`${basename(checkpoint)}.`))
    : [];
  for (const path of [...copies.map((name) => join(folder, name)), lockFolder, backups, history]) {
    await rm(path, { recursive: true, force: true });
  }
  await rm(stackFilePath(paths.checkout, stack), { force: true });
}
