// One comment per stack on a pull request, found again by the marker it begins with and replaced in place.
import { z } from "zod";
import type { GitHubApi } from "./github-api.ts";

export type CommentPlace = {
  readonly pull: number;
  /** Login under which the job comments; a comment of anybody else is left alone. */
  readonly author: string;
};

export type CommentOutcome = "created" | "updated" | "unchanged";

/** GitHub refuses longer comments. */
export const MAX_COMMENT_CHARACTERS = 65_536;
const CUT = "\n\n…the rest is in the log of the job.\n";

const comments = z.array(
  z.object({ id: z.int(), body: z.string().nullish(), user: z.object({ login: z.string() }).nullish() }),
);

/** The text to post for a stack; says so where its preview could not be made. Pure. */
export function commentBody(stack: string, markdown: string): string {
  const marker = markerOf(stack);
  const text = markdown.trimStart().startsWith(marker)
    ? markdown.trimStart()
    : `${marker}\n## Preview of \`${stack}\`\n\nThe preview could not be made: the log of the job says why.\n`;
  if (text.length <= MAX_COMMENT_CHARACTERS) return text;
  const whole = text.slice(0, MAX_COMMENT_CHARACTERS - CUT.length);
  return whole.slice(0, whole.lastIndexOf("\n")) + CUT;
}

export async function replaceComment(
  api: GitHubApi,
  { pull, author }: CommentPlace,
  text: { readonly stack: string; readonly body: string },
): Promise<CommentOutcome> {
  const path = `issues/${pull}/comments`;
  const earlier = comments
    .parse(await api.list(path))
    .find(({ body, user }) => user?.login === author && body?.startsWith(markerOf(text.stack)));
  const body = { body: text.body };
  if (earlier === undefined) {
    await api.send({ method: "POST", path, body, expect: [201] });
    return "created";
  }
  // GitHub stores line ends as it likes.
  if (earlier.body?.replaceAll("\r\n", "\n").trimEnd() === text.body.trimEnd()) return "unchanged";
  await api.send({ method: "PATCH", path: `issues/comments/${earlier.id}`, body, expect: [200] });
  return "updated";
}

function markerOf(stack: string): string {
  return `<!-- rampa-preview:${stack} -->`;
}
