// A real model server with real weights, asked by OpenAI's own client.
import { setTimeout as sleep } from "node:timers/promises";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ModelServer, realWeights, startModelServer } from "./model-server.ts";

const SEQUENCES = 4;
const QUEUE = 4;
const STORY =
  "Once upon a time there was a little robot who lived by the sea, and every morning it walked along the beach to look for shells.";

let server: ModelServer;
let openai: OpenAI;

beforeAll(async () => {
  await realWeights();
  server = await startModelServer({ sequences: SEQUENCES, queueLimit: QUEUE });
  openai = new OpenAI({ baseURL: `${server.origin}/v1`, apiKey: "unused", maxRetries: 0 });
}, 20 * 60_000);
afterAll(async () => {
  expect(await server.stop()).toBe(0);
});

const messages = [{ role: "user" as const, content: "The capital of France is" }];
const ask = (more: object = {}) =>
  openai.chat.completions.create({
    model: "chat",
    messages,
    max_completion_tokens: 16,
    temperature: 0,
    ...more,
    stream: false,
  });
const complete = (prompt: string, more: object = {}) =>
  openai.completions.create({
    model: "chat",
    prompt,
    max_tokens: 16,
    temperature: 0,
    ...more,
    stream: false,
  });

async function untilIdle(): Promise<void> {
  const deadline = performance.now() + 10_000;
  while ((await server.metric("rampa_model_sequences_busy")) > 0) {
    if (performance.now() > deadline) throw new Error("sequences are still busy");
    await sleep(20);
  }
}

describe("a model server", () => {
  it("lists its model, shows it by id, and knows no other", async () => {
    expect((await openai.models.list()).data.map((model) => model.id)).toEqual(["chat"]);
    expect(await openai.models.retrieve("chat")).toMatchObject({ id: "chat", object: "model" });
    await expect(openai.models.retrieve("other")).rejects.toMatchObject({
      status: 404,
      code: "model_not_found",
    });
  });

  it("answers a chat with text, usage and a request id", async () => {
    const answer = await ask();
    expect(answer.choices[0]?.message.content?.length).toBeGreaterThan(0);
    expect(answer.choices[0]?.finish_reason).toBe("length");
    expect(answer.usage).toMatchObject({
      completion_tokens: 16,
      total_tokens: (answer.usage?.prompt_tokens ?? 0) + 16,
    });
    expect(answer._request_id).toMatch(/^req_/);
  });

  it("streams the same text as it answers whole, role first, finish and usage last", async () => {
    const whole = await ask();
    const stream = await openai.chat.completions.create({
      model: "chat",
      messages,
      max_completion_tokens: 16,
      temperature: 0,
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = await Array.fromAsync(stream);
    expect(chunks[0]?.choices[0]?.delta.role).toBe("assistant");
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("")).toBe(
      whole.choices[0]?.message.content,
    );
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe("length");
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 16 } });
  });

  it("frees the sequence when the caller breaks off a stream", async () => {
    const stream = await openai.chat.completions.create({
      model: "chat",
      messages,
      max_completion_tokens: 400,
      logit_bias: { "1": -100, "106": -100 },
      stream: true,
    });
    for await (const _ of stream) break;
    stream.controller.abort();
    await untilIdle();
    expect(await server.metric("rampa_model_sequences_busy")).toBe(0);
  });

  it("frees a waiting place when the caller leaves the queue", async () => {
    const leaving = new AbortController();
    const running = Array.from({ length: SEQUENCES + 1 }, () =>
      openai.completions
        .create(
          { model: "chat", prompt: STORY, max_tokens: 400, logit_bias: { "1": -100 } },
          { signal: leaving.signal },
        )
        .catch((error: unknown) => error),
    );
    while ((await server.metric("rampa_model_queue_depth")) < 1) await sleep(20);
    leaving.abort();
    await Promise.all(running);
    await untilIdle();
    expect(await server.metric("rampa_model_queue_depth")).toBe(0);
  });

  it("repeats an answer for the same seed and varies it for another", async () => {
    // One after the other on a warm cache: neighbours in a batch change the rounding of the logits.
    await complete(STORY);
    const draw = async (seed: number) => (await complete(STORY, { temperature: 1, seed })).choices[0]?.text;
    const [first, again, other] = [await draw(1), await draw(1), await draw(2)];
    expect(again).toBe(first);
    expect(other).not.toBe(first);
  });

  it("stops before a stop string and never shows it", async () => {
    const open = (await complete(STORY, { max_tokens: 40 })).choices[0]?.text ?? "";
    const stop = open.slice(20, 24);
    const cut = await complete(STORY, { max_tokens: 40, stop: [stop] });
    expect(cut.choices[0]?.text).toBe(open.slice(0, open.indexOf(stop)));
    expect(cut.choices[0]?.finish_reason).toBe("stop");
  });

  it("holds the answer to a JSON schema", async () => {
    const schema = {
      type: "object",
      properties: {
        city: { type: "string", maxLength: 12 },
        big: { type: "boolean" },
        kind: { enum: ["town", "capital"] },
      },
      required: ["city", "big", "kind"],
      additionalProperties: false,
    };
    const answer = await ask({
      max_completion_tokens: 120,
      response_format: { type: "json_schema", json_schema: { name: "city", schema } },
    });
    expect(answer.choices[0]?.finish_reason).toBe("stop");
    const value: unknown = JSON.parse(answer.choices[0]?.message.content ?? "");
    expect(value).toEqual({
      city: expect.any(String),
      big: expect.any(Boolean),
      kind: expect.stringMatching(/^(town|capital)$/),
    });
  });

  it("reports log probabilities that belong to the chosen tokens", async () => {
    const answer = await ask({ max_completion_tokens: 4, logprobs: true, top_logprobs: 3 });
    const entries = answer.choices[0]?.logprobs?.content ?? [];
    expect(entries.map((entry) => entry.token).join("")).toBe(answer.choices[0]?.message.content);
    for (const entry of entries) {
      expect(entry.top_logprobs.length).toBe(3);
      expect(entry.top_logprobs[0]).toMatchObject({ token: entry.token, logprob: entry.logprob });
      expect(entry.logprob).toBeLessThanOrEqual(0);
    }
    expect((await ask({ max_completion_tokens: 4 })).choices[0]?.message.content).toBe(
      answer.choices[0]?.message.content,
    );
  });

  it("uses the cached prefix of an earlier prompt", async () => {
    const first = await complete(STORY);
    const second = await complete(`${STORY} One day`);
    expect(second.usage?.prompt_tokens_details?.cached_tokens).toBeGreaterThanOrEqual(
      (first.usage?.prompt_tokens ?? 0) - 1,
    );
  });

  it("answers eight callers at once, and refuses one more than fits with 503 and the time to come back", async () => {
    const held = Array.from({ length: SEQUENCES + QUEUE }, (_, i) =>
      complete(`${i}. ${STORY}`, { max_tokens: 24, logit_bias: { "1": -100 } }),
    );
    while ((await server.metric("rampa_model_queue_depth")) < QUEUE) await sleep(10);
    const refused: unknown = await complete(STORY).catch((error: unknown) => error);
    expect(refused).toMatchObject({ status: 503, code: "overloaded" });
    expect(refused instanceof OpenAI.APIError && Number(refused.headers?.get("retry-after"))).toBeGreaterThan(
      0,
    );
    const answers = await Promise.all(held);
    expect(answers.map((answer) => answer.usage?.completion_tokens)).toEqual(answers.map(() => 24));
  });

  it("makes the tokens of parallel answers in the same passes", async () => {
    const tokens = 24;
    const before = await server.metric("rampa_model_passes_total");
    await Promise.all(
      Array.from({ length: SEQUENCES }, (_, i) =>
        complete(`${i}. ${STORY}`, { max_tokens: tokens, logit_bias: { "1": -100 } }),
      ),
    );
    const passes = (await server.metric("rampa_model_passes_total")) - before;
    expect(passes).toBeGreaterThanOrEqual(tokens);
    // A few more than one answer needs, since the callers do not come in the same instant.
    expect(passes).toBeLessThan(2 * tokens);
  });

  it.each([
    [{ messages: [] }, 400, "invalid_value", "messages"],
    [{ max_completion_tokens: -1 }, 400, "integer_below_min_value", "max_completion_tokens"],
    [{ model: "nobody" }, 404, "model_not_found", "model"],
    [{ logit_bias: { "99999999": 1 } }, 400, "invalid_value", "logit_bias.99999999"],
    [
      { messages: [{ role: "user", content: "word ".repeat(600) }] },
      400,
      "context_length_exceeded",
      "messages",
    ],
  ])("refuses %j with status %d, code %s and the field %s", async (fields, status, code, param) => {
    const error: unknown = await ask(fields).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ status, code, param, requestID: expect.stringMatching(/^req_/) });
  });

  it("says in numbers how far a prompt exceeds the context", async () => {
    await expect(complete("word ".repeat(600))).rejects.toThrow(
      /maximum context length is 512 tokens.*your prompt has 60\d tokens/,
    );
  });

  it("fills what the prompt leaves of the context when no limit is given", async () => {
    const answer = await openai.chat.completions.create({
      model: "chat",
      messages: [{ role: "user", content: "word ".repeat(480) }],
      logit_bias: { "1": -100, "106": -100 },
      temperature: 0,
    });
    expect(answer.usage?.total_tokens).toBe(512);
    expect(answer.choices[0]?.finish_reason).toBe("length");
  });

  it("writes whole characters only", async () => {
    const stream = await openai.completions.create({
      model: "chat",
      prompt: "😀 😃 😄 😁 🤖 🦀 日本語 中文 한국어 🧪",
      max_tokens: 48,
      temperature: 1.4,
      seed: 3,
      stream: true,
    });
    for await (const chunk of stream) expect(chunk.choices[0]?.text.endsWith("\uFFFD")).toBe(false);
  });

  it("shows its memory and threads when asked whether it is ready", async () => {
    expect(await server.read("readyz?verbose")).toMatch(
      /\[\+\] model: loaded threads=\d+ sequences=4 .*kvBytes=[1-9]\d* modelBytes=[1-9]\d* rssBytes=[1-9]\d*/,
    );
    expect(await server.metric("gen_ai_server_time_to_first_token_seconds_count")).toBeGreaterThan(0);
  });

  it("logs each request without prompt or answer", async () => {
    await complete("PLANTED-PROMPT-WORD");
    const lines = server
      .output()
      .trim()
      .split("\n")
      .map((line): unknown => JSON.parse(line));
    expect(lines.at(-1)).toMatchObject({
      msg: "request",
      requestId: expect.any(String),
      endpoint: "chat",
      version: "1.0.0",
      outcome: "ok",
      latencyMs: expect.any(Number),
      firstTokenMs: expect.any(Number),
      promptTokens: expect.any(Number),
      completionTokens: expect.any(Number),
      rssBytes: expect.any(Number),
    });
    expect(server.output()).not.toContain("PLANTED-PROMPT-WORD");
  });
});
