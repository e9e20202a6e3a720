// What a start with wrong files comes to, and what becomes of a server whose engine is stuck or gone.
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { encodeModel, type Graph, type ValueInfo } from "../../../stacks/local/models/onnx-proto.ts";
import { jsonOf, launchInference, startInference } from "./inference-server.ts";

const cacheDir = mkdtempSync(join(tmpdir(), "rampa-graphs-"));
mkdirSync(join(cacheDir, "sha256"));
afterAll(() => rmSync(cacheDir, { recursive: true, force: true }));

/** Lays a file into the cache, and says it as an artefact. */
function lay(content: Uint8Array | string) {
  const sha256 = createHash("sha256").update(content).digest("hex");
  writeFileSync(join(cacheDir, "sha256", sha256), content);
  return { source: "file:/nowhere", sha256 };
}

const value = (name: string, type: ValueInfo["type"], shape: ValueInfo["shape"]): ValueInfo => ({
  name,
  type,
  shape,
});

const graph = (parts: Partial<Graph>): Uint8Array =>
  encodeModel(
    { name: "g", inputs: [], outputs: [], nodes: [], initializers: [], ...parts },
    { "": 18, "ai.onnx.ml": 3 },
  );

/** Doubles what it gets, of one type. */
const doubler = (type: ValueInfo["type"], shape: ValueInfo["shape"] = ["n"]): Uint8Array =>
  graph({
    inputs: [value("x", type, shape)],
    outputs: [value("y", type, shape)],
    nodes: [{ op: "Add", inputs: ["x", "x"], outputs: ["y"] }],
  });

async function endOf(settings: object) {
  const server = await launchInference({ endpoint: "g", cacheDir, ...settings });
  return { code: await server.exited, output: server.output() };
}

describe("a start", () => {
  it.each<[string, () => object, string, RegExp]>([
    [
      "no file",
      () => ({ artefact: { ...lay("a"), sha256: "0".repeat(64) } }),
      "model.missing",
      /got no file, want the file with sha256 0{64}/,
    ],
    [
      "a file that was changed",
      () => {
        const artefact = lay(doubler("float"));
        writeFileSync(join(cacheDir, "sha256", artefact.sha256), "changed");
        return { artefact };
      },
      "model.checksum",
      /got sha256 [0-9a-f]{64}, want sha256 [0-9a-f]{64}/,
    ],
    ["a file that is no graph", () => ({ artefact: lay("GGUF") }), "model.load", /the engine cannot load it/],
    [
      "weights that are not there",
      () => ({
        artefact: lay(
          graph({
            outputs: [value("w", "float", [1])],
            nodes: [{ op: "Identity", inputs: ["v"], outputs: ["w"] }],
            initializers: [
              { name: "v", type: "float", shape: [1], values: { location: "data", offset: 0, length: 4 } },
            ],
          }),
        ),
      }),
      "model.load",
      /the engine cannot load it/,
    ],
    [
      "weights outside of the cache",
      () => ({
        artefact: lay(
          graph({
            outputs: [value("w", "float", [1])],
            nodes: [{ op: "Identity", inputs: ["v"], outputs: ["w"] }],
            initializers: [
              {
                name: "v",
                type: "float",
                shape: [1],
                values: { location: "../../../etc/passwd", offset: 0, length: 4 },
              },
            ],
          }),
        ),
      }),
      "model.load",
      /the engine cannot load it/,
    ],
    [
      "inputs that are no texts",
      () => ({ artefact: lay(doubler("float")), embeddings: { tokenizer: lay("{}") } }),
      "model.load",
      /has the inputs x \(FP32\), want integers in input_ids/,
    ],
    [
      "a tokenizer that is none",
      () => ({
        artefact: lay(
          graph({
            inputs: [value("input_ids", "int64", ["b", "t"])],
            outputs: [value("y", "float", ["b", "t"])],
            nodes: [{ op: "Cast", inputs: ["input_ids"], outputs: ["y"], attributes: { to: 1n } }],
          }),
        ),
        embeddings: { tokenizer: lay('{"model": 1}') },
      }),
      "model.tokenizer",
      /got a file that is no tokenizer.json/,
    ],
  ])("with %s ends with code 1 and says why", async (_, settings, code, message) => {
    const end = await endOf(settings());
    expect(end.code).toBe(1);
    expect(end.output).toContain(`"code":"${code}"`);
    expect(end.output).toMatch(message);
  });
});

const EXAMPLES: Readonly<Record<string, { type: ValueInfo["type"]; data: readonly unknown[] }>> = {
  BOOL: { type: "bool", data: [true, false] },
  UINT8: { type: "uint8", data: [0, 255] },
  UINT16: { type: "uint16", data: [0, 65_535] },
  UINT32: { type: "uint32", data: [0, 4_294_967_295] },
  UINT64: { type: "uint64", data: [0, 9_007_199_254_740_991] },
  INT8: { type: "int8", data: [-128, 127] },
  INT16: { type: "int16", data: [-32_768, 32_767] },
  INT32: { type: "int32", data: [-2_147_483_648, 2_147_483_647] },
  INT64: { type: "int64", data: [-9_007_199_254_740_991, 5] },
  FP16: { type: "float16", data: [-65_504, 0.5] },
  FP32: { type: "float", data: [-0.25, 3] },
  FP64: { type: "double", data: [0.1, 1e300] },
  BYTES: { type: "string", data: ["", "ñ🦤"] },
};

describe("a graph", () => {
  it.each([
    ["FP32", "float", [1.5, -2], [3, -4]],
    ["FP64", "double", [0.1, 1e300], [0.2, 2e300]],
    ["INT64", "int64", [1, -5], [2, -10]],
    ["INT32", "int32", [7], [14]],
  ] as const)("computes with %s", async (datatype, type, data, doubled) => {
    const server = await startInference({ endpoint: "g", cacheDir, artefact: lay(doubler(type)) });
    const inputs = [{ name: "x", datatype, shape: [data.length], data }];
    const answer = await jsonOf(await server.post("/v2/models/g/infer", { inputs }));
    expect(answer.outputs).toEqual([{ name: "y", datatype, shape: [data.length], data: doubled }]);
    expect(await server.stop()).toBe(0);
  });

  it("gives back what it got, of every data type, in JSON and as bytes", async () => {
    const types = Object.entries(EXAMPLES);
    const artefact = lay(
      graph({
        inputs: types.map(([, { type }]) => value(`in_${type}`, type, ["n"])),
        outputs: types.map(([, { type }]) => value(`out_${type}`, type, ["n"])),
        nodes: types.map(([, { type }]) => ({
          op: "Identity",
          inputs: [`in_${type}`],
          outputs: [`out_${type}`],
        })),
      }),
    );
    const server = await startInference({ endpoint: "g", cacheDir, artefact });
    const inputs = types.map(([datatype, { type, data }]) => ({
      name: `in_${type}`,
      datatype,
      shape: [2],
      data,
    }));
    const plain = await jsonOf(await server.post("/v2/models/g/infer", { inputs }));
    expect(plain).not.toHaveProperty("error");
    const seen = (outputs: { datatype: string; data: unknown }[]) =>
      Object.fromEntries(outputs.map(({ datatype, data }) => [datatype, data]));
    expect(seen(plain.outputs)).toEqual(
      Object.fromEntries(types.map(([datatype, { data }]) => [datatype, data])),
    );
    const packed = await server.post("/v2/models/g/infer", {
      inputs,
      parameters: { binary_data_output: true },
    });
    const length = Number(packed.headers.get("inference-header-content-length"));
    const bytes = Buffer.from(await packed.arrayBuffer());
    // All of its bytes are taken again as they came.
    const { outputs } = JSON.parse(bytes.toString("utf8", 0, length));
    const again = Buffer.from(
      JSON.stringify({
        inputs: outputs.map(({ name, ...rest }: { name: string }) => ({
          ...rest,
          name: name.replace("out_", "in_"),
        })),
      }),
    );
    const headers = { "inference-header-content-length": String(again.length) };
    const body = Buffer.concat([again, bytes.subarray(length)]);
    const returned = await jsonOf(await server.post("/v2/models/g/infer", body, headers));
    expect(returned.outputs).toEqual(plain.outputs);
    await server.stop();
  });

  it("that needs more memory than there is refuses the request and lives on", async () => {
    // n values become a table of n × n × n.
    const cube = graph({
      inputs: [value("x", "float", ["n"])],
      outputs: [value("y", "float", ["n", "n", "n"])],
      nodes: [
        { op: "Shape", inputs: ["x"], outputs: ["n1"] },
        { op: "Concat", inputs: ["n1", "n1", "n1"], outputs: ["n3"], attributes: { axis: 0n } },
        { op: "Expand", inputs: ["x", "n3"], outputs: ["y"] },
      ],
    });
    const server = await startInference({ endpoint: "g", cacheDir, artefact: lay(cube) });
    const ask = (n: number) =>
      server.post("/v2/models/g/infer", {
        inputs: [{ name: "x", datatype: "FP32", shape: [n], data: Array(n).fill(1) }],
      });
    const refused = await jsonOf(await ask(100_000));
    expect(refused.code).toBe("input_refused");
    expect((await jsonOf(await ask(2))).outputs[0].shape).toEqual([2, 2, 2]);
    await server.stop();
  });
});

describe("an engine that does not come back", () => {
  /** A second's work many times over: a chain of products of n × n matrices. */
  const slow = (): Uint8Array => {
    const products = Array.from({ length: 40 }, (_, index) => ({
      op: "MatMul",
      inputs: [`m${index}`, `m${index}`],
      outputs: [`m${index + 1}`],
    }));
    return graph({
      inputs: [value("x", "float", ["n"])],
      outputs: [value("y", "float", [])],
      nodes: [
        { op: "Shape", inputs: ["x"], outputs: ["n1"] },
        { op: "Concat", inputs: ["n1", "n1"], outputs: ["n2"], attributes: { axis: 0n } },
        { op: "Expand", inputs: ["x", "n2"], outputs: ["m0"] },
        ...products,
        { op: "ReduceMax", inputs: ["m40"], outputs: ["y"], attributes: { keepdims: 0n } },
      ],
    });
  };

  it("answers the probes meanwhile, refuses what is late, and then is started anew", async () => {
    const settings = { endpoint: "g", cacheDir, artefact: lay(slow()), deadlineMs: 300 };
    const server = await startInference(settings, "test/serving/inference/impatient-server.ts");
    const inputs = [{ name: "x", datatype: "FP32", shape: [5_000], data: Array(5_000).fill(0) }];
    const late = await server.post("/v2/models/g/infer", { inputs });
    expect([late.status, (await jsonOf(late)).code]).toEqual([503, "deadline_exceeded"]);
    expect(await server.read("/livez")).toBe("ok\n");
    expect(await server.exited).toBe(70);
    expect(server.output()).toContain("the engine made no progress for");
  });
});

describe("many requests at once", () => {
  it("are all answered, or refused where the queue is full", async () => {
    const server = await startInference({
      endpoint: "g",
      cacheDir,
      artefact: lay(doubler("float")),
      queueLimit: 4,
    });
    const inputs = [{ name: "x", datatype: "FP32", shape: [50_000], data: Array(50_000).fill(1) }];
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => server.post("/v2/models/g/infer", { inputs }).then((it) => it.status)),
    );
    expect(new Set(answers)).toEqual(new Set(answers.includes(503) ? [200, 503] : [200]));
    expect(await server.read("/metrics")).toMatch(/rampa_model_queue_depth\{version="1.0.0"\} 0/);
    await server.stop();
  });
});
