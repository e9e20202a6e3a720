// Tensors as the Open Inference Protocol names them, independent of any engine and of how they travel.

/** Data types of the protocol that the engine computes with; BF16 is the one it lacks. */
export const DATATYPES = [
  "BOOL",
  "UINT8",
  "UINT16",
  "UINT32",
  "UINT64",
  "INT8",
  "INT16",
  "INT32",
  "INT64",
  "FP16",
  "FP32",
  "FP64",
  "BYTES",
] as const;

export type Datatype = (typeof DATATYPES)[number];

/** Values in row-major order: bits of FP16 as whole numbers, BOOL as 0 and 1, BYTES as texts. */
export type TensorValues =
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Float32Array
  | Float64Array
  | readonly string[];

export type Tensor = {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly values: TensorValues;
};

/** What a model says of an input or output. */
export type TensorInfo = {
  readonly name: string;
  readonly datatype: Datatype;
  /** A name stands for a size that a request chooses; equal names are equal sizes. An empty one is bound to nothing. */
  readonly shape: readonly (number | string)[];
};

export type ModelTensors = {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
};
