// The command's own client against a real socket: streamed pieces, error bodies, nothing listening.
import { createServer, type RequestListener, type Server } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { isGatewayReady, streamChat } from "../../../stacks/cli/gateway-client.ts";
import { readServerEvents } from "../../../stacks/cli/server-events.ts";

let server: Server | undefined;

async function listen(answer: RequestListener): Promise<string> {
  const started = createServer(answer);
  server = started;
  await new Promise<void>((settle) => started.listen(0, "127.0.0.1", settle));
  const { port } = z.object({ port: z.int() }).parse(started.address());
  return `http://127.0.0.1:${port}/v1`;
}

afterEach(async () => {
  const running = server;
  server = undefined;
  if (running) await new Promise((settle) => running.close(settle));
});

const call = { model: "chat", messages: [{ role: "user", content: "Hi" }] } as const;
const chunk = (content: string): string =>
  `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`;

describe("the command's chat client", () => {
  it("hands on each piece, returns the whole and asks for the named version with the key", async () => {
    let seen: unknown;
    const baseUrl = await listen((request, response) => {
      seen = [request.url, request.headers.authorization, request.headers["x-rampa-version"]];
      response.setHeader("x-rampa-version", "1.1.0");
      response.end(`${chunk("Hel")}: note\n\n${chunk("lo")}data: [DONE]\n\n`);
    });
    const pieces: string[] = [];
    const answer = await streamChat({ baseUrl, key: "rk-1" }, { ...call, version: "1.1.0" }, (text) => {
      pieces.push(text);
    });
    expect(pieces).toEqual(["Hel", "lo"]);
    expect(answer).toEqual({ text: "Hello", version: "1.1.0" });
    expect(seen).toEqual(["/v1/chat/completions", "Bearer rk-1", "1.1.0"]);
  });

  it("passes on the message of an error body with its status", async () => {
    const baseUrl = await listen((_, response) => {
      response.statusCode = 401;
      response.end(JSON.stringify({ error: { message: "Incorrect API key." } }));
    });
    await expect(streamChat({ baseUrl, key: "no" }, call, () => {})).rejects.toMatchObject({
      code: "cli.answer-failed",
      message: expect.stringContaining("HTTP 401: Incorrect API key."),
    });
  });

  it("fails on an error event in the middle of a stream", async () => {
    const error = `data: ${JSON.stringify({ error: { message: "the model stopped" } })}\n\n`;
    const baseUrl = await listen((_, response) => response.end(`${chunk("Hel")}${error}`));
    await expect(streamChat({ baseUrl, key: "k" }, call, () => {})).rejects.toThrow("the model stopped");
  });

  it("says that nothing answers, and where", async () => {
    const baseUrl = "http://127.0.0.1:1/v1";
    await expect(streamChat({ baseUrl, key: "k" }, call, () => {})).rejects.toMatchObject({
      code: "cli.gateway-unreachable",
      message: expect.stringContaining(baseUrl),
    });
    expect(await isGatewayReady(baseUrl)).toBe(false);
  });

  it("takes only a 2xx of /readyz for ready", async () => {
    let status = 503;
    const baseUrl = await listen((request, response) => {
      response.statusCode = request.url === "/readyz" ? status : 404;
      response.end();
    });
    expect(await isGatewayReady(baseUrl)).toBe(false);
    status = 200;
    expect(await isGatewayReady(baseUrl)).toBe(true);
  });
});

describe("server-sent events", () => {
  it("come out the same however the bytes are cut", async () => {
    const bytes = new TextEncoder().encode("data: é1\r\n\r\nevent: x\ndata: a\ndata: b\n\ndata: cut");
    for (let size = 1; size <= bytes.length; size++) {
      const events: string[] = [];
      for await (const event of readServerEvents(cut(bytes, size))) events.push(event);
      expect(events).toEqual(["é1", "a\nb"]);
    }
  });
});

async function* cut(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
