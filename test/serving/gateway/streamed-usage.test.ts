// Tokens of streams: counted for every caller, shown to those that asked for them.
import { describe, expect, it } from "vitest";
import {
  answerWith,
  type Behaviour,
  chat,
  type Fixture,
  frame,
  metric,
  requestLine,
  type Served,
  startServed,
} from "./fixture.ts";
import { stopAfterEach } from "./stop-after-each.ts";

const stopLater = stopAfterEach();

async function start(behave: Behaviour = answerWith(5)): Promise<Served> {
  const served = await startServed({ behave });
  stopLater(served.stop);
  return served;
}

const USAGE = { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 };
const ASKED = { stream: true, stream_options: { include_usage: true } };

const textOf = async (fixture: Fixture, body: object): Promise<string> =>
  (await fixture.post(body, {}, "model" in body && "prompt" in body ? "/v1/completions" : undefined)).text();

const SENT = [0, 1, 2, 3, 4].map((at) => frame(`w${at} `));

describe("a stream", () => {
  it.each([
    ["chat", chat({ stream: true })],
    ["completions", { model: "chat", prompt: "x", stream: true }],
    ["chat that refuses usage", chat({ stream: true, stream_options: { include_usage: false } })],
    ["chat with empty options", chat({ stream: true, stream_options: null })],
  ])("of %s has no usage for a caller that did not ask, and is counted", async (_name, body) => {
    const { fixture, upstream } = await start();
    expect(await textOf(fixture, body)).toBe(`${SENT.join("")}data: [DONE]\n\n`);
    const received = JSON.parse(upstream.seen[0]?.body ?? "");
    expect(received).toEqual({ ...body, stream_options: { include_usage: true } });
    const line = await requestLine(fixture);
    expect(line).toMatchObject({ outcome: "ok", tokensIn: 7, tokensOut: 5 });
    expect(line.ttftMs).toBeGreaterThan(0);
    expect(line.tokensPerSecond).toBeGreaterThan(0);
    for (const name of ["time_to_first_token", "time_per_output_token"]) {
      expect(await metric(fixture, `gen_ai_server_${name}_seconds_count`)).toBe("1");
    }
    expect(await metric(fixture, "gen_ai_client_token_usage_sum", "output")).toBe("5");
    expect(await metric(fixture, "gen_ai_client_token_usage_sum", "input")).toBe("7");
  });

  it("passes byte by byte, usage included, to a caller that asked", async () => {
    const { fixture, upstream } = await start();
    const body = JSON.stringify(chat(ASKED));
    const text = await (await fixture.post(body)).text();
    expect(upstream.seen[0]?.body).toBe(body);
    const frames = text.trim().split("\n\n");
    expect(frames).toHaveLength(7);
    expect(`${frames[0]}\n\n`).toBe(frame("w0 ", { usage: null }));
    expect(JSON.parse(frames[5]?.slice(6) ?? "")).toMatchObject({ choices: [], usage: USAGE });
    expect(await requestLine(fixture)).toMatchObject({ tokensIn: 7, tokensOut: 5 });
  });

  it("that its caller leaves counts the content that was seen", async () => {
    const { fixture } = await start((_body, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(frame("") + frame("a"));
      setTimeout(() => response.write(frame("b")), 20);
    });
    const stop = new AbortController();
    const response = await fetch(`${fixture.url}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: "Bearer rk-planted-key-0123456789abcdef" },
      body: JSON.stringify(chat({ stream: true })),
      signal: stop.signal,
    });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    for (let text = ""; !text.includes('"b"'); ) text += (await reader?.read())?.value;
    stop.abort();
    const line = await requestLine(fixture);
    expect(line).toMatchObject({ outcome: "caller_gone", tokensOut: 2 });
    expect(line.ttftMs).toBeGreaterThan(0);
    expect(line.tokensPerSecond).toBeGreaterThan(0);
    expect(line).not.toHaveProperty("tokensIn");
    expect(await metric(fixture, "gen_ai_client_token_usage_sum", "output")).toBe("2");
  });

  it("from a server that tells its length but no usage, and ends in the middle of a line, is whole and counted", async () => {
    const { fixture } = await start((_body, response) => {
      const text = `${frame("a", { usage: null })}: the end`;
      response.writeHead(200, { "content-type": "text/event-stream", "content-length": text.length });
      response.end(text);
    });
    expect(await textOf(fixture, chat({ stream: true }))).toBe(`${frame("a")}: the end`);
    expect(await requestLine(fixture)).toMatchObject({ outcome: "ok", tokensOut: 1 });
  });

  it("brings each event at once, although the next one is far", async () => {
    const { fixture } = await start((_body, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(frame("a", { usage: null }));
    });
    const response = await fixture.post(chat({ stream: true }));
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toBe(frame("a"));
    await reader?.cancel();
  });
});

describe("a plain answer", () => {
  it("is asked for as it came, and has no first token to time", async () => {
    const { fixture, upstream } = await start();
    const body = JSON.stringify(chat());
    await (await fixture.post(body)).text();
    expect(upstream.seen[0]?.body).toBe(body);
    const line = await requestLine(fixture);
    expect(line).toMatchObject({ tokensIn: 7, tokensOut: 5 });
    expect(line).not.toHaveProperty("ttftMs");
  });
});
