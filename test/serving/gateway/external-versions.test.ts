// Versions that a provider serves, over real TLS: whose key travels, what the provider gets, and what callers see of it.
import OpenAI from "openai";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  ANSWER_TEXT,
  answer,
  answerWith,
  type Behaviour,
  chat,
  errorOf,
  type Fixture,
  frame,
  httpRoute,
  KEY,
  metric,
  requestLine,
  startFixture,
  startUpstream,
  type Upstream,
  until,
} from "./fixture.ts";
import { PROVIDER_KEY, type ProviderServer, startProvider } from "./provider-server.ts";

const KEY_FILE = "openai-key";
const MODEL = "gpt-4.1-mini";
const external = { provider: "openai", model: MODEL };

let own: Upstream;
let provider: ProviderServer;
let fixture: Fixture;

beforeAll(async () => {
  own = await startUpstream();
});
afterAll(() => own.close());

/** The route's backends have ports of their own as names; nothing listens on the provider's. */
const routeOf = (percent: number, stickyBy = "request") =>
  httpRoute(
    "chat",
    [
      { version: "1.0.0", port: own.port, weight: 100 - percent },
      { version: "2.0.0", port: 9, weight: percent, external },
    ],
    stickyBy,
  );

async function start(settings: { percent?: number; header?: "authorization" | "api-key" } = {}) {
  const { baseUrl, authority } = provider;
  fixture = await startFixture({
    routes: [routeOf(settings.percent ?? 100)],
    providers: {
      openai: {
        baseUrl,
        authority,
        addresses: ["127.0.0.0/8"],
        headers: { "openai-project": "proj_planted" },
        key: { file: KEY_FILE, header: settings.header ?? "authorization" },
      },
    },
  });
  fixture.setFile(KEY_FILE, `${PROVIDER_KEY}\n`);
  await until(async () => (await fixture.log()).includes("provider key loaded"));
}

beforeEach(async () => {
  provider = await startProvider();
});
afterEach(async () => {
  await fixture.stop();
  await provider.close();
});

const messages = [{ role: "user" as const, content: "hello" }];
const openai = () => new OpenAI({ baseURL: `${fixture.url}/v1`, apiKey: KEY, maxRetries: 0 });

describe("a request to a provider", () => {
  beforeEach(() => start());

  it("has the platform's key and none of the caller's headers but those that describe body and answer", async () => {
    const response = await fixture.post(chat(), {
      "api-key": KEY,
      cookie: "session=1",
      "openai-organization": "org-of-the-caller",
      "x-stainless-os": "Linux",
      "x-forwarded-for": "192.0.2.1",
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    });
    expect(response.status).toBe(200);
    const [got] = provider.seen;
    expect(got?.headers).toEqual({
      accept: "*/*",
      authorization: `Bearer ${PROVIDER_KEY}`,
      connection: "keep-alive",
      "content-length": String(got?.body.length),
      "content-type": "application/json",
      host: `localhost:${provider.port}`,
      "openai-project": "proj_planted",
      "user-agent": "rampa-gateway",
      "x-request-id": response.headers.get("x-request-id"),
    });
    expect(got?.servername).toBe("localhost");
    expect(got?.url).toBe("/base/v1/chat/completions");
    expect(JSON.stringify(provider.seen)).not.toContain(KEY);
  });

  it("names the provider's model, and leaves every other byte as it was sent", async () => {
    const body = `{ "messages":[{"role":"user","content":"\\u00e9 \\"model\\":\\"chat\\""}],  "x": {"model":"chat","n":1.50}, "model" : "chat" ,"seed":1e2}`;
    await fixture.post(body);
    expect(provider.seen[0]?.body).toBe(body.replace('"model" : "chat" ', `"model" :"${MODEL}"`));
  });

  it("names it in every member of that name, whichever the provider reads", async () => {
    await fixture.post(`{"model":"gpt-the-dearest","messages":[],"mo\\u0064el":"chat"}`);
    expect(provider.seen[0]?.body).toBe(`{"model":"${MODEL}","messages":[],"mo\\u0064el":"${MODEL}"}`);
  });

  it("drops the caller's query, which may hold anything", async () => {
    await fixture.post(chat(), {}, "/v1/chat/completions?api-version=1&key=x");
    expect(provider.seen[0]?.url).toBe("/base/v1/chat/completions");
  });
});

describe("an answer of a provider", () => {
  beforeEach(() => start());

  it("has its content and none of the headers that tell of the account", async () => {
    provider.behave((body, response, socket) => {
      response.setHeader("openai-organization", "planted-org");
      response.setHeader("set-cookie", "__cf_bm=planted");
      response.setHeader("x-ratelimit-remaining-requests", "4999");
      response.setHeader("x-request-id", "req_of_the_provider");
      response.setHeader("openai-processing-ms", "12");
      answer(body, response, socket);
    });
    const response = await fixture.post(chat());
    expect(JSON.parse(await response.text()).choices[0].message.content).toBe(ANSWER_TEXT);
    expect([...response.headers.keys()].toSorted()).toEqual([
      "connection",
      "content-length",
      "content-type",
      "date",
      "keep-alive",
      "openai-processing-ms",
      "x-rampa-endpoint",
      "x-rampa-variant",
      "x-rampa-version",
      "x-request-id",
    ]);
    expect(response.headers.get("x-rampa-version")).toBe("2.0.0");
    expect(response.headers.get("x-request-id")).toMatch(/^req_[0-9a-f]{32}$/);
  });

  it("is counted and logged with provider, model, tokens and the provider's own id, and no key", async () => {
    provider.behave((body, response, socket) => {
      response.setHeader("x-request-id", "req_of_the_provider");
      answer(body, response, socket);
    });
    await (await fixture.post(chat())).text();
    expect(await requestLine(fixture)).toMatchObject({
      endpoint: "chat",
      version: "2.0.0",
      provider: "openai",
      providerModel: MODEL,
      providerStatus: 200,
      providerRequestId: "req_of_the_provider",
      outcome: "ok",
      tokensIn: 7,
      tokensOut: 5,
    });
    const text = await (await fetch(`${fixture.url}/metrics`)).text();
    expect(text).toContain(
      'gen_ai_server_request_duration_seconds_count{gen_ai_operation_name="chat",gen_ai_provider_name="openai",gen_ai_request_model="chat",version="2.0.0",error_type=""} 1',
    );
    expect(await metric(fixture, "gen_ai_client_token_usage_sum", 'type="output"')).toBe("5");
    expect(await fixture.log()).not.toContain(PROVIDER_KEY);
  });

  it("comes through the official client, whole and as a stream, with usage only where asked for", async () => {
    const whole = await openai().chat.completions.create({ model: "chat", messages });
    expect(whole.choices[0]?.message.content).toBe(ANSWER_TEXT);
    const read = async (rest: object) => {
      const stream = await openai().chat.completions.create({
        model: "chat",
        messages,
        stream: true,
        ...rest,
      });
      const chunks = [];
      for await (const chunk of stream) chunks.push(chunk);
      return chunks;
    };
    const plain = await read({});
    expect(plain.map((it) => it.choices[0]?.delta.content).join("")).toBe("w0 w1 w2 w3 w4 ");
    expect(plain.some((it) => "usage" in it)).toBe(false);
    const asked = await read({ stream_options: { include_usage: true } });
    expect(asked.at(-1)?.usage?.total_tokens).toBe(12);
    expect(JSON.parse(provider.seen[1]?.body ?? "").stream_options).toEqual({ include_usage: true });
  });

  it("ends at the provider when the caller goes away", async () => {
    let isGone = false;
    provider.behave((body, response, socket) => {
      response.once("close", () => {
        isGone = !response.writableFinished;
      });
      answerWith(1_000)(body, response, socket);
    });
    const control = new AbortController();
    const call = fetch(`${fixture.url}/v1/chat/completions`, {
      method: "POST",
      signal: control.signal,
      headers: { authorization: `Bearer ${KEY}` },
      body: JSON.stringify(chat({ stream: true })),
    });
    await until(() => provider.seen.length === 1);
    control.abort();
    await expect(call.then((response) => response.text())).rejects.toThrow();
    await until(() => isGone);
  });
});

const refuseWith =
  (status: number, error: unknown, headers: Record<string, string> = {}): Behaviour =>
  (_body, response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(typeof error === "string" ? error : JSON.stringify({ error }));
  };

const LEAK = `You, ${PROVIDER_KEY}, of org-PlantedOrg123 (ops@planted.example) see https://planted.example/billing`;

describe("a provider that refuses", () => {
  beforeEach(() => start());

  it.each([
    [401, { message: LEAK, code: "invalid_api_key" }, {}, 502, "provider_key_refused"],
    [403, { message: LEAK, code: "unsupported_country" }, {}, 502, "provider_forbidden"],
    [402, { message: LEAK }, {}, 503, "provider_quota_exceeded"],
    [429, { message: LEAK, code: "insufficient_quota" }, {}, 503, "provider_quota_exceeded"],
    [
      429,
      { message: LEAK, code: "rate_limit_exceeded" },
      { "retry-after": "17" },
      429,
      "provider_rate_limited",
    ],
    [404, { message: LEAK, code: "model_not_found" }, {}, 502, "provider_not_found"],
    [404, `<html>${LEAK}</html>`, {}, 502, "provider_not_found"],
    [500, { message: LEAK }, {}, 502, "provider_failed"],
    [503, { message: LEAK }, { "retry-after": "9" }, 503, "provider_overloaded"],
    [529, { message: LEAK }, {}, 503, "provider_overloaded"],
    [504, `<html>${LEAK}</html>`, {}, 504, "provider_timeout"],
    [307, "", { location: "https://planted.example/" }, 502, "provider_redirected"],
  ])("with %i is answered in the gateway's words", async (status, error, headers, answered, code) => {
    provider.behave(refuseWith(status, error, headers));
    const response = await fixture.post(chat());
    const text = await response.clone().text();
    expect([response.status, (await errorOf(response)).code]).toEqual([answered, code]);
    const wait = "retry-after" in headers ? headers["retry-after"] : response.headers.get("retry-after");
    expect(response.headers.get("retry-after")).toBe(wait);
    for (const part of [PROVIDER_KEY, "Planted", "planted"]) {
      expect(text).not.toContain(part);
      expect(JSON.stringify([...response.headers])).not.toContain(part);
      expect((await fixture.log()).replaceAll(KEY_FILE, "")).not.toContain(PROVIDER_KEY);
    }
    expect(await requestLine(fixture)).toMatchObject({ outcome: code, providerStatus: status });
    expect(provider.seen).toHaveLength(1);
  });

  it("for a fault of the request says which, without what is the account's", async () => {
    const message = `maximum context length is 8192 tokens. ${LEAK}`;
    const code = "context_length_exceeded";
    provider.behave(refuseWith(400, { message, type: "invalid_request_error", param: "messages", code }));
    const error = await errorOf(await fixture.post(chat()));
    expect(error).toEqual({
      message: "maximum context length is 8192 tokens. You, [hidden], of [hidden] ([hidden]) see [hidden]",
      type: "invalid_request_error",
      param: "messages",
      code,
    });
  });

  it("is not asked again by the official client where that heals nothing", async () => {
    provider.accept("another-key");
    const client = new OpenAI({ baseURL: `${fixture.url}/v1`, apiKey: KEY, maxRetries: 2 });
    const error = await client.chat.completions.create({ model: "chat", messages }).catch((it) => it);
    expect(error).toMatchObject({ status: 502, code: "provider_key_refused" });
    expect(provider.seen).toHaveLength(1);
  });

  it("inside of a stream ends it with the gateway's own error, and what came before stays", async () => {
    provider.behave((_body, response) => {
      response.setHeader("content-type", "text/event-stream");
      response.write(frame("w0 ") + frame("w1 "));
      const error = { message: LEAK, type: "tokens", code: "rate_limit_exceeded" };
      response.write(`data: ${JSON.stringify({ error })}\n\n${frame("never seen")}`);
    });
    const text = await (await fixture.post(chat({ stream: true }))).text();
    expect(text).toMatch(/w0 .*w1 .*"code":"provider_rate_limited"/s);
    expect(text).not.toMatch(/lanted|never seen/);
    expect(await requestLine(fixture)).toMatchObject({ outcome: "provider_rate_limited", tokensOut: 2 });
  });
});

describe("the provider's key", () => {
  it("is sent as the header that the settings name", async () => {
    await start({ header: "api-key" });
    await (await fixture.post(chat())).text();
    expect(provider.seen[0]?.headers).toMatchObject({ "api-key": PROVIDER_KEY });
    expect(provider.seen[0]?.headers).not.toHaveProperty("authorization");
  });

  it("rotates under load without a failed request, and a broken file leaves the last good one in force", async () => {
    await start();
    const next = "sk-planted-provider-key-0002";
    provider.accept(PROVIDER_KEY, next);
    const statuses: number[] = [];
    let isLoading = true;
    const load = Array.from({ length: 8 }, async () => {
      while (isLoading) {
        const response = await fixture.post(chat());
        statuses.push(response.status);
        await response.text();
      }
    });
    const usesKey = (key: string) => provider.seen.at(-1)?.headers.authorization === `Bearer ${key}`;
    await until(() => usesKey(PROVIDER_KEY) && statuses.length > 50);
    fixture.setFile(KEY_FILE, next);
    await until(() => usesKey(next));
    provider.accept(next);
    fixture.setFile(KEY_FILE, "two\nlines");
    await until(async () => (await fixture.log()).includes("provider key refused"));
    const before = statuses.length;
    await until(() => statuses.length > before + 50);
    isLoading = false;
    await Promise.all(load);
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(provider.connections()).toBeLessThan(20);
  });

  it("that is missing refuses the provider's requests only", async () => {
    const { baseUrl, authority } = provider;
    fixture = await startFixture({
      routes: [routeOf(50)],
      providers: { openai: { baseUrl, authority, addresses: ["127.0.0.0/8"], key: { file: "none" } } },
    });
    const to = (version: string) => fixture.post(chat(), { "x-rampa-version": version });
    expect((await to("1.0.0")).status).toBe(200);
    expect(await errorOf(await to("2.0.0"))).toMatchObject({ code: "provider_key_missing" });
    expect((await fetch(`${fixture.url}/readyz`)).status).toBe(200);
    expect(provider.seen).toEqual([]);
  });
});

describe("weights between an own version and a provider's", () => {
  it("are those of the route, 90 to 10", async () => {
    await start({ percent: 10 });
    const counts = new Map<string | null, number>();
    for (let round = 0; round < 20; round += 1) {
      const responses = await Promise.all(Array.from({ length: 20 }, () => fixture.post(chat())));
      for (const response of responses) {
        await response.text();
        const version = response.headers.get("x-rampa-version");
        counts.set(version, (counts.get(version) ?? 0) + 1);
      }
    }
    expect(provider.seen).toHaveLength(counts.get("2.0.0") ?? 0);
    // 400 draws of 10 %: within five standard deviations.
    expect(counts.get("2.0.0")).toBeGreaterThan(10);
    expect(counts.get("2.0.0")).toBeLessThan(70);
  });

  it("leave requests to the own version while the provider cannot be reached", async () => {
    await start({ percent: 50 });
    await provider.close();
    const statuses = await Promise.all(
      Array.from({ length: 20 }, async () => (await fixture.post(chat())).status),
    );
    expect(new Set(statuses)).toEqual(new Set([200]));
  });

  it("count for nothing where the gateway does not know the provider", async () => {
    await start();
    fixture.setRoutes([
      httpRoute("chat", [
        { version: "1.0.0", port: own.port, weight: 10 },
        { version: "2.0.0", port: 9, weight: 90, external: { provider: "unknown", model: MODEL } },
      ]),
    ]);
    await until(async () => (await fixture.log()).includes("providers are not configured"));
    const versions = await Promise.all(
      Array.from({ length: 10 }, async () => (await fixture.post(chat())).headers.get("x-rampa-version")),
    );
    expect(new Set(versions)).toEqual(new Set(["1.0.0"]));
    const named = await fixture.post(chat(), { "x-rampa-version": "2.0.0" });
    expect(await errorOf(named)).toMatchObject({ code: "provider_unknown" });
  });

  it("decide whose the model is said to be", async () => {
    await start();
    expect((await openai().models.retrieve("chat")).owned_by).toBe("openai");
    fixture.setRoutes([routeOf(10)]);
    await until(async () => (await openai().models.list()).data[0]?.owned_by === "rampa");
  });
});
