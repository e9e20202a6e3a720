// Credentials of a pod: whom its token is shown to, when it is asked for anew, and what a refusing agent leads to.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createCredentials } from "../../../../serving/adapters/artefact/aws-credentials.ts";
import { type ArtefactServer, serveArtefact } from "./artefact-server.ts";

const START = Date.parse("2027-01-02T03:00:00Z");
const HOUR_MS = 3_600_000;

let agent: ArtefactServer;
let folder: string;
let nowMs: number;
let answer: (response: ServerResponse, count: number) => void;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rampa-credentials-"));
  await writeFile(tokenFile(), "token-1\n");
  nowMs = START;
  answer = (response, count) => response.end(credentials(count));
  agent = await serveArtefact((_request, response, count) => answer(response, count));
});

afterEach(async () => {
  await agent.close();
  await rm(folder, { recursive: true });
});

const tokenFile = () => join(folder, "eks-pod-identity-token");
/** As the agent writes them: for an hour from when they are asked for. */
const credentials = (count: number, change: object = {}) =>
  JSON.stringify({
    AccessKeyId: `ASIA${count}`,
    SecretAccessKey: "planted",
    Token: `session-${count}`,
    AccountId: "111122223333",
    Expiration: new Date(nowMs + HOUR_MS).toISOString(),
    ...change,
  });
const ask = (change: Readonly<Record<string, string | undefined>> = {}) =>
  createCredentials({
    env: {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${agent.origin}/v1/credentials`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: tokenFile(),
      ...change,
    },
    now: () => new Date(nowMs),
  });

describe("credentials", () => {
  it("are the environment's own before any endpoint is asked, and none where it has neither", async () => {
    const own = { AWS_ACCESS_KEY_ID: "AKIA", AWS_SECRET_ACCESS_KEY: "planted" };
    expect(await ask(own)()).toEqual({ accessKeyId: "AKIA", secretAccessKey: "planted" });
    expect(await ask({ ...own, AWS_SESSION_TOKEN: "s" })()).toMatchObject({ sessionToken: "s" });
    expect(await ask({ AWS_CONTAINER_CREDENTIALS_FULL_URI: undefined })()).toBeUndefined();
    expect(agent.seen).toEqual([]);
  });

  it("come from the agent for the pod's token, with the session token that signatures need", async () => {
    expect(await ask()()).toEqual({
      accessKeyId: "ASIA1",
      secretAccessKey: "planted",
      sessionToken: "session-1",
    });
    expect(agent.seen).toMatchObject([{ url: "/v1/credentials", headers: { authorization: "token-1" } }]);
  });

  it("are kept until five minutes before their end, then asked for with the token as it is by then", async () => {
    const find = ask();
    await find();
    nowMs += HOUR_MS - 300_001;
    expect(await find()).toMatchObject({ accessKeyId: "ASIA1" });
    await writeFile(tokenFile(), "token-2\n");
    nowMs += 1;
    expect(await find()).toMatchObject({ accessKeyId: "ASIA2", sessionToken: "session-2" });
    expect(agent.seen.map(({ headers }) => headers.authorization)).toEqual(["token-1", "token-2"]);
  });

  it("outlast an agent that is away for their last minutes, and no longer", async () => {
    const find = ask();
    await find();
    answer = (response) => response.writeHead(503).end();
    nowMs += HOUR_MS - 1;
    expect(await find()).toMatchObject({ accessKeyId: "ASIA1" });
    nowMs += 1;
    await expect(find()).rejects.toMatchObject({ code: "artefact.credentials", retryable: true });
  });

  it.each([
    [400, false],
    [403, false],
    [404, false],
    [429, true],
    [500, true],
    [503, true],
  ])("cannot be had where the agent answers %i; again may help: %s", async (status, retryable) => {
    answer = (response) => response.writeHead(status).end(credentials(1));
    const error = await ask()().catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "artefact.credentials", retryable });
    expect(String(error)).toContain(`got status ${status}, want 200 with credentials`);
    expect(String(error)).not.toContain("planted");
  });

  it.each([
    ["no JSON", "<html>", "got no credentials, want a role's", false],
    ["no end", { Expiration: undefined }, "got no credentials, want a role's", false],
    ["no secret", { SecretAccessKey: "" }, "got no credentials, want a role's", false],
    [
      "ended ones",
      { Expiration: new Date(START).toISOString() },
      "got credentials that ended at 2027-01-02T03:00:00.000Z, want newer ones",
      true,
    ],
  ] as const)("cannot be had where the agent gives %s", async (_, body, message, retryable) => {
    answer = (response) => response.end(typeof body === "string" ? body : credentials(1, body));
    await expect(ask()()).rejects.toMatchObject({
      code: "artefact.credentials",
      retryable,
      message: expect.stringContaining(message),
    });
  });

  it("follow no redirect with the token", async () => {
    answer = (response) => response.writeHead(302, { location: "http://127.0.0.1:1/" }).end();
    await expect(ask()()).rejects.toThrow("got status 302");
  });

  it.each([
    ["http://169.254.169.254/latest", "169.254.169.254"],
    ["http://169.254.170.23.example.com/", "169.254.170.23.example.com"],
    ["https://credentials.example.com/", "credentials.example.com"],
    ["http://localhost:80/", "localhost"],
    ["http://10.0.0.1/", "10.0.0.1"],
    ["ftp://127.0.0.1/", "127.0.0.1"],
    ["v1/credentials", "no URL"],
  ])("are asked of nobody outside of the node: %s", async (address, host) => {
    await expect(ask({ AWS_CONTAINER_CREDENTIALS_FULL_URI: address })()).rejects.toThrow(
      `credentials: AWS_CONTAINER_CREDENTIALS_FULL_URI: got ${host}, want a loopback address or 169.254.170.23`,
    );
    expect(agent.seen).toEqual([]);
  });

  it.each([
    ["no file", undefined],
    ["an empty one", "\n"],
    ["one of two lines", "a\nb"],
  ])("need a token: %s", async (_, text) => {
    if (text === undefined) await rm(tokenFile());
    else await writeFile(tokenFile(), text);
    await expect(ask()()).rejects.toMatchObject({ code: "artefact.credentials", retryable: false });
    expect(agent.seen).toEqual([]);
  });
});
