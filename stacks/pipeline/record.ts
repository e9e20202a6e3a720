// `rampa pipeline record`: commits what a deployment wrote into a stack's file, so that the repository says what runs.
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { type OutputOptions, print } from "../cli/output.ts";
import { readStack } from "../cli/stack-file.ts";
import { paths } from "../local/paths.ts";
import { stackFilePath } from "../settings.ts";
import { createGitHubApi, type GitHubApi, readGitHubAccess } from "./github-api.ts";

export type RecordOptions = OutputOptions & { readonly stack: string; readonly branch: string };

export type RecordOutcome = "committed" | "unchanged";

const contents = z.object({ sha: z.string(), content: z.string() });

export async function runRecord({ stack, branch, ...options }: RecordOptions): Promise<number> {
  await readStack(stack);
  const text = await readFile(stackFilePath(paths.checkout, stack), "utf8");
  const api = createGitHubApi(readGitHubAccess(process.env));
  const outcome = await recordStackFile(api, { stack, branch, text });
  print(options, { stack, branch, outcome }, `stacks/Pulumi.${stack}.yaml on ${branch}: ${outcome}`);
  return 0;
}

/** A commit of this one file; GitHub refuses it when the file moved on in between. */
export async function recordStackFile(
  api: GitHubApi,
  { stack, branch, text }: { readonly stack: string; readonly branch: string; readonly text: string },
): Promise<RecordOutcome> {
  const path = `contents/stacks/Pulumi.${stack}.yaml`;
  const query = `?ref=${encodeURIComponent(branch)}`;
  const { body } = await api.send({ method: "GET", path: path + query, expect: [200] });
  const { sha, content } = contents.parse(body);
  if (Buffer.from(content, "base64").toString() === text) return "unchanged";
  const message = `chore(${stack}): record what runs`;
  const change = { message, branch, sha, content: Buffer.from(text).toString("base64") };
  await api.send({ method: "PUT", path, body: change, expect: [200] });
  return "committed";
}
