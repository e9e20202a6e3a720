// The gateway before a real model server: streams as the official clients see them, and the tokens that the log holds.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ensurePython } from "../../kit/python-packages.ts";
import { type ModelServer, realWeights, startModelServer } from "../model/model-server.ts";
import { type Fixture, httpRoute, KEY, startFixture, until } from "./fixture.ts";

const TOKENS = 12;

let server: ModelServer;
let fixture: Fixture;
let openai: OpenAI;

beforeAll(async () => {
  await realWeights();
  server = await startModelServer();
  const port = Number(new URL(server.origin).port);
  fixture = await startFixture({ routes: [httpRoute("chat", [{ version: "1.0.0", port, weight: 100 }])] });
  openai = new OpenAI({ baseURL: `${fixture.url}/v1`, apiKey: KEY, maxRetries: 0 });
}, 20 * 60_000);
afterAll(async () => {
  await fixture.stop();
  expect(await server.stop()).toBe(0);
});

const messages = [{ role: "user" as const, content: "The capital of France is" }];
const CHAT = {
  model: "chat",
  messages,
  max_completion_tokens: TOKENS,
  temperature: 0,
  stream: true,
} as const;
const COMPLETION = {
  model: "chat",
  prompt: "Once",
  max_tokens: TOKENS,
  temperature: 0,
  stream: true,
} as const;

const post = async (origin: string, path: string, body: object, id = "direct"): Promise<string> => {
  const headers = { authorization: `Bearer ${KEY}`, "x-request-id": id };
  const response = await fetch(`${origin}/v1/${path}`, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
  });
  // Made anew for every answer.
  return (await response.text()).replaceAll(/"id":"[^"]+"|"created":\d+/g, "");
};

async function lineOf(requestId: string): Promise<Record<string, unknown>> {
  const find = async () =>
    (await fixture.log()).split("\n").find((line) => line.includes(`"requestId":"${requestId}"`));
  await until(async () => (await find()) !== undefined);
  return JSON.parse((await find()) ?? "");
}

describe("a stream through the gateway", () => {
  it.each([
    ["chat", "chat/completions", CHAT, {}],
    ["a completion", "completions", COMPLETION, {}],
    ["chat that refuses usage", "chat/completions", CHAT, { stream_options: { include_usage: false } }],
    ["chat that asks for usage", "chat/completions", CHAT, { stream_options: { include_usage: true } }],
    [
      "a completion that asks for usage",
      "completions",
      COMPLETION,
      { stream_options: { include_usage: true } },
    ],
  ])("of %s is what the model server alone would send, and is counted", async (_, path, body, options) => {
    const id = `stream-${path}-${JSON.stringify(options)}`.replaceAll(/[^a-z_-]/g, ".");
    const request = { ...body, ...options };
    const direct = await post(server.origin, path, request);
    expect(await post(fixture.url, path, request, id)).toBe(direct);
    const line = await lineOf(id);
    expect(line).toMatchObject({ outcome: "ok", tokensOut: TOKENS });
    for (const field of ["tokensIn", "ttftMs", "tokensPerSecond"]) expect(line[field]).toBeGreaterThan(0);
  });

  it("gives the npm client usage when it asks, and none when it does not", async () => {
    for await (const chunk of await openai.chat.completions.create(CHAT)) {
      expect(chunk).not.toHaveProperty("usage");
      expect(chunk.choices).toHaveLength(1);
    }
    let last: unknown;
    const asked = { ...CHAT, stream_options: { include_usage: true } };
    for await (const chunk of await openai.chat.completions.create(asked)) last = chunk.usage;
    expect(last).toMatchObject({ completion_tokens: TOKENS });
  });

  it("gives the Python client the same", async () => {
    const python = ensurePython(["openai==3.52.0"]);
    const program = join(import.meta.dirname, "../../e2e/openai-client.py");
    const env = { PATH: process.env.PATH, RAMPA_KEY: KEY };
    const { stdout } = await promisify(execFile)(python, [program, `${fixture.url}/v1`], { env });
    expect(JSON.parse(stdout)).toMatchObject({
      stream: { finish: "length", tokens: 4 },
      plainStream: { finish: "length", chunksWithUsage: 0 },
    });
  }, 300_000);

  it("that its client leaves counts no more than the model made", async () => {
    const stream = await openai.chat.completions.create(
      { ...CHAT, max_completion_tokens: 200 },
      { headers: { "x-request-id": "left" } },
    );
    let seen = 0;
    for await (const chunk of stream) {
      if (chunk.choices[0]?.delta.content) seen += 1;
      if (seen === 5) break;
    }
    const { outcome, tokensOut, ttftMs } = await lineOf("left");
    expect(outcome).toBe("caller_gone");
    expect(tokensOut).toBeGreaterThanOrEqual(5);
    expect(tokensOut).toBeLessThan(200);
    expect(ttftMs).toBeGreaterThan(0);
  });
});
