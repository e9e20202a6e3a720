// The calls of GitHub's REST API that a job makes with its own token: deadlines, pages, errors without the token.
import { z } from "zod";
import { parseJson } from "../local/parse-json.ts";
import { PipelineError } from "./pipeline-error.ts";

export type GitHubAccess = {
  /** `https://api.github.com`, or the API of an enterprise server. */
  readonly url: string;
  /** `owner/name`. */
  readonly repository: string;
  readonly token: string;
};

type GitHubCall = {
  readonly method: "GET" | "POST" | "PATCH" | "PUT";
  /** Below `/repos/<owner>/<name>/`. */
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
  /** Statuses that are an answer; any other one throws `pipeline.github`. */
  readonly expect: readonly number[];
};

type GitHubAnswer = { readonly status: number; readonly body: unknown };

export type GitHubApi = {
  send(call: GitHubCall): Promise<GitHubAnswer>;
  /** Every item of a list, over all of its pages. */
  list(path: string): Promise<readonly unknown[]>;
};

const DEADLINE_MS = 30_000;
const API_VERSION = "2022-11-28";
const PAGE_ITEMS = 100;

const jobEnvironment = z.object({
  GITHUB_API_URL: z.url().default("https://api.github.com"),
  GITHUB_REPOSITORY: z.string().regex(/^[\w.-]+\/[\w.-]+$/),
  GITHUB_TOKEN: z.string().min(1),
});

/** From the variables that GitHub gives a job; throws `pipeline.environment` with all that are missing. */
export function readGitHubAccess(env: NodeJS.ProcessEnv): GitHubAccess {
  const { data, error } = jobEnvironment.safeParse(env);
  if (data === undefined) {
    const names = error.issues.map(({ path }) => path.join("."));
    const reason = `not set as a GitHub job sets them: ${names.join(", ")}`;
    throw new PipelineError("pipeline.environment", reason, "pass them in the step's env");
  }
  return { url: data.GITHUB_API_URL, repository: data.GITHUB_REPOSITORY, token: data.GITHUB_TOKEN };
}

export function createGitHubApi(access: GitHubAccess): GitHubApi {
  const root = `${access.url.replace(/\/$/, "")}/repos/${access.repository}/`;
  return {
    async send(call) {
      const response = await request(access, call, new URL(root + call.path));
      return { status: response.status, body: parseJson(await response.text()) };
    },
    async list(path) {
      const items: unknown[] = [];
      let address: URL | undefined = new URL(root + path);
      address.searchParams.set("per_page", String(PAGE_ITEMS));
      while (address !== undefined) {
        const call: GitHubCall = { method: "GET", path, expect: [200] };
        const response: Response = await request(access, call, address);
        items.push(...z.array(z.unknown()).parse(await response.json()));
        address = nextPage(response.headers.get("link") ?? "", address);
      }
      return items;
    },
  };
}

async function request({ token }: GitHubAccess, call: GitHubCall, address: URL): Promise<Response> {
  const response = await fetch(address, {
    method: call.method,
    headers: {
      accept: "application/vnd.github+json",
      authorization: `Bearer ${token}`,
      "x-github-api-version": API_VERSION,
    },
    ...(call.body && { body: JSON.stringify(call.body) }),
    signal: AbortSignal.timeout(DEADLINE_MS),
  }).catch((error: unknown) => {
    const reason = error instanceof Error && error.cause instanceof Error ? error.cause.message : "no answer";
    throw new PipelineError(
      "pipeline.github",
      `${address.host} does not answer: ${reason}`,
      "run the job again",
    );
  });
  if (call.expect.includes(response.status)) return response;
  const message = z.object({ message: z.string() }).safeParse(parseJson(await response.text())).data?.message;
  throw new PipelineError(
    "pipeline.github",
    `GitHub answered ${response.status} to ${call.method} ${call.path}: ${message ?? "no reason given"}`,
    response.status === 403 ? "give the job the permission, or run it outside of a fork" : "read the answer",
  );
}

/** The token goes to no other host than the one it is for. */
function nextPage(link: string, here: URL): URL | undefined {
  const target = /<([^>]+)>;\s*rel="next"/.exec(link)?.[1];
  if (target === undefined) return undefined;
  const next = new URL(target, here);
  return next.origin === here.origin ? next : undefined;
}
