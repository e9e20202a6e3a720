// `rampa pipeline running`: notes the digest that a stack runs, to which a failing deployment goes back.
import { readFile, writeFile } from "node:fs/promises";
import { z } from "zod";
import { CliError } from "../cli/cli-error.ts";
import { type OutputOptions, print } from "../cli/output.ts";
import { readRelease } from "../cli/platform-stack.ts";
import { type Digest, isDigest } from "../local/images/blob-store.ts";
import { parseJson } from "../local/parse-json.ts";
import { PipelineError } from "./pipeline-error.ts";

export type RunningOptions = OutputOptions & { readonly stack: string; readonly out: string };

const noteSchema = z.object({ stack: z.string(), digest: z.custom<Digest>(isDigest).nullable() });

export async function runRunning({ stack, out, ...options }: RunningOptions): Promise<number> {
  const note = { stack, digest: await runningDigest(stack) };
  await writeFile(out, `${JSON.stringify(note)}\n`);
  print(options, note, `${stack} runs ${note.digest ?? "nothing yet"}`);
  return 0;
}

async function runningDigest(stack: string): Promise<string | null> {
  try {
    return (await readRelease(stack)).imageDigest;
  } catch (error) {
    // The first deployment has nothing before it.
    if (error instanceof CliError && error.code === "cli.nothing-here") return null;
    throw error;
  }
}

/** Null where nothing ran; throws `pipeline.environment` for a note about another stack. */
export async function readNote(file: string, stack: string): Promise<Digest | null> {
  // A note that was never written says as little as a broken one.
  const text = await readFile(file, "utf8").catch(() => "");
  const { data } = noteSchema.safeParse(parseJson(text));
  if (data?.stack === stack) return data.digest;
  const reason = `${file} does not say what ${stack} ran before`;
  const next = `npm run rampa -- pipeline running --stack ${stack} --out ${file}, before the deployment`;
  throw new PipelineError("pipeline.environment", reason, next);
}
