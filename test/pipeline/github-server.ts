// An HTTP server that answers like GitHub's issue comments and contents APIs, as far as a pipeline uses them.

import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { GitHubAccess } from "../../stacks/pipeline/github-api.ts";

export type StoredComment = { readonly id: number; readonly login: string; body: string };

export type GitHubServer = {
  readonly access: GitHubAccess;
  readonly comments: StoredComment[];
  /** Path → text, on the one branch `main`. */
  readonly files: Map<string, string>;
  /** `METHOD path?query` of every request. */
  readonly requests: string[];
  close(): Promise<void>;
};

const JOB_LOGIN = "github-actions[bot]";
const TOKEN = "planted-token";
const LIMIT = 65_536;

type Answer = { readonly status: number; readonly body: unknown; readonly link?: string };

export async function startGitHub(pageItems = 100): Promise<GitHubServer> {
  const comments: StoredComment[] = [];
  const files = new Map<string, string>();
  const requests: string[] = [];
  const server = createServer(async (request, response) => {
    requests.push(`${request.method} ${request.url}`);
    const answer = answerRequest(request, await bodyOf(request), { comments, files, pageItems });
    send(response, answer);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A TCP server's address is an object, never a pipe's name.
  const { port } = server.address() as AddressInfo;
  const access = { url: `http://127.0.0.1:${port}`, repository: "ml/rampa", token: TOKEN };
  const close = () => new Promise<void>((resolve) => void server.close(() => resolve()));
  return { access, comments, files, requests, close };
}

type Store = Pick<GitHubServer, "comments" | "files"> & { readonly pageItems: number };
type Body = Readonly<Record<string, string>>;

function answerRequest(request: IncomingMessage, body: Body, store: Store): Answer {
  if (request.headers.authorization !== `Bearer ${TOKEN}`)
    return { status: 401, body: { message: "Bad credentials" } };
  const url = new URL(request.url ?? "", `http://${request.headers.host}`);
  const path = url.pathname.replace("/repos/ml/rampa/", "");
  if (path.startsWith("contents/"))
    return answerContents(request, path.slice("contents/".length), { body, store });
  if (typeof body.body === "string" && body.body.length > LIMIT) {
    return { status: 422, body: { message: "body is too long (maximum is 65536 characters)" } };
  }
  const one = /^issues\/comments\/(\d+)$/.exec(path)?.[1];
  if (one !== undefined && request.method === "PATCH") return changeComment(Number(one), body, store);
  if (!/^issues\/\d+\/comments$/.test(path)) return { status: 404, body: { message: "Not Found" } };
  return request.method === "POST" ? addComment(body, store) : listComments(url, store);
}

function listComments(url: URL, { comments, pageItems }: Store): Answer {
  const items = Math.min(pageItems, Number(url.searchParams.get("per_page") ?? 30));
  const page = Number(url.searchParams.get("page") ?? 1);
  const body = comments.slice((page - 1) * items, page * items).map(toApi);
  if (page * items >= comments.length) return { status: 200, body };
  url.searchParams.set("page", String(page + 1));
  return { status: 200, body, link: `<${url.href}>; rel="next", <${url.href}>; rel="last"` };
}

function addComment(body: Body, { comments }: Store): Answer {
  const comment = { id: 1_000 + comments.length, login: JOB_LOGIN, body: body.body ?? "" };
  comments.push(comment);
  return { status: 201, body: toApi(comment) };
}

function changeComment(id: number, body: Body, { comments }: Store): Answer {
  const comment = comments.find((it) => it.id === id);
  if (comment === undefined) return { status: 404, body: { message: "Not Found" } };
  if (comment.login !== JOB_LOGIN)
    return { status: 403, body: { message: "Resource not accessible by integration" } };
  comment.body = body.body ?? "";
  return { status: 200, body: toApi(comment) };
}

/** GitHub gives line ends back as they came in a form, with carriage returns. */
function toApi({ id, login, body }: StoredComment): unknown {
  return { id, body: body.replaceAll("\n", "\r\n"), user: { login } };
}

function answerContents(
  request: IncomingMessage,
  path: string,
  { body, store }: { readonly body: Body; readonly store: Store },
): Answer {
  const text = store.files.get(path);
  if (text === undefined) return { status: 404, body: { message: "Not Found" } };
  const sha = createHash("sha1").update(text).digest("hex");
  if (request.method === "GET") {
    // In lines of 60 characters, as GitHub does.
    const content = Buffer.from(text)
      .toString("base64")
      .replaceAll(/(.{60})/g, "$1\n");
    return { status: 200, body: { sha, content, encoding: "base64" } };
  }
  if (body.sha !== sha || body.branch !== "main")
    return { status: 409, body: { message: `${path} does not match ${body.sha}` } };
  store.files.set(path, Buffer.from(body.content ?? "", "base64").toString());
  return { status: 200, body: { commit: { message: body.message } } };
}

async function bodyOf(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const text = Buffer.concat(chunks).toString();
  return text === "" ? {} : JSON.parse(text);
}

function send(response: ServerResponse, { status, body, link }: Answer): void {
  response.writeHead(status, { "content-type": "application/json", ...(link !== undefined && { link }) });
  response.end(JSON.stringify(body));
}
