// Where a build comes from: the commit of the checkout, and the job that runs it.
import { runTool } from "../local/images/tool.ts";
import { PipelineError } from "./pipeline-error.ts";
import type { BuildOrigin } from "./statement.ts";

const GIT_WITHIN_MS = 30_000;
const LOCAL_BUILDER = "https://rampa.dev/builder/local";

/** Throws `pipeline.environment` for a tree that holds what no commit holds: nobody could build it again. */
export async function readBuildOrigin(checkout: string, env: NodeJS.ProcessEnv): Promise<BuildOrigin> {
  const changes = (await git(checkout, ["status", "--porcelain"])).split("\n").filter((line) => line !== "");
  if (changes.length > 0) {
    const reason = `the tree has ${changes.length} changes that no commit holds, e.g. ${changes[0]?.trim()}`;
    throw new PipelineError("pipeline.environment", reason, "commit them, then publish");
  }
  const commit = (await git(checkout, ["rev-parse", "HEAD"])).trim();
  return env.GITHUB_ACTIONS === "true" ? githubOrigin(commit, env) : localOrigin(commit, env);
}

function githubOrigin(commit: string, env: NodeJS.ProcessEnv): BuildOrigin {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_REF: ref } = env;
  const home = `${server}/${repository}`;
  return {
    source: `git+${home}@${ref}`,
    commit,
    builder: `${server}/${env.GITHUB_WORKFLOW_REF}`,
    invocation: `${home}/actions/runs/${env.GITHUB_RUN_ID}/attempts/${env.GITHUB_RUN_ATTEMPT}`,
  };
}

/** Other systems name themselves by `RAMPA_BUILDER`, `RAMPA_SOURCE` and `RAMPA_INVOCATION`. */
function localOrigin(commit: string, env: NodeJS.ProcessEnv): BuildOrigin {
  const builder = env.RAMPA_BUILDER ?? LOCAL_BUILDER;
  return {
    source: env.RAMPA_SOURCE ?? `git+file://rampa@${commit}`,
    commit,
    builder,
    invocation: env.RAMPA_INVOCATION ?? `${builder}/${commit}`,
  };
}

async function git(checkout: string, args: readonly string[]): Promise<string> {
  const { ok, stdout, stderr } = await runTool("git", args, { cwd: checkout, deadlineMs: GIT_WITHIN_MS });
  if (ok) return stdout;
  throw new PipelineError(
    "pipeline.environment",
    `git ${args[0]}: ${stderr.trim()}`,
    "run it in a git checkout",
  );
}
