// The Open Inference Protocol at the gateway: keys, weights and versions as for chat, and bodies that pass untouched.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Fixture, httpRoute, KEY, keyEntry, startFixture } from "./fixture.ts";

const LIMITED = "rk-limited-key-0123456789abcdef0";
const LENGTH = "inference-header-content-length";

/** Says its version, and what it was asked: method, path, the header, and the bytes in base64. */
function startModel(version: string): Promise<Server> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method, url, headers } = request;
      const asked = { version, method, url, length: headers[LENGTH], key: headers.authorization };
      const body = Buffer.concat(chunks).toString("base64");
      response.setHeader("content-type", "application/json").setHeader(LENGTH, "2");
      response.end(JSON.stringify({ ...asked, body }));
    });
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

let models: readonly Server[];
let fixture: Fixture;

beforeAll(async () => {
  models = await Promise.all([startModel("1.0.0"), startModel("2.0.0")]);
  const [stable = 0, canary = 0] = models.map((model) => (model.address() as AddressInfo).port);
  const own = [
    { version: "1.0.0", port: stable, weight: 75 },
    { version: "2.0.0", port: canary, weight: 25 },
  ];
  const provider = { version: "3.0.0", port: 9, weight: 100, external: { provider: "acme", model: "m" } };
  fixture = await startFixture({
    routes: [httpRoute("iris", own), httpRoute("far", [provider])],
    keys: [keyEntry(KEY), keyEntry(LIMITED, { id: "limited", endpoints: ["far"] })],
    providers: { acme: { api: "openai", baseUrl: "https://acme.example.com/v1" } },
  });
});

afterAll(async () => {
  await fixture.stop();
  for (const model of models) model.close();
});

const auth = (key = KEY): Record<string, string> => ({ authorization: `Bearer ${key}` });
const get = (path: string, headers = auth()): Promise<Response> => fetch(fixture.url + path, { headers });
const answerOf = async (response: Response) => JSON.parse(await response.text());

describe("infer", () => {
  it("passes bytes, their length and the path through, without the caller's key", async () => {
    const bytes = Buffer.from([0x7b, 0x7d, 0, 255, 254, 10]);
    const response = await fetch(`${fixture.url}/v2/models/iris/infer?trace=1`, {
      method: "POST",
      headers: { ...auth(), [LENGTH]: "2" },
      body: bytes,
    });
    expect(await answerOf(response)).toMatchObject({
      method: "POST",
      url: "/v2/models/iris/infer?trace=1",
      length: "2",
      body: bytes.toString("base64"),
    });
    expect(response.headers.get(LENGTH)).toBe("2");
    expect(response.headers.get("x-rampa-endpoint")).toBe("iris");
    expect(await answerOf(await get("/v2/models/iris"))).not.toHaveProperty("key");
  });

  it("is split by the weights of the route", async () => {
    let canary = 0;
    for (let request = 0; request < 200; request += 1) {
      const response = await fixture.post({}, {}, "/v2/models/iris/infer");
      if ((await answerOf(response)).version === "2.0.0") canary += 1;
    }
    expect(canary).toBeGreaterThan(25);
    expect(canary).toBeLessThan(80);
  });

  it.each(["1.0.0", "2.0.0"])("goes to the version %s that the path names", async (version) => {
    const path = `/v2/models/iris/versions/${version}/infer`;
    const answer = await answerOf(await fixture.post({}, { "x-rampa-version": "1.0.0" }, path));
    expect(answer).toMatchObject({ version, url: path });
  });

  it("keeps a session on one version", async () => {
    const ask = async () =>
      (await answerOf(await fixture.post({}, { "x-session-id": "s-1" }, "/v2/models/iris/infer"))).version;
    const versions = new Set([await ask(), await ask(), await ask(), await ask(), await ask()]);
    expect(versions.size).toBe(1);
  });
});

describe("refusals", () => {
  it.each([
    ["a missing key", "/v2/models/iris", {}, 401, "invalid_api_key"],
    ["a wrong key", "/v2/models/iris", auth("rk-wrong"), 401, "invalid_api_key"],
    ["a key for other endpoints", "/v2/models/iris/ready", auth(LIMITED), 403, "endpoint_not_allowed"],
    ["an endpoint that is not there", "/v2/models/none", auth(), 404, "model_not_found"],
    ["a version that is not there", "/v2/models/iris/versions/9.9.9", auth(), 400, "version_not_found"],
    ["a path that is not there", "/v2/models/iris/explain", auth(), 404, "unknown_url"],
    ["an endpoint of a provider", "/v2/models/far", auth(), 503, "no_backend"],
    ["a missing key for the server's description", "/v2", {}, 401, "invalid_api_key"],
  ])("of %s are in the protocol's own form", async (_, path, headers, status, code) => {
    const response = await get(path, headers as Record<string, string>);
    const { error, code: got } = await answerOf(response);
    expect([response.status, got]).toEqual([status, code]);
    expect(error).toEqual(expect.any(String));
    expect(response.headers.get("x-request-id")).toMatch(/^req_/);
  });

  it("of a body that is too large come before it is sent on", async () => {
    const response = await fixture.post("x".repeat(8 * 1024 * 1024 + 1), {}, "/v2/models/iris/infer");
    expect([response.status, (await answerOf(response)).code]).toEqual([413, "request_too_large"]);
  });
});

describe("the gateway itself", () => {
  it("says what it is, and that it is well to whoever asks", async () => {
    expect(await answerOf(await get("/v2"))).toMatchObject({
      name: "rampa",
      extensions: ["binary_tensor_data"],
    });
    expect(await answerOf(await get("/v2/health/live", {}))).toEqual({ live: true });
    expect(await answerOf(await get("/v2/health/ready", {}))).toEqual({ ready: true });
  });

  it("logs and counts by operation, endpoint and version", async () => {
    await fixture.post(
      { inputs: "a planted value" },
      { "x-request-id": "v2-1" },
      "/v2/models/iris/versions/1.0.0/infer",
    );
    const line = (await fixture.log()).split("\n").find((text) => text.includes('"requestId":"v2-1"'));
    expect(JSON.parse(line ?? "{}")).toMatchObject({
      operation: "infer",
      endpoint: "iris",
      version: "1.0.0",
      outcome: "ok",
      keyId: "local-1",
    });
    expect(await fixture.log()).not.toContain("a planted value");
    const metrics = await (await fetch(`${fixture.url}/metrics`)).text();
    expect(metrics).toMatch(/gateway_requests_total\{endpoint="iris",version="1.0.0",outcome="ok"\} [1-9]/);
    expect(metrics).toContain('gen_ai_operation_name="infer"');
  });
});
