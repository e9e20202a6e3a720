// `rampa pipeline rollback`: brings a stack back to the image that ran before a deployment that failed.
import { readFile, writeFile } from "node:fs/promises";
import { type OutputOptions, print } from "../cli/output.ts";
import { writeDigest } from "../cli/promote.ts";
import { readStack } from "../cli/stack-file.ts";
import { runUp } from "../cli/up.ts";
import { paths } from "../local/paths.ts";
import { stackFilePath } from "../settings.ts";
import { readNote } from "./running.ts";
import { withRollback } from "./stack-file-edit.ts";

export type RollbackOptions = OutputOptions & {
  readonly stack: string;
  /** What `pipeline running` wrote before the deployment. */
  readonly before: string;
};

/** Exit code 1 where there is nothing to go back to. Settings stay as they are: those are reverted by a commit. */
export async function runRollback({ stack, before, ...options }: RollbackOptions): Promise<number> {
  const earlier = await readNote(before, stack);
  const { image } = await readStack(stack);
  if (earlier === null || earlier === image?.digest) {
    const reason = earlier === null ? "nothing ran before" : `${earlier} ran before as well`;
    print(options, { stack, rolledBackTo: null, reason }, `${stack}: ${reason}, so it stays`);
    return 1;
  }
  await pinRollback(stack, earlier);
  const code = await runUp({ stack, json: options.json === true });
  if (options.json !== true) print(options, undefined, `${stack}: ${earlier} runs again`);
  return code;
}

/** Writes the digest of before, and that it may run although the environment before runs another one. */
async function pinRollback(stack: string, digest: string): Promise<void> {
  await writeDigest(stack, digest);
  const file = stackFilePath(paths.checkout, stack);
  await writeFile(file, withRollback(await readFile(file, "utf8"), digest));
}
