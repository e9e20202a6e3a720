// Keys: missing, wrong, expired, limited to endpoints, rotated while running, guessed.
import { afterEach, describe, expect, it } from "vitest";
import { chat, type Fixture, KEY, keyEntry, type ServedSettings, startServed, until } from "./fixture.ts";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function start(keys?: ServedSettings["keys"]): Promise<Fixture> {
  const { fixture, stop } = await startServed({ endpoints: ["chat", "other"], ...(keys && { keys }) });
  cleanups.push(stop);
  return fixture;
}

const tryKey = async (fixture: Fixture, headers: Record<string, string>, model = "chat") => {
  const response = await fetch(`${fixture.url}/v1/chat/completions`, {
    method: "POST",
    headers,
    body: JSON.stringify(chat({ model })),
  });
  const body = JSON.parse(await response.text());
  return {
    status: response.status,
    code: body.error?.code,
    type: body.error?.type,
    headers: response.headers,
  };
};

const bearer = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` });

describe("a key", () => {
  it("is accepted as a bearer token and as an api-key header", async () => {
    const fixture = await start();
    expect((await tryKey(fixture, bearer(KEY))).status).toBe(200);
    expect((await tryKey(fixture, { "api-key": KEY })).status).toBe(200);
  });

  it("that is missing or malformed is 401 with a challenge", async () => {
    const fixture = await start();
    const missing = await tryKey(fixture, {});
    expect(missing).toMatchObject({ status: 401, code: "invalid_api_key", type: "authentication_error" });
    expect(missing.headers.get("www-authenticate")).toBe("Bearer");
    expect((await tryKey(fixture, { authorization: `Basic ${KEY}` })).status).toBe(401);
  });

  it("that has expired is 401, and works before its end", async () => {
    const fixture = await start([
      keyEntry(KEY, { id: "old", expiresAt: "2020-01-01T00:00:00Z" }),
      keyEntry("rk-young", { id: "young", expiresAt: "2999-01-01T00:00:00Z" }),
    ]);
    expect(await tryKey(fixture, bearer(KEY))).toMatchObject({ status: 401, code: "expired_api_key" });
    expect((await tryKey(fixture, bearer("rk-young"))).status).toBe(200);
  });

  it("limited to an endpoint may not call another, nor see it", async () => {
    const fixture = await start([keyEntry(KEY, { endpoints: ["chat"] })]);
    expect((await tryKey(fixture, bearer(KEY), "chat")).status).toBe(200);
    expect(await tryKey(fixture, bearer(KEY), "other")).toMatchObject({
      status: 403,
      code: "endpoint_not_allowed",
      type: "permission_error",
    });
    const answer = await fetch(`${fixture.url}/v1/models`, { headers: bearer(KEY) });
    const list = JSON.parse(await answer.text());
    expect(list.data.map((model: { id: string }) => model.id)).toEqual(["chat"]);
  });

  it("is refused before the body is read", async () => {
    const fixture = await start();
    const response = await fixture.post("not json", { authorization: "Bearer rk-wrong" });
    expect(response.status).toBe(401);
    await response.text();
  });

  it("rotates while running, and a broken file leaves the last good set in force", async () => {
    const fixture = await start();
    fixture.setKeys([keyEntry(KEY), keyEntry("rk-next", { id: "local-2" })]);
    await until(async () => (await tryKey(fixture, bearer("rk-next"))).status === 200);
    expect((await tryKey(fixture, bearer(KEY))).status).toBe(200);
    fixture.setKeys('{"keys": [{"id": "x", "sha256": "short"}]}');
    await until(async () => (await fixture.log()).includes("client keys refused"));
    expect(await fixture.log()).toContain("keys.0.sha256");
    expect((await tryKey(fixture, bearer("rk-next"))).status).toBe(200);
    fixture.setKeys([keyEntry("rk-next", { id: "local-2" })]);
    await until(async () => (await tryKey(fixture, bearer(KEY))).status !== 200);
  });

  it("that is guessed ten times a minute is answered 429, while a valid key still passes", async () => {
    const fixture = await start();
    for (let guess = 0; guess < 10; guess += 1) {
      expect((await tryKey(fixture, bearer(`rk-guess-${guess}`))).status).toBe(401);
    }
    const limited = await tryKey(fixture, { ...bearer("rk-guess-11"), "x-forwarded-for": "192.0.2.1" });
    expect(limited).toMatchObject({ status: 429, code: "too_many_invalid_keys", type: "rate_limit_error" });
    const wait = Number(limited.headers.get("retry-after"));
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(60);
    expect((await tryKey(fixture, bearer(KEY))).status).toBe(200);
  });
});

describe("the log", () => {
  it("has a line a request with its figures, and neither key nor prompt nor answer", async () => {
    const fixture = await start();
    await tryKey(fixture, bearer(KEY));
    await tryKey(fixture, bearer(`${KEY}-wrong`));
    await (await fixture.post(`{"model":"chat","messages":"the planted prompt text`)).text();
    await (await fixture.post(chat({ max_tokens: -1 }))).text();
    const log = await fixture.log();
    const lines = log
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
      .filter((line) => line.msg === "request");
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatchObject({
      keyId: "local-1",
      endpoint: "chat",
      version: "1.0.0",
      outcome: "ok",
      status: 200,
      tokensIn: 7,
      tokensOut: 5,
    });
    for (const field of ["requestId", "latencyMs", "tokensPerSecond", "rssBytes"]) {
      expect(lines[0]).toHaveProperty(field);
    }
    expect(lines.map((line) => line.outcome)).toEqual([
      "ok",
      "invalid_api_key",
      "invalid_json",
      "integer_below_min_value",
    ]);
    expect(log).not.toContain(KEY);
    expect(log).not.toContain("planted");
  });
});
