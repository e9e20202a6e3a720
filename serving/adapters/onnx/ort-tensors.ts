// Between the engine's tensors and those of the Open Inference Protocol.
import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import type { Datatype, Tensor, TensorInfo, TensorValues } from "../../contract/tensor.ts";

export type Ort = typeof import("onnxruntime-node");

const DATATYPES: Readonly<Partial<Record<OrtTensor.Type, Datatype>>> = {
  bool: "BOOL",
  uint8: "UINT8",
  uint16: "UINT16",
  uint32: "UINT32",
  uint64: "UINT64",
  int8: "INT8",
  int16: "INT16",
  int32: "INT32",
  int64: "INT64",
  float16: "FP16",
  float32: "FP32",
  float64: "FP64",
  string: "BYTES",
};

const ORT_TYPES = Object.fromEntries(
  Object.entries(DATATYPES).map(([type, datatype]) => [datatype, type]),
  // The table above names every datatype once.
) as Readonly<Record<Datatype, OrtTensor.Type>>;

/** Fails on an input or output that is no tensor of a type in the table: a sequence, a map, four-bit numbers. */
export function toTensorInfo(metadata: InferenceSession.ValueMetadata): TensorInfo {
  const { name } = metadata;
  const datatype = metadata.isTensor ? DATATYPES[metadata.type] : undefined;
  if (!metadata.isTensor || datatype === undefined) {
    const got = metadata.isTensor ? `a tensor of ${metadata.type}` : "a sequence or a map";
    throw new Error(`${name} is ${got}, want a tensor of ${Object.values(DATATYPES).join(", ")}`);
  }
  return { name, datatype, shape: metadata.shape };
}

export function toOrtTensor(ort: Ort, { datatype, values, shape }: Tensor): OrtTensor {
  // One constructor for each type and its array; the datatype has chosen the array already.
  return new ort.Tensor(ORT_TYPES[datatype] as "float32", values as Float32Array, shape);
}

export function fromOrtTensor(name: string, { type, data, dims }: OrtTensor): Tensor {
  const datatype = DATATYPES[type];
  if (datatype === undefined) throw new Error(`the output ${name} has the type ${type}`);
  // The engine's type has chosen the array, as the table says.
  return { name, datatype, shape: [...dims], values: data as TensorValues };
}
