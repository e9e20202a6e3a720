// `rampa pipeline pin`: writes into a stack's file the digest that was built, so that no later job builds it again.
import { type OutputOptions, print } from "../cli/output.ts";
import { writeDigest } from "../cli/promote.ts";
import { readStack } from "../cli/stack-file.ts";
import { isDigest } from "../local/images/blob-store.ts";
import { PipelineError } from "./pipeline-error.ts";

export type PinOptions = OutputOptions & { readonly stack: string; readonly digest: string };

export async function runPin({ stack, digest, ...options }: PinOptions): Promise<number> {
  await readStack(stack);
  if (!isDigest(digest)) {
    const reason = `--digest: got ${digest}, want sha256: and 64 hexadecimal digits`;
    throw new PipelineError("pipeline.environment", reason, "take it from `rampa pipeline publish`");
  }
  await writeDigest(stack, digest);
  print(options, { stack, digest }, `stacks/Pulumi.${stack}.yaml names ${digest}`);
  return 0;
}
