// Embeddings of a real model: as its makers publish them, as NumPy computes them, to clients of other projects.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { paths } from "../../../stacks/local/paths.ts";
import { ensurePython } from "../../kit/python-packages.ts";
import { type Fixture, httpRoute, KEY, startFixture } from "../gateway/fixture.ts";
import { EMBED, fetchEmbed, type InferenceServer, IRIS, jsonOf, startInference } from "./inference-server.ts";

const SETUP_MS = 15 * 60_000;
const MOST_OUTPUT = 64 * 1024 * 1024;
/** Never the waiting kind: the gateway runs in this process. */
const run = promisify(execFile);

let files: { readonly weights: string; readonly tokenizer: string };
let embed: InferenceServer;
let iris: InferenceServer;
let gateway: Fixture;
let client: OpenAI;

beforeAll(async () => {
  files = await fetchEmbed();
  [embed, iris] = await Promise.all([startInference(EMBED), startInference(IRIS)]);
  const route = (name: string, { origin }: InferenceServer): object =>
    httpRoute(name, [{ version: "1.0.0", port: Number(new URL(origin).port), weight: 100 }]);
  gateway = await startFixture({ routes: [route("embed", embed), route("iris", iris)] });
  client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: KEY, maxRetries: 0 });
}, SETUP_MS);

afterAll(async () => {
  await gateway.stop();
  expect(await Promise.all([embed.stop(), iris.stop()])).toEqual([0, 0]);
});

const vectorsOf = async (input: string | string[]): Promise<number[][]> =>
  (await client.embeddings.create({ model: "embed", input })).data.map(({ embedding }) => embedding);

const cosine = (a: readonly number[] = [], b: readonly number[] = []): number =>
  a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0) / (Math.hypot(...a) * Math.hypot(...b));

/** Short and long, several scripts, marks, words that are none, and tokens of the model's own. */
const TEXTS = [
  "The weather is lovely today.",
  "a",
  "Größe, ñandú, naïve façade — ¿qué tal?",
  "東京は晴れです。 Москва 🌦️ مرحبا",
  "  spaces\t\ttabs\n\nlines  ",
  "snake_case camelCase http://example.com/a?b=c#d 3.14159 $1,000.00",
  "supercalifragilisticexpialidocious pneumonoultramicroscopicsilicovolcanoconiosis",
  "[CLS] [MASK] ordinary text in between [SEP]",
  `${"x".repeat(150)} end`,
  "one two three four five six seven eight nine ten ".repeat(20),
  "e\u0301 \u200b\ufeff\u0000 \u2028 ﬁ ½ Ⅻ",
];

describe("embeddings", () => {
  it("are as similar as the makers of the model publish it", async () => {
    const [weather = [], sunny, stadium] = await vectorsOf([
      "The weather is lovely today.",
      "It's so sunny outside!",
      "He drove to the stadium.",
    ]);
    expect(cosine(weather, sunny)).toBeCloseTo(0.666, 4);
    expect(cosine(weather, stadium)).toBeCloseTo(0.1046, 4);
    expect(cosine(sunny, stadium)).toBeCloseTo(0.1411, 4);
  });

  it(
    "are those that NumPy computes from the same weights, of every kind of text",
    async () => {
      const python = ensurePython(["numpy==2.4.6", "tokenizers==0.23.3"]);
      const script = join(import.meta.dirname, "embedding-oracle.py");
      const args = [script, files.weights, files.tokenizer, JSON.stringify(TEXTS)];
      const { stdout } = await run(python, args, { maxBuffer: MOST_OUTPUT });
      const expected: { tokens: number[]; vectors: number[][] } = JSON.parse(stdout);
      const answer = await client.embeddings.create({ model: "embed", input: TEXTS });
      expect(answer.usage.prompt_tokens).toBe(expected.tokens.reduce((sum, count) => sum + count, 0));
      for (const [at, { embedding }] of answer.data.entries()) {
        expect(cosine(embedding, expected.vectors[at])).toBeGreaterThan(0.99999);
        expect(Math.hypot(...embedding)).toBeCloseTo(1, 5);
      }
    },
    SETUP_MS,
  );

  it("do not depend on what else is computed beside them", async () => {
    const alone = await Promise.all(TEXTS.map((text) => vectorsOf(text)));
    const together = await vectorsOf(TEXTS);
    for (const [at, [vector]] of alone.entries())
      expect(cosine(vector, together[at])).toBeGreaterThan(0.999999);
  });

  it("come in the order of the texts when several passes make them", async () => {
    const texts = Array.from(
      { length: 60 },
      (_, index) => `text number ${index} ${"word ".repeat((index * 37) % 120)}`,
    );
    const [first, last] = [await vectorsOf(texts[0] ?? ""), await vectorsOf(texts[59] ?? "")];
    const all = await vectorsOf(texts);
    expect(all).toHaveLength(60);
    expect(cosine(all[0], first[0])).toBeGreaterThan(0.999999);
    expect(cosine(all[59], last[0])).toBeGreaterThan(0.999999);
  });

  it("are the same in base64 and as numbers", async () => {
    const { data } = await client.embeddings.create({
      model: "embed",
      input: "hello",
      encoding_format: "float",
    });
    const response = await gateway.post(
      { model: "embed", input: "hello", encoding_format: "base64" },
      {},
      "/v1/embeddings",
    );
    const bytes = Buffer.from((await jsonOf(response)).data[0].embedding, "base64");
    expect(bytes).toHaveLength(384 * 4);
    expect([
      ...new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)),
    ]).toEqual(data[0]?.embedding);
  });
});

describe("a request for embeddings", () => {
  it.each([
    [
      "a text that is too long",
      { input: ["ok", "word ".repeat(300)] },
      "context_length_exceeded",
      "input",
      /input\[1\] has 302 tokens/,
    ],
    [
      "a text of far too many characters",
      { input: " ".repeat(9_000) },
      "context_length_exceeded",
      "input",
      /9000 characters, more than 8192/,
    ],
    ["token ids", { input: [[101, 7592]] }, "invalid_value", "input[0]", /mean nothing to this model/],
    ["an empty text", { input: "" }, "invalid_value", "input", /not empty/],
    ["an empty text in a list", { input: ["a", ""] }, "invalid_value", "input[1]", /not empty/],
    ["no text", { input: [] }, "invalid_value", "input", /at least one text/],
    ["too many texts", { input: Array(2049).fill("a") }, "invalid_value", "input", /at most 2048 texts/],
    ["no input", {}, "missing_required_parameter", "input", /Missing/],
    ["another size", { input: "a", dimensions: 64 }, "invalid_value", "dimensions", /have 384/],
    [
      "another encoding",
      { input: "a", encoding_format: "hex" },
      "invalid_value",
      "encoding_format",
      /float or base64/,
    ],
  ])("may not have %s", async (_, fields, code, param, message) => {
    const response = await gateway.post({ model: "embed", ...fields }, {}, "/v1/embeddings");
    const { error } = await jsonOf(response);
    expect([response.status, error.code, error.param]).toEqual([400, code, param]);
    expect(error.message).toMatch(message);
  });

  it("may name the model's own size", async () => {
    const response = await gateway.post(
      { model: "embed", input: "a", dimensions: 384 },
      {},
      "/v1/embeddings",
    );
    expect(response.status).toBe(200);
  });

  it("leaves no text in the log", async () => {
    await vectorsOf("a planted secret sentence");
    expect(embed.output() + (await gateway.log())).not.toContain("planted secret");
    expect(embed.output()).toMatch(
      /"operation":"embeddings","outcome":"ok","status":200,"latencyMs":[\d.]+,"texts":1,"tokens":6/,
    );
  });

  it("is answered while another caller's long one is computed", async () => {
    const long = gateway.post(
      { model: "embed", input: Array(64).fill("word ".repeat(250)) },
      {},
      "/v1/embeddings",
    );
    await expect.poll(() => embed.read("/metrics")).toMatch(/rampa_model_requests_running\{[^}]*\} 1/);
    const startedAt = performance.now();
    await vectorsOf("a short one");
    const shortMs = performance.now() - startedAt;
    const isOver = await Promise.race([long.then(() => true), Promise.resolve(false)]);
    expect([isOver, shortMs < 10_000]).toEqual([false, true]);
    expect((await long).status).toBe(200);
  }, 60_000);

  it("does not hold up the probes, however much is asked for", async () => {
    const hostile = ["漢".repeat(8_000), "!".repeat(8_000), "e".repeat(8_000), "\u0301".repeat(8_000)];
    const asked = gateway.post(
      { model: "embed", input: Array(60).fill(hostile).flat() },
      {},
      "/v1/embeddings",
    );
    let slowestMs = 0;
    for (let probe = 0; probe < 20; probe += 1) {
      const startedAt = performance.now();
      expect(await embed.read("/livez")).toBe("ok\n");
      slowestMs = Math.max(slowestMs, performance.now() - startedAt);
    }
    expect(slowestMs).toBeLessThan(1_000);
    expect((await asked).status).toBe(400);
  });
});

describe("any JSON at all", () => {
  it("is answered with vectors or a refusal of status 400", async () => {
    const input = fc.oneof(
      fc.string({ unit: "binary", maxLength: 40 }),
      fc.array(fc.string()),
      fc.jsonValue(),
    );
    const body = fc.oneof(fc.jsonValue(), fc.record({ model: fc.constant("embed"), input }));
    await fc.assert(
      fc.asyncProperty(body, async (json) => {
        const response = await embed.post("/v1/embeddings", JSON.stringify(json));
        await response.arrayBuffer();
        expect([200, 400, 404]).toContain(response.status);
      }),
      { numRuns: 200 },
    );
  });
});

describe("clients of other projects", () => {
  it(
    "get embeddings and tensors through the gateway",
    async () => {
      const python = ensurePython(["openai==3.52.0", "tritonclient[http]==2.73.0", "numpy==2.4.6"]);
      const args = [
        join(import.meta.dirname, "python-clients.py"),
        gateway.url,
        JSON.stringify(TEXTS.slice(0, 3)),
      ];
      const env = { ...process.env, RAMPA_KEY: KEY };
      const { stdout } = await run(python, args, { env, maxBuffer: MOST_OUTPUT });
      const { packed, plain, hidden, ...rest } = JSON.parse(stdout);
      const expected = await vectorsOf(TEXTS.slice(0, 3));
      for (const [at, vector] of expected.entries()) {
        expect(cosine(packed[at], vector)).toBeGreaterThan(0.999999);
        expect(cosine(plain[at], vector)).toBeGreaterThan(0.999999);
      }
      expect(hidden).toEqual([1, 4, 384]);
      const labels = ["setosa", "virginica"];
      expect(rest).toEqual({
        tokens: 27,
        health: [true, true, true],
        server: { name: "rampa", version: "2", extensions: ["binary_tensor_data"] },
        model: expect.objectContaining({ name: "iris", versions: ["1.0.0"], platform: "onnxruntime_onnx" }),
        bytes: { labels, shape: [2, 3], id: "t-1" },
        json: { labels, shape: [2, 3], id: "t-1" },
        refused: { status: "400", message: "inputs[0] (X): got shape [1, 3], want [any, 4]" },
        stranger: { status: "401", message: expect.stringContaining("No API key was given") },
      });
    },
    SETUP_MS,
  );
});

describe("tensors for the embedding model", () => {
  const ids = (shape: readonly number[], data: readonly number[]) =>
    ["input_ids", "attention_mask", "token_type_ids"].map((name) => ({
      name,
      datatype: "INT64",
      shape,
      data,
    }));

  it("are refused where the model has no such token", async () => {
    const response = await embed.post("/v2/models/embed/infer", { inputs: ids([1, 2], [1, 99_999]) });
    const { code, error } = await jsonOf(response);
    expect([response.status, code]).toEqual([400, "input_refused"]);
    expect(error).toContain("The model refused the input: ");
    expect(await embed.read("/livez")).toBe("ok\n");
  });

  it("are refused beyond what one pass of texts may take", async () => {
    const inputs = ids([9, 256], Array(9 * 256).fill(1));
    const response = await embed.post("/v2/models/embed/infer", { inputs });
    expect((await jsonOf(response)).error).toContain("inputs[0] (input_ids): 2304 values, more than 2048");
  });

  it("that are longer than the model's positions are refused, and do no harm however often", async () => {
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const response = await embed.post("/v2/models/embed/infer", {
        inputs: ids([1, 600], Array(600).fill(1)),
      });
      expect(response.status).toBe(400);
    }
    expect(await vectorsOf("still here")).toHaveLength(1);
  });
});

it("the graph in the checkout is the one that its script writes", async () => {
  const { graphOf, GRAPH_FILE } = await import("../../../stacks/local/models/write-graph.ts");
  const { readFile } = await import("node:fs/promises");
  expect(Buffer.from(await graphOf(files.weights)).equals(await readFile(GRAPH_FILE))).toBe(true);
  expect(GRAPH_FILE.startsWith(paths.checkout)).toBe(true);
});
