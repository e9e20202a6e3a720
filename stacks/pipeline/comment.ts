// `rampa pipeline comment`: puts a stack's preview on the pull request of the job, in place of the one before.
import { readFile } from "node:fs/promises";
import { type OutputOptions, print } from "../cli/output.ts";
import { createGitHubApi, readGitHubAccess } from "./github-api.ts";
import { PipelineError } from "./pipeline-error.ts";
import { commentBody, replaceComment } from "./preview-comment.ts";

export type CommentOptions = OutputOptions & {
  readonly stack: string;
  /** What `rampa preview --markdown` printed. */
  readonly file: string;
  readonly pull?: number;
  readonly author: string;
};

export async function runComment(options: CommentOptions): Promise<number> {
  const { stack, file, author } = options;
  const pull = options.pull ?? pullOf(process.env.GITHUB_REF);
  const api = createGitHubApi(readGitHubAccess(process.env));
  // A preview that ended before it wrote anything is worth saying too.
  const body = commentBody(stack, await readFile(file, "utf8").catch(() => ""));
  const outcome = await replaceComment(api, { pull, author }, { stack, body });
  print(options, { stack, pull, outcome }, `${stack}: comment on pull request ${pull} ${outcome}`);
  return 0;
}

/** `refs/pull/12/merge` is what a job of pull request 12 runs on. */
function pullOf(ref: string | undefined): number {
  const number = /^refs\/pull\/(\d+)\//.exec(ref ?? "")?.[1];
  if (number !== undefined) return Number(number);
  throw new PipelineError(
    "pipeline.environment",
    "this is no job of a pull request",
    "name it with --pull NUMBER",
  );
}
