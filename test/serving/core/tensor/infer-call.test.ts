// Inference requests against a model: what is understood, and every problem of a wrong one in one answer.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ModelTensors } from "../../../../serving/contract/tensor.ts";
import { encodeAnswer } from "../../../../serving/core/tensor/encode-answer.ts";
import { type InferBody, toInferCall } from "../../../../serving/core/tensor/infer-call.ts";

const tensors: ModelTensors = {
  inputs: [
    { name: "x", datatype: "FP32", shape: ["batch", 2] },
    { name: "id", datatype: "INT64", shape: ["batch"] },
  ],
  outputs: [
    { name: "score", datatype: "FP32", shape: ["batch"] },
    { name: "label", datatype: "BYTES", shape: ["batch"] },
  ],
};
const x = {
  name: "x",
  datatype: "FP32",
  shape: [2, 2],
  data: [
    [1, 2],
    [3, 4],
  ],
};
const id = { name: "id", datatype: "INT64", shape: [2], data: [7, 8] };

const decode = (json: unknown, rest: Partial<InferBody> = {}) =>
  toInferCall({ json, binary: new Uint8Array(), tensors, elementLimit: 100, ...rest });

function problemsOf(json: unknown, rest: Partial<InferBody> = {}): { param: string | null; text: string[] } {
  const call = decode(json, rest);
  if (call.ok) throw new Error("was taken");
  expect(call.fault).toMatchObject({ status: 400, code: "invalid_value" });
  return { param: call.fault.param, text: call.fault.message.split("; ") };
}

describe("toInferCall", () => {
  it("takes inputs in any order, and all outputs when none is named", () => {
    expect(decode({ id: "a1", inputs: [id, x] })).toEqual({
      ok: true,
      value: {
        id: "a1",
        request: {
          inputs: [
            { ...id, values: BigInt64Array.of(7n, 8n) },
            { ...x, values: Float32Array.of(1, 2, 3, 4) },
          ],
          outputs: ["score", "label"],
        },
        outputs: [
          { name: "score", isBinary: false },
          { name: "label", isBinary: false },
        ],
      },
    });
  });

  it("takes binary tensors behind the JSON, in the order of the inputs and beside ones in JSON", () => {
    const bytes = new Uint8Array(Float32Array.of(5, 6, 7, 8).buffer);
    const { data: _, ...head } = x;
    const call = decode(
      { inputs: [id, { ...head, parameters: { binary_data_size: 16 } }] },
      { binary: bytes },
    );
    expect(call.ok && call.value.request.inputs[1]?.values).toEqual(Float32Array.of(5, 6, 7, 8));
  });

  it("sends outputs as bytes where the request says so, or where it says so of one", () => {
    const all = decode({ inputs: [x, id], parameters: { binary_data_output: true } });
    expect(all.ok && all.value.outputs.map(({ isBinary }) => isBinary)).toEqual([true, true]);
    const one = decode({
      inputs: [x, id],
      parameters: { binary_data_output: true },
      outputs: [{ name: "label", parameters: { binary_data: false } }],
    });
    expect(one.ok && one.value.outputs).toEqual([{ name: "label", isBinary: false }]);
  });

  it("names every problem at once", () => {
    const { param, text } = problemsOf({
      inputs: [
        { ...x, datatype: "FP64" },
        { name: "z", datatype: "FP32", shape: [1], data: [1] },
      ],
      outputs: [{ name: "nothing" }],
    });
    expect(text).toEqual([
      "inputs[0] (x): got FP64, want FP32",
      "inputs[1] (z): no input of this model",
      "inputs: missing id (INT64 [batch])",
      "outputs[0]: no output of this model: it has score, label",
    ]);
    expect(param).toBe("inputs[0]");
  });

  it.each([
    ["a shape of another rank", [{ ...x, shape: [4] }, id], "inputs[0] (x): got shape [4], want [batch, 2]"],
    [
      "a fixed size",
      [{ ...x, shape: [1, 4] }, id],
      "inputs[0] (x): got shape [1, 4], want [batch, 2] with batch = 1",
    ],
    [
      "two sizes of one name",
      [x, { ...id, shape: [3], data: [1, 2, 3] }],
      "inputs[1] (id): got shape [3], want [batch] with batch = 2",
    ],
    ["too few values", [{ ...x, data: [1] }, id], "inputs[0] (x): got 1 values, want 4"],
    [
      "a value of another type",
      [x, { ...id, data: [7, "8"] }],
      /^inputs\[1\] \(id\): value 1 is none of whole/,
    ],
    ["an input twice", [x, id, x], "inputs[2] (x): given twice"],
    [
      "no data",
      [{ ...x, data: undefined }, id],
      "inputs[0] (x): neither `data` nor `parameters.binary_data_size`",
    ],
    [
      "data twice",
      [{ ...x, parameters: { binary_data_size: 0 } }, id],
      "inputs[0] (x): both `data` and `parameters.binary_data_size`",
    ],
    [
      "a binary size that is none",
      [{ ...x, data: undefined, parameters: { binary_data_size: -1 } }, id],
      "inputs[0] (x): `parameters.binary_data_size` is no whole number from 0 up",
    ],
    [
      "binary data that is not there",
      [{ ...x, data: undefined, parameters: { binary_data_size: 16 } }, id],
      /^inputs\[0\] \(x\): got 0 bytes of binary data, want 16/,
    ],
  ])("refuses %s", (_, inputs, expected) => {
    const [first] = problemsOf({ inputs }).text;
    if (expected instanceof RegExp) expect(first).toMatch(expected);
    else expect(first).toBe(expected);
  });

  it("refuses more values than the limit before it makes them", () => {
    const huge = { ...x, shape: [51, 2], data: [] };
    const many = { ...id, shape: [51], data: Array(51).fill(1) };
    expect(problemsOf({ inputs: [huge, many] }).text[0]).toBe("inputs[0] (x): 102 values, more than 100");
  });

  it("refuses bytes that no input says", () => {
    expect(problemsOf({ inputs: [x, id] }, { binary: Uint8Array.of(1) }).text).toEqual([
      "got 1 bytes of binary data, the inputs say 0",
    ]);
  });

  it("refuses a classification, which would answer something else than the values", () => {
    const outputs = [{ name: "score", parameters: { classification: 3 } }];
    expect(problemsOf({ inputs: [x, id], outputs }).text).toEqual([
      "outputs[0]: no classification here: take the values",
    ]);
  });

  it.each([
    [{}, "inputs: expected a list of tensors"],
    [{ inputs: [] }, "inputs: expected at least one tensor"],
    [{ inputs: [{}] }, "inputs[0].name: expected a string"],
    [null, "expected object, received null"],
    [{ inputs: [{ ...x, shape: [-1, 2] }, id] }, "inputs[0].shape[0]: expected whole numbers from 0 up"],
    [{ inputs: [{ ...x, datatype: "BF16" }, id] }, /^inputs\[0\]\.datatype: expected one of BOOL, /],
    [{ inputs: [x, id], outputs: "score" }, "outputs: expected a list of outputs"],
  ])("refuses %j", (json, expected) => {
    const [first] = problemsOf(json).text;
    if (expected instanceof RegExp) expect(first).toMatch(expected);
    else expect(first).toBe(expected);
  });

  it("lists twenty problems at most", () => {
    const inputs = Array.from({ length: 30 }, (_, index) => ({ ...x, name: `no-${index}` }));
    const { text } = problemsOf({ inputs });
    expect(text).toHaveLength(21);
    expect(text.at(-1)).toBe("and 12 more");
  });

  it("answers any JSON with a call or a fault of status 400", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.uint8Array({ maxLength: 16 }), (json, binary) => {
        const call = decode(json, { binary });
        expect(call.ok || call.fault.status === 400).toBe(true);
      }),
    );
    const input = fc.record({
      name: fc.constantFrom("x", "id", "z"),
      datatype: fc.constantFrom("FP32", "INT64", "BYTES"),
      shape: fc.array(fc.integer({ min: -1, max: 4 }), { maxLength: 3 }),
      data: fc.array(fc.oneof(fc.integer(), fc.string(), fc.array(fc.double()))),
      parameters: fc.option(fc.record({ binary_data_size: fc.oneof(fc.nat(20), fc.double()) }), {
        nil: undefined,
      }),
    });
    fc.assert(
      fc.property(fc.array(input, { maxLength: 4 }), fc.uint8Array({ maxLength: 24 }), (inputs, binary) => {
        const call = decode({ inputs }, { binary });
        expect(call.ok || call.fault.status === 400).toBe(true);
      }),
    );
  });
});

describe("encodeAnswer", () => {
  const head = { model: "iris", version: "1.0.0" };
  const score = { name: "score", datatype: "FP32", shape: [2], values: Float32Array.of(0.5, 0.25) } as const;
  const label = { name: "label", datatype: "BYTES", shape: [2], values: ["a", 'b"'] } as const;
  const call = (isBinary: boolean) => ({
    id: "a1",
    request: { inputs: [], outputs: ["score", "label"] },
    outputs: [
      { name: "score", isBinary },
      { name: "label", isBinary: false },
    ],
  });

  it("writes JSON", () => {
    const answer = encodeAnswer(head, call(false), [score, label]);
    expect(answer.ok && [JSON.parse(answer.value.json), answer.value.binary]).toEqual([
      {
        model_name: "iris",
        model_version: "1.0.0",
        id: "a1",
        outputs: [
          { name: "score", datatype: "FP32", shape: [2], data: [0.5, 0.25] },
          { name: "label", datatype: "BYTES", shape: [2], data: ["a", 'b"'] },
        ],
      },
      [],
    ]);
  });

  it("puts the outputs that are wanted as bytes behind it", () => {
    const answer = encodeAnswer(head, call(true), [score, label]);
    if (!answer.ok) throw new Error(answer.fault.message);
    expect(JSON.parse(answer.value.json).outputs[0]).toEqual({
      name: "score",
      datatype: "FP32",
      shape: [2],
      parameters: { binary_data_size: 8 },
    });
    expect(answer.value.binary).toEqual([new Uint8Array(score.values.buffer)]);
  });

  it("refuses NaN in JSON and takes it as bytes", () => {
    const odd = { ...score, values: Float32Array.of(Number.NaN, 1) };
    const answer = encodeAnswer(head, call(false), [odd, label]);
    expect(answer).toMatchObject({ ok: false, fault: { status: 400, code: "not_json" } });
    expect(encodeAnswer(head, call(true), [odd, label]).ok).toBe(true);
  });
});
