// The comment of a preview on a pull request: one a stack, found over all pages, replaced in place.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createGitHubApi, readGitHubAccess } from "../../stacks/pipeline/github-api.ts";
import {
  commentBody,
  MAX_COMMENT_CHARACTERS,
  replaceComment,
} from "../../stacks/pipeline/preview-comment.ts";
import { recordStackFile } from "../../stacks/pipeline/record.ts";
import { type GitHubServer, startGitHub } from "./github-server.ts";
import { runCommandWith } from "./run-with-environment.ts";

const JOB = "github-actions[bot]";
const place = { pull: 12, author: JOB };
const preview = (stack: string, text: string) =>
  `<!-- rampa-preview:${stack} -->\n## Preview of \`${stack}\`\n\n${text}\n`;

let github: GitHubServer;
beforeEach(async () => {
  github = await startGitHub(10);
});
afterEach(() => github.close());

const post = (stack: string, text: string) =>
  replaceComment(createGitHubApi(github.access), place, {
    stack,
    body: commentBody(stack, preview(stack, text)),
  });

describe("the comment of a preview", () => {
  it("is made once a stack, replaced in place, and left alone when nothing changed", async () => {
    expect(await post("dev", "one")).toBe("created");
    expect(await post("prod", "one")).toBe("created");
    expect(await post("dev", "two")).toBe("updated");
    expect(await post("dev", "two")).toBe("unchanged");
    expect(github.comments.map(({ body }) => body)).toEqual([preview("dev", "two"), preview("prod", "one")]);
    expect(github.requests.filter((it) => !it.startsWith("GET"))).toEqual([
      "POST /repos/ml/rampa/issues/12/comments",
      "POST /repos/ml/rampa/issues/12/comments",
      "PATCH /repos/ml/rampa/issues/comments/1000",
    ]);
  });

  it("is found on the last of several pages", async () => {
    for (let id = 0; id < 25; id += 1) github.comments.push({ id, login: "person", body: `talk ${id}` });
    github.comments.push({ id: 500, login: JOB, body: preview("prod", "before") });
    expect(await post("prod", "after")).toBe("updated");
    expect(github.comments.at(-1)?.body).toBe(preview("prod", "after"));
    expect(github.requests.filter((it) => it.startsWith("GET"))).toHaveLength(3);
  });

  it("of a person who wrote the marker, or of a stack with a longer name, is not touched", async () => {
    github.comments.push({ id: 1, login: "person", body: preview("prod", "mine") });
    github.comments.push({ id: 2, login: JOB, body: preview("prod-eu", "theirs") });
    expect(await post("prod", "new")).toBe("created");
    expect(github.comments.map(({ body }) => body)).toEqual([
      preview("prod", "mine"),
      preview("prod-eu", "theirs"),
      preview("prod", "new"),
    ]);
  });

  it("that is too long is cut at a line and says so", async () => {
    const lines = Array.from({ length: 3_000 }, (_, index) => `- resource number ${index} changes somehow`);
    expect(await post("prod", lines.join("\n"))).toBe("created");
    const body = github.comments[0]?.body ?? "";
    expect(body.length).toBeLessThanOrEqual(MAX_COMMENT_CHARACTERS);
    expect(body).toMatch(/changes somehow\n\n…the rest is in the log of the job\.\n$/);
  });

  it("says so where the preview could not be made", () => {
    expect(commentBody("prod", "")).toBe(
      "<!-- rampa-preview:prod -->\n## Preview of `prod`\n\nThe preview could not be made: the log of the job says why.\n",
    );
  });
});

describe("GitHub's refusal", () => {
  it("names what was asked and the reason, and never the token", async () => {
    const api = createGitHubApi({ ...github.access, token: "another-planted-token" });
    const error: unknown = await api.list("issues/12/comments").catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "pipeline.github" });
    expect(String(error)).toContain("GitHub answered 401 to GET issues/12/comments: Bad credentials");
    expect(String(error)).not.toContain("planted");
  });

  it("comes before any request where the job gives no token, with all that is missing", () => {
    expect(() => readGitHubAccess({ GITHUB_REPOSITORY: "not a repository" })).toThrow(
      "not set as a GitHub job sets them: GITHUB_REPOSITORY, GITHUB_TOKEN",
    );
  });
});

describe("rampa pipeline comment", () => {
  const environment = () => ({
    GITHUB_API_URL: github.access.url,
    GITHUB_REPOSITORY: github.access.repository,
    GITHUB_TOKEN: github.access.token,
    GITHUB_REF: "refs/pull/12/merge",
  });

  it("comments on the pull request of the job, also without a preview", async () => {
    const args = ["pipeline", "comment", "--stack", "prod", "--file", "/nonexistent/preview.md"];
    const { code, stdout } = await runCommandWith(environment(), [...args, "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ stack: "prod", pull: 12, outcome: "created" });
    expect(github.comments[0]?.body).toContain("could not be made");
  });

  it("wants the number where the job is none of a pull request", async () => {
    const args = ["pipeline", "comment", "--stack", "prod", "--file", "preview.md"];
    const { code, stderr } = await runCommandWith({ ...environment(), GITHUB_REF: "refs/heads/main" }, args);
    expect(code).toBe(1);
    expect(stderr).toContain(
      "pipeline.environment: this is no job of a pull request\nNext: name it with --pull NUMBER",
    );
  });
});

describe("the record of what runs", () => {
  it("is a commit of the stack's file, once", async () => {
    const file = { stack: "prod", branch: "main", text: `config: { digest: new }\n${"#".repeat(200)}\n` };
    github.files.set("stacks/Pulumi.prod.yaml", "config: { digest: old }\n");
    const api = createGitHubApi(github.access);
    expect(await recordStackFile(api, file)).toBe("committed");
    expect(await recordStackFile(api, file)).toBe("unchanged");
    expect(github.files.get("stacks/Pulumi.prod.yaml")).toBe(file.text);
  });

  it("is refused by GitHub on a branch that is not there", async () => {
    github.files.set("stacks/Pulumi.prod.yaml", "old");
    const api = createGitHubApi(github.access);
    await expect(recordStackFile(api, { stack: "prod", branch: "other", text: "new" })).rejects.toThrow(
      "GitHub answered 409 to PUT contents/stacks/Pulumi.prod.yaml",
    );
  });
});
