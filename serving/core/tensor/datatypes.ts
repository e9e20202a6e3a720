// Data types of tensors: how many bytes a value has, which JSON values stand for it, and the arrays that hold them.
/// <reference lib="es2025.float16" />
import type { Datatype, TensorValues } from "../../contract/tensor.ts";

type NumericType = Exclude<Datatype, "BYTES">;
type NumericValues = Exclude<TensorValues, readonly string[]>;

type Numeric = {
  readonly bytes: number;
  /** Over bytes that begin where an array of this type may. */
  readonly view: (buffer: ArrayBuffer) => NumericValues;
  /** What a JSON value has to be. */
  readonly want: string;
  readonly accepts: (value: unknown) => boolean;
};

const wholeFrom = (low: number, high: number) => ({
  want: `whole numbers from ${low} to ${high}`,
  accepts: (value: unknown): boolean =>
    typeof value === "number" && Number.isInteger(value) && value >= low && value <= high,
});

/** JSON.parse makes a float of every number, which is exact up to here only. */
const whole64 = (low: number) => ({
  want: `whole numbers from ${low} to ${Number.MAX_SAFE_INTEGER}, beyond that as binary data`,
  accepts: (value: unknown): boolean =>
    typeof value === "number" && Number.isSafeInteger(value) && value >= low,
});

const realUpTo = (limit: number) => ({
  want: limit === Number.MAX_VALUE ? "numbers" : `numbers from -${limit} to ${limit}`,
  accepts: (value: unknown): boolean => typeof value === "number" && Math.abs(value) <= limit,
});

const NUMERIC: Readonly<Record<NumericType, Numeric>> = {
  BOOL: {
    bytes: 1,
    view: (buffer) => new Uint8Array(buffer),
    want: "true or false",
    accepts: (value) => typeof value === "boolean" || value === 0 || value === 1,
  },
  UINT8: { bytes: 1, view: (buffer) => new Uint8Array(buffer), ...wholeFrom(0, 255) },
  UINT16: { bytes: 2, view: (buffer) => new Uint16Array(buffer), ...wholeFrom(0, 65_535) },
  UINT32: { bytes: 4, view: (buffer) => new Uint32Array(buffer), ...wholeFrom(0, 2 ** 32 - 1) },
  UINT64: { bytes: 8, view: (buffer) => new BigUint64Array(buffer), ...whole64(0) },
  INT8: { bytes: 1, view: (buffer) => new Int8Array(buffer), ...wholeFrom(-128, 127) },
  INT16: { bytes: 2, view: (buffer) => new Int16Array(buffer), ...wholeFrom(-32_768, 32_767) },
  INT32: { bytes: 4, view: (buffer) => new Int32Array(buffer), ...wholeFrom(-(2 ** 31), 2 ** 31 - 1) },
  INT64: {
    bytes: 8,
    view: (buffer) => new BigInt64Array(buffer),
    ...whole64(Number.MIN_SAFE_INTEGER),
  },
  FP16: { bytes: 2, view: (buffer) => new Uint16Array(buffer), ...realUpTo(65_504) },
  FP32: { bytes: 4, view: (buffer) => new Float32Array(buffer), ...realUpTo(3.402_823_466e38) },
  FP64: { bytes: 8, view: (buffer) => new Float64Array(buffer), ...realUpTo(Number.MAX_VALUE) },
};

export type DecodedValues =
  | { readonly ok: true; readonly values: TensorValues }
  /** What is wrong with the values, to be read behind their path. */
  | { readonly ok: false; readonly problem: string };

/** From the `data` of a tensor in JSON: a list in row-major order, flat or nested. */
export function fromJson(datatype: Datatype, data: readonly unknown[], count: number): DecodedValues {
  const flat = data.some(Array.isArray) ? data.flat(Number.POSITIVE_INFINITY) : data;
  if (flat.length !== count) return { ok: false, problem: `got ${flat.length} values, want ${count}` };
  const { want, accepts } = datatype === "BYTES" ? TEXTS : NUMERIC[datatype];
  const wrong = flat.findIndex((value) => !accepts(value));
  if (wrong >= 0) return { ok: false, problem: `value ${wrong} is none of ${want}` };
  return { ok: true, values: datatype === "BYTES" ? flat.map(String) : toNumeric(datatype, flat) };
}

const TEXTS = { want: "texts", accepts: (value: unknown): boolean => typeof value === "string" };

function toNumeric(datatype: NumericType, flat: readonly unknown[]): NumericValues {
  const { bytes, view } = NUMERIC[datatype];
  const values = view(new ArrayBuffer(flat.length * bytes));
  if (values instanceof BigInt64Array || values instanceof BigUint64Array) {
    for (const [index, value] of flat.entries()) values[index] = BigInt(Number(value));
  } else if (datatype === "FP16") {
    const halves = new Float16Array(values.buffer);
    for (const [index, value] of flat.entries()) halves[index] = Number(value);
  } else for (const [index, value] of flat.entries()) values[index] = Number(value);
  return values;
}

/** From the bytes of a binary tensor; numbers are little-endian, as on every machine the engine runs on. */
export function fromBinary(datatype: Datatype, bytes: Uint8Array, count: number): DecodedValues {
  if (datatype === "BYTES") return textsFromBinary(bytes, count);
  const { bytes: each, view } = NUMERIC[datatype];
  if (bytes.length !== each * count)
    return { ok: false, problem: `got ${bytes.length} bytes, want ${each * count}` };
  // Copied, as a view has to begin at a multiple of its values' size; `slice` of Node's buffers would copy nothing.
  const values = view(new Uint8Array(bytes).buffer);
  if (datatype !== "BOOL" || values.every((value: number | bigint) => value === 0 || value === 1))
    return { ok: true, values };
  return { ok: false, problem: "bytes that are neither 0 nor 1" };
}

const LENGTH_BYTES = 4;

function textsFromBinary(bytes: Uint8Array, count: number): DecodedValues {
  const lengths = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const values: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (at + LENGTH_BYTES > bytes.length) return { ok: false, problem: "a length that is cut short" };
    const end = at + LENGTH_BYTES + lengths.getUint32(at, true);
    if (end > bytes.length) return { ok: false, problem: "a text that is cut short" };
    try {
      values.push(decoder.decode(bytes.subarray(at + LENGTH_BYTES, end)));
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      return { ok: false, problem: `value ${values.length} is not UTF-8` };
    }
    at = end;
  }
  if (values.length === count) return { ok: true, values };
  return { ok: false, problem: `got ${values.length} values, want ${count}` };
}

/** The bytes of a binary tensor. */
export function toBinary(values: TensorValues): Uint8Array {
  if (!isTexts(values)) return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const encoder = new TextEncoder();
  const texts = values.map((value) => encoder.encode(value));
  const bytes = new Uint8Array(texts.reduce((sum, text) => sum + LENGTH_BYTES + text.length, 0));
  const lengths = new DataView(bytes.buffer);
  let at = 0;
  for (const text of texts) {
    lengths.setUint32(at, text.length, true);
    bytes.set(text, at + LENGTH_BYTES);
    at += LENGTH_BYTES + text.length;
  }
  return bytes;
}

/** The JSON list of a tensor's values; undefined where one is none that JSON has a word for: NaN or infinite. */
export function toJson(datatype: Datatype, values: TensorValues): string | undefined {
  if (isTexts(values)) return JSON.stringify(values);
  if (values instanceof BigInt64Array || values instanceof BigUint64Array) return `[${values.join(",")}]`;
  if (datatype === "BOOL") return JSON.stringify(Array.from(values, (value) => value !== 0));
  const numbers = datatype === "FP16" ? toHalves(values) : Array.from(values);
  return numbers.every(Number.isFinite) ? JSON.stringify(numbers) : undefined;
}

function toHalves(values: Exclude<NumericValues, BigInt64Array | BigUint64Array>): number[] {
  return Array.from(new Float16Array(values.buffer, values.byteOffset, values.length));
}

/** A typed array has the methods of a list, so only its class tells them apart. */
function isTexts(values: TensorValues): values is readonly string[] {
  return Array.isArray(values);
}
