// Bodies that must be refused in OpenAI's envelope, each with status, code and param.
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chat, errorOf, KEY, type Served, startServed } from "./fixture.ts";

let served: Served;
beforeAll(async () => {
  served = await startServed();
});
afterAll(() => served.stop());

const deep = `{"model":"chat","messages":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;

const cases: readonly { name: string; body: unknown; status: number; code: string; param: string | null }[] =
  [
    { name: "text that is not JSON", body: "hello {", status: 400, code: "invalid_json", param: null },
    { name: "an empty body", body: "", status: 400, code: "invalid_json", param: null },
    { name: "a list", body: [], status: 400, code: "invalid_type", param: null },
    { name: "JSON nested 100,000 deep", body: deep, status: 400, code: "json_too_deep", param: null },
    {
      name: "no model",
      body: { messages: [] },
      status: 400,
      code: "missing_required_parameter",
      param: "model",
    },
    {
      name: "a model that is a number",
      body: { model: 7 },
      status: 400,
      code: "invalid_type",
      param: "model",
    },
    {
      name: "an unknown model",
      body: chat({ model: "x" }),
      status: 404,
      code: "model_not_found",
      param: "model",
    },
    {
      name: "negative max_tokens",
      body: chat({ max_tokens: -1 }),
      status: 400,
      code: "integer_below_min_value",
      param: "max_tokens",
    },
    {
      name: "max_completion_tokens as text",
      body: chat({ max_completion_tokens: "5" }),
      status: 400,
      code: "invalid_type",
      param: "max_completion_tokens",
    },
    {
      name: "stream as text",
      body: chat({ stream: "yes" }),
      status: 400,
      code: "invalid_type",
      param: "stream",
    },
    {
      name: "include_usage as text",
      body: chat({ stream: true, stream_options: { include_usage: "yes" } }),
      status: 400,
      code: "invalid_type",
      param: "stream_options.include_usage",
    },
    {
      name: "20 MB",
      body: chat({ filler: "x".repeat(20 * 1024 * 1024) }),
      status: 413,
      code: "request_too_large",
      param: null,
    },
  ];

describe("a refused body", () => {
  it.each(cases)("$name → $status $code", async ({ body, status, code, param }) => {
    const { upstream, fixture } = served;
    const received = upstream.seen.length;
    const response = await fixture.post(body);
    expect(response.status).toBe(status);
    expect(await errorOf(response)).toMatchObject({ type: "invalid_request_error", code, param });
    expect(response.headers.get("x-request-id")).toMatch(/^req_/);
    expect(upstream.seen.length).toBe(received);
  });

  it("is refused while it is still sent, when it has no length and grows past the limit", async () => {
    const chunk = new Uint8Array(1024 * 1024).fill(0x20);
    let sent = 0;
    const body = new ReadableStream({
      pull(controller) {
        sent += 1;
        if (sent > 12) controller.close();
        else controller.enqueue(chunk);
      },
    });
    const response = await fetch(`${served.fixture.url}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${KEY}` },
      body,
      duplex: "half",
    });
    expect(response.status).toBe(413);
    await response.text();
  });
});

describe("a refused request", () => {
  it("to an unknown URL is 404 unknown_url", async () => {
    const response = await fetch(`${served.fixture.url}/v1/nothing`, { method: "POST", body: "{}" });
    expect(response.status).toBe(404);
    expect(await errorOf(response)).toMatchObject({ code: "unknown_url", param: null });
  });

  it("with the wrong method is 405 and names the allowed one", async () => {
    const response = await fetch(`${served.fixture.url}/v1/chat/completions`);
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe("POST");
    expect((await errorOf(response)).code).toBe("method_not_allowed");
  });

  it.each([
    ["two content-lengths", "content-length: 2\r\ncontent-length: 3\r\n"],
    ["content-length beside chunked", "content-length: 2\r\ntransfer-encoding: chunked\r\n"],
    ["a header without a name", ": x\r\n"],
  ])("with %s is 400 in the envelope and the connection closes", async (_name, lines) => {
    const answer = await raw(`POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n${lines}\r\n{}`);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('"code":"bad_http_request"');
    expect(answer).toContain("connection: close");
  });

  it("with headers beyond 16 KiB is 431", async () => {
    const answer = await raw(`GET /v1/models HTTP/1.1\r\nhost: x\r\nx-long: ${"a".repeat(20_000)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
  });
});

function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(served.fixture.gateway.server.port, "127.0.0.1", () => socket.write(text));
    let received = "";
    socket.on("data", (chunk) => {
      received += chunk.toString("utf8");
    });
    socket.on("close", () => resolve(received));
    socket.on("error", reject);
  });
}
