// The official OpenAI client against the gateway.
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ANSWER_TEXT, chat, KEY, type Served, startServed } from "./fixture.ts";

let served: Served;
let client: OpenAI;

beforeAll(async () => {
  served = await startServed({ endpoints: ["search", "chat"] });
  client = new OpenAI({ baseURL: `${served.fixture.url}/v1`, apiKey: KEY, maxRetries: 0 });
});
afterAll(() => served.stop());

const messages = [{ role: "user" as const, content: "hello" }];

describe("the official client", () => {
  it("lists the endpoints as models by name and reads one", async () => {
    const page = await client.models.list();
    expect(page.data.map((model) => model.id)).toEqual(["chat", "search"]);
    expect((await client.models.retrieve("chat")).owned_by).toBe("rampa");
  });

  it("gets a whole chat completion with usage and a request id", async () => {
    const completion = await client.chat.completions.create({ model: "chat", messages });
    expect(completion.choices[0]?.message.content).toBe(ANSWER_TEXT);
    expect(completion.usage?.total_tokens).toBe(12);
    expect(completion._request_id).toMatch(/^req_[0-9a-f]{32}$/);
  });

  it("gets a streamed chat completion in order", async () => {
    const stream = await client.chat.completions.create({ model: "chat", messages, stream: true });
    const parts: string[] = [];
    for await (const chunk of stream) parts.push(chunk.choices[0]?.delta.content ?? "");
    expect(parts.join("")).toBe("w0 w1 w2 w3 w4 ");
  });

  it("raises the typed error with code, param and request id", async () => {
    const error = await client.chat.completions
      .create({ model: "nothing", messages })
      .catch((raised) => raised);
    expect(error).toBeInstanceOf(OpenAI.NotFoundError);
    expect(error).toMatchObject({
      status: 404,
      code: "model_not_found",
      param: "model",
      type: "invalid_request_error",
    });
    expect(error.requestID).toMatch(/^req_/);
  });

  it("raises AuthenticationError for a wrong key", async () => {
    const wrong = new OpenAI({ baseURL: `${served.fixture.url}/v1`, apiKey: "rk-wrong", maxRetries: 0 });
    await expect(wrong.models.list()).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
  });
});

describe("what travels", () => {
  it("forwards the received bytes unchanged and never the caller's key", async () => {
    const body = `{ "model":"chat",  "unknown_field": {"x":[1.50]}, "messages":[{"role":"user","content":"é\\u00e9"}] }`;
    await served.fixture.post(body, { "x-request-id": "caller-42", cookie: "a=b", "x-custom": "kept" });
    const received = served.upstream.seen.at(-1);
    expect(received?.body).toBe(body);
    expect(received?.headers["x-request-id"]).toBe("caller-42");
    expect(received?.headers["x-custom"]).toBe("kept");
    expect(received?.headers.cookie).toBeUndefined();
    expect(JSON.stringify(served.upstream.seen)).not.toContain(KEY);
  });

  it("tells the caller which endpoint, version and variant answered", async () => {
    const response = await served.fixture.post(chat(), { "x-client-request-id": "mine-1" });
    const { headers } = response;
    expect(headers.get("x-rampa-endpoint")).toBe("chat");
    expect(headers.get("x-rampa-version")).toBe("1.0.0");
    expect(headers.get("x-rampa-variant")).toBe(`127.0.0.1:${served.upstream.port}`);
    expect(headers.get("x-request-id")).toBe("mine-1");
    await response.text();
  });

  it("replaces a request id that could break a log line", async () => {
    const response = await served.fixture.post(chat(), { "x-request-id": 'a"b c' });
    expect(response.headers.get("x-request-id")).toMatch(/^req_[0-9a-f]{32}$/);
    await response.text();
  });

  it("counts requests, tokens and weights in /metrics", async () => {
    const text = await (await fetch(`${served.fixture.url}/metrics`)).text();
    expect(text).toMatch(/gateway_requests_total\{endpoint="chat",version="1\.0\.0",outcome="ok"\} \d+/);
    expect(text).toContain('canary_weight_ratio{endpoint="chat",version="1.0.0"} 1');
    expect(text).toMatch(/gen_ai_client_token_usage_sum\{.*gen_ai_token_type="output"\} \d*5/);
    expect(text).toMatch(/gateway_demand_total\{endpoint="chat"\} \d+/);
    expect(text).not.toContain("nothing");
  });
});
