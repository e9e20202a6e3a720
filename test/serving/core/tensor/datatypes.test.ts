// Values of tensors: JSON and bytes to typed arrays and back, for every data type, and what is refused of each.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DATATYPES, type Datatype } from "../../../../serving/contract/tensor.ts";
import { fromBinary, fromJson, toBinary, toJson } from "../../../../serving/core/tensor/datatypes.ts";

/** Extreme and ordinary values of each type, as JSON has them. */
const SAMPLES: Readonly<Record<Datatype, readonly unknown[]>> = {
  BOOL: [true, false],
  UINT8: [0, 255],
  UINT16: [0, 65_535],
  UINT32: [0, 4_294_967_295],
  UINT64: [0, 9_007_199_254_740_991],
  INT8: [-128, 127],
  INT16: [-32_768, 32_767],
  INT32: [-2_147_483_648, 2_147_483_647],
  INT64: [-9_007_199_254_740_991, 9_007_199_254_740_991],
  FP16: [-65_504, 0.5],
  FP32: [-0.25, 16_777_216],
  FP64: [-1.5e300, 0.1],
  BYTES: ["", "ñandú 🦤"],
};

const BYTES_A_VALUE: Readonly<Record<Exclude<Datatype, "BYTES">, number>> = {
  BOOL: 1,
  UINT8: 1,
  INT8: 1,
  UINT16: 2,
  INT16: 2,
  FP16: 2,
  UINT32: 4,
  INT32: 4,
  FP32: 4,
  UINT64: 8,
  INT64: 8,
  FP64: 8,
};

describe("values of every data type", () => {
  it.each(DATATYPES)("%s comes from JSON and goes back as it was", (datatype) => {
    const decoded = fromJson(datatype, SAMPLES[datatype], 2);
    if (!decoded.ok) throw new Error(decoded.problem);
    expect(JSON.parse(toJson(datatype, decoded.values) ?? "")).toEqual(SAMPLES[datatype]);
  });

  it.each(DATATYPES)("%s comes from bytes and goes back as it was", (datatype) => {
    const decoded = fromJson(datatype, SAMPLES[datatype], 2);
    if (!decoded.ok) throw new Error(decoded.problem);
    const bytes = toBinary(decoded.values);
    // Behind one byte, so that no value is aligned, and in Node's own kind of array.
    const shifted = Buffer.from([7, ...bytes]).subarray(1);
    expect(fromBinary(datatype, shifted, 2)).toEqual(decoded);
    // Two lengths, and twelve bytes of UTF-8.
    expect(bytes.length).toBe(datatype === "BYTES" ? 8 + 12 : 2 * BYTES_A_VALUE[datatype]);
  });

  it("rounds a half to the nearest one that there is", () => {
    const decoded = fromJson("FP16", [0.1, 1 / 3], 2);
    expect(decoded.ok && toJson("FP16", decoded.values)).toBe("[0.0999755859375,0.333251953125]");
  });
});

describe("a list in JSON", () => {
  it("may be nested, in row-major order", () => {
    expect(
      fromJson(
        "INT32",
        [
          [1, 2],
          [[3], 4],
        ],
        4,
      ),
    ).toEqual({ ok: true, values: Int32Array.of(1, 2, 3, 4) });
  });

  const refused: readonly (readonly [Datatype, unknown, string])[] = [
    ["BOOL", 2, "true or false"],
    ["BOOL", "true", "true or false"],
    ["UINT8", 256, "whole numbers from 0 to 255"],
    ["UINT8", -1, "whole numbers from 0 to 255"],
    ["INT8", 128, "whole numbers from -128 to 127"],
    ["UINT16", 65_536, "whole numbers from 0 to 65535"],
    ["INT16", 1.5, "whole numbers from -32768 to 32767"],
    ["UINT32", -1, "whole numbers from 0 to 4294967295"],
    ["INT32", 2_147_483_648, "whole numbers from -2147483648 to 2147483647"],
    [
      "INT64",
      2 ** 53,
      "whole numbers from -9007199254740991 to 9007199254740991, beyond that as binary data",
    ],
    ["UINT64", -1, "whole numbers from 0 to 9007199254740991, beyond that as binary data"],
    ["FP16", 65_520, "numbers from -65504 to 65504"],
    ["FP32", 3.5e38, "numbers from -3.402823466e+38 to 3.402823466e+38"],
    ["FP64", "1", "numbers"],
    ["FP32", null, "numbers from -3.402823466e+38 to 3.402823466e+38"],
    ["BYTES", 1, "texts"],
  ];
  it.each(refused)("%s has no %j", (datatype, value, want) => {
    const good = SAMPLES[datatype][0];
    expect(fromJson(datatype, [good, value], 2)).toEqual({
      ok: false,
      problem: `value 1 is none of ${want}`,
    });
  });

  it("has as many values as the shape says", () => {
    expect(fromJson("FP32", [1, 2, 3], 2)).toEqual({ ok: false, problem: "got 3 values, want 2" });
  });

  it("of an output has no word for NaN and infinities", () => {
    expect(toJson("FP32", Float32Array.of(1, Number.NaN))).toBeUndefined();
    expect(toJson("FP64", Float64Array.of(Number.NEGATIVE_INFINITY))).toBeUndefined();
    expect(toJson("FP16", Uint16Array.of(0x7c00))).toBeUndefined();
  });

  it("of an output holds whole numbers of 64 bits to the last digit", () => {
    expect(toJson("INT64", BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n))).toBe(
      "[-9223372036854775808,9223372036854775807]",
    );
  });
});

describe("bytes", () => {
  const text = (value: string): number[] => [value.length, 0, 0, 0, ...Buffer.from(value)];
  const refused: readonly (readonly [string, Datatype, readonly number[], string])[] = [
    ["too few of them", "INT32", [1, 2, 3], "got 3 bytes, want 4"],
    ["too many of them", "FP16", [1, 2, 3], "got 3 bytes, want 2"],
    ["a BOOL of 2", "BOOL", [2], "bytes that are neither 0 nor 1"],
    ["a cut length", "BYTES", [1, 0], "a length that is cut short"],
    ["a cut text", "BYTES", [5, 0, 0, 0, 65], "a text that is cut short"],
    ["a length of 4 GB", "BYTES", [255, 255, 255, 255], "a text that is cut short"],
    ["no UTF-8", "BYTES", [1, 0, 0, 0, 0xff], "value 0 is not UTF-8"],
    ["a text too many", "BYTES", [...text("a"), ...text("b")], "got 2 values, want 1"],
  ];
  it.each(refused)("are refused: %s", (_, datatype, bytes, problem) => {
    expect(fromBinary(datatype, Uint8Array.from(bytes), 1)).toEqual({ ok: false, problem });
  });

  it("of any kind give values or a problem, never an exception", () => {
    const input = fc.tuple(fc.constantFrom(...DATATYPES), fc.uint8Array({ maxLength: 64 }), fc.nat(20));
    fc.assert(
      fc.property(input, ([datatype, bytes, count]) => {
        const decoded = fromBinary(datatype, bytes, count);
        if (decoded.ok) expect(toBinary(decoded.values)).toEqual(bytes);
      }),
    );
  });

  it("keep NaN and infinities, which JSON can't", () => {
    const bytes = toBinary(Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY));
    expect(fromBinary("FP32", bytes, 2)).toEqual({
      ok: true,
      values: Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY),
    });
  });
});
