// The Open Inference Protocol on a server with a real classifier: metadata, answers as trained, refusals, hostile bodies.
import { connect } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Flowers,
  type InferenceServer,
  IRIS,
  jsonOf,
  readFlowers,
  startInference,
} from "./inference-server.ts";

let server: InferenceServer;
let flowers: Flowers;

beforeAll(async () => {
  flowers = await readFlowers();
  server = await startInference({ ...IRIS, tensorElements: 1_000, limits: { bodyBytes: 65_536 } });
}, 60_000);

afterAll(async () => {
  expect(await server.stop()).toBe(0);
});

const INFER = "/v2/models/iris/infer";
const input = (rows: readonly (readonly number[])[]) => ({
  name: "X",
  datatype: "FP32",
  shape: [rows.length, 4],
  data: rows,
});
const infer = (body: unknown, headers?: Record<string, string>) => server.post(INFER, body, headers);

async function refusalOf(response: Response): Promise<{ status: number; code: string; error: string }> {
  expect(response.headers.get("x-request-id")).toMatch(/^req_/);
  const { error, code } = await jsonOf(response);
  return { status: response.status, code, error };
}

describe("the model", () => {
  it("is described", async () => {
    expect(JSON.parse(await server.read("/v2/models/iris"))).toEqual({
      name: "iris",
      versions: ["1.0.0"],
      platform: "onnxruntime_onnx",
      inputs: [{ name: "X", datatype: "FP32", shape: [-1, 4] }],
      outputs: [
        { name: "label", datatype: "BYTES", shape: [-1] },
        { name: "probabilities", datatype: "FP32", shape: [-1, 3] },
      ],
    });
    expect(JSON.parse(await server.read("/v2/models/iris/versions/1.0.0/ready"))).toEqual({
      name: "iris",
      ready: true,
    });
    expect(JSON.parse(await server.read("/v2"))).toEqual({
      name: "rampa",
      version: "2",
      extensions: ["binary_tensor_data"],
    });
    expect(await server.read("/v2/health/live")).toBe('{"live":true}');
    expect(await server.read("/v2/health/ready")).toBe('{"ready":true}');
  });

  it("says of flowers what it said when it was trained", async () => {
    const response = await infer({ id: "f-1", inputs: [input(flowers.rows)] });
    const { id, model_name, model_version, outputs } = await jsonOf(response);
    expect([response.status, id, model_name, model_version]).toEqual([200, "f-1", "iris", "1.0.0"]);
    expect(outputs[0]).toEqual({ name: "label", datatype: "BYTES", shape: [15], data: flowers.labels });
    for (const [at, probability] of outputs[1].data.entries()) {
      expect(probability).toBeCloseTo(flowers.probabilities.flat()[at] ?? Number.NaN, 5);
    }
  });

  it("takes and gives bytes", async () => {
    const { data: _, ...head } = input(flowers.rows);
    const json = Buffer.from(
      JSON.stringify({
        inputs: [{ ...head, parameters: { binary_data_size: 15 * 16 } }],
        outputs: [{ name: "probabilities", parameters: { binary_data: true } }],
      }),
    );
    const body = Buffer.concat([json, Buffer.from(Float32Array.from(flowers.rows.flat()).buffer)]);
    const response = await infer(body, { "inference-header-content-length": String(json.length) });
    const answer = Buffer.from(await response.arrayBuffer());
    const length = Number(response.headers.get("inference-header-content-length"));
    expect(response.headers.get("content-type")).toBe("application/octet-stream");
    expect(JSON.parse(answer.toString("utf8", 0, length)).outputs[0].parameters).toEqual({
      binary_data_size: 180,
    });
    const probabilities = new Float32Array(answer.buffer.slice(answer.byteOffset + length));
    expect(probabilities[0]).toBeCloseTo(flowers.probabilities[0]?.[0] ?? Number.NaN, 5);
    expect(probabilities).toHaveLength(45);
  });

  it("takes no rows at all", async () => {
    const answer = await jsonOf(await infer({ inputs: [input([])] }));
    expect(answer.outputs[1]).toMatchObject({ shape: [0, 3], data: [] });
  });
});

describe("a request that is wrong", () => {
  it("is told every problem, in the protocol's own form", async () => {
    const inputs = [
      { ...input([[1, 2, 3]]), datatype: "INT64" },
      { ...input([[1]]), name: "Y" },
    ];
    expect(await refusalOf(await infer({ inputs }))).toEqual({
      status: 400,
      code: "invalid_value",
      error: "inputs[0] (X): got INT64, want FP32; inputs[1] (Y): no input of this model",
    });
  });

  it.each([
    ["another model", "/v2/models/other/infer", 404, "model_not_found"],
    ["another version", "/v2/models/iris/versions/2.0.0/infer", 404, "version_not_found"],
    ["another path", "/v2/models/iris/explain", 404, "unknown_url"],
    ["embeddings of a model without a tokenizer", "/v1/embeddings", 400, "unsupported_operation"],
  ])("names %s", async (_, path, status, code) => {
    const response = await server.post(path, { model: "iris", input: "text", inputs: [input([])] });
    const body = await jsonOf(response);
    expect([response.status, body.code ?? body.error.code]).toEqual([status, code]);
  });

  it.each([
    ["no JSON", "{", {}, 400, "invalid_json"],
    ["JSON nested too deep", `${"[".repeat(100)}${"]".repeat(100)}`, {}, 400, "json_too_deep"],
    ["a body too large", "x".repeat(70_000), {}, 413, "request_too_large"],
    [
      "more values than allowed",
      { inputs: [input(Array(251).fill([1, 2, 3, 4]))] },
      {},
      400,
      "invalid_value",
    ],
    ["a length beyond the body", "{}", { "inference-header-content-length": "3" }, 400, "invalid_value"],
    ["a length that is none", "{}", { "inference-header-content-length": "0x2" }, 400, "invalid_value"],
    ["an empty body", "", {}, 400, "invalid_json"],
  ])("may have %s", async (_, body, headers, status, code) => {
    const refusal = await refusalOf(await infer(body, headers));
    expect([refusal.status, refusal.code]).toEqual([status, code]);
  });

  it("of any bytes is refused, and the server lives on", async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.json().map((text) => new TextEncoder().encode(text)),
    );
    const length = fc.option(fc.oneof(fc.nat(200).map(String), fc.constant("-1"), fc.constant("1e3")));
    await fc.assert(
      fc.asyncProperty(bytes, length, async (body, header) => {
        const headers = header === null ? undefined : { "inference-header-content-length": header };
        const response = await infer(body, headers);
        await response.arrayBuffer();
        expect(response.status).toBe(400);
      }),
      { numRuns: 200 },
    );
    expect((await infer({ inputs: [input(flowers.rows)] })).status).toBe(200);
  });

  it("of a caller that goes away is counted as aborted", async () => {
    const { port } = new URL(server.origin);
    const socket = connect(Number(port), "127.0.0.1", () => {
      socket.write(`POST ${INFER} HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\n{"inputs"`);
      setTimeout(() => socket.destroy(), 50);
    });
    await expect
      .poll(() => server.read("/metrics"))
      .toMatch(/rampa_model_requests_total\{operation="infer",outcome="aborted",version="1.0.0"\} 1/);
  });
});

describe("what is written down", () => {
  it("has sizes and no values", async () => {
    const [row = []] = flowers.rows;
    await infer({ inputs: [input([row, [123.456, 2, 3, 4]])] });
    await expect
      .poll(server.output)
      .toMatch(/"operation":"infer","outcome":"ok","status":200,"latencyMs":[\d.]+,"elements":8,/);
    expect(server.output()).not.toContain("123.456");
  });

  it("counts requests, passes and the engine's state", async () => {
    const metrics = await server.read("/metrics");
    expect(metrics).toMatch(
      /rampa_model_requests_total\{operation="infer",outcome="ok",version="1.0.0"\} [1-9]/,
    );
    expect(metrics).toMatch(/rampa_model_passes_total\{version="1.0.0"\} [1-9]/);
    expect(metrics).toMatch(/rampa_model_weights_bytes\{version="1.0.0"\} 4445/);
    expect(metrics).toMatch(/rampa_model_queue_depth\{version="1.0.0"\} 0/);
    expect(metrics).toMatch(
      /gen_ai_server_request_duration_seconds_count\{version="1.0.0",gen_ai_operation_name="infer",gen_ai_provider_name="rampa",gen_ai_request_model="iris",error_type=""\}/,
    );
  });
});
