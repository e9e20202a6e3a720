// A BERT encoder as an ONNX graph whose weights stay where they are published: in a file of the safetensors format.
import { encodeModel, type Initializer, type Node } from "./onnx-proto.ts";

export type BertShape = {
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly layerNormEpsilon: number;
};

/** A tensor of a safetensors file. */
export type StoredTensor = {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** From the end of the header. */
  readonly data_offsets: readonly [number, number];
};

export type Weights = {
  /** Name under which the graph knows the file. */
  readonly location: string;
  /** Bytes before the first tensor's. */
  readonly dataStart: number;
  readonly tensors: Readonly<Record<string, StoredTensor>>;
};

const INPUTS = ["input_ids", "attention_mask", "token_type_ids"];
const OPSET = 23;

/**
 * `last_hidden_state` [batch, tokens, hidden] of tokens and their mask, in ONNX's own operators. Rows of all sequences
 * lie in one matrix, so that the linear layers are `Gemm`s over the weights as PyTorch stores them: [out, in].
 */
export function encodeBert(shape: BertShape, weights: Weights): Uint8Array {
  const layers = Array.from({ length: shape.layers }, (_, index) => layerNodes(index, shape));
  const nodes = [...embeddingNodes(shape), ...layers.flat(), ...outputNodes(shape)];
  const used = new Set(nodes.flatMap(({ inputs }) => inputs));
  const stored = Object.entries(weights.tensors).filter(([name]) => used.has(name));
  const open = ["batch", "tokens"];
  const graph = {
    name: "bert",
    inputs: INPUTS.map((name) => ({ name, type: "int64", shape: open }) as const),
    outputs: [{ name: "last_hidden_state", type: "float", shape: [...open, shape.hidden] } as const],
    nodes,
    initializers: [
      ...constants(shape),
      ...stored.map(([name, tensor]) => toInitializer(name, tensor, weights)),
    ],
  };
  return encodeModel(graph, { "": OPSET });
}

function toInitializer(name: string, tensor: StoredTensor, weights: Weights): Initializer {
  if (tensor.dtype !== "F32") throw new Error(`${name}: got ${tensor.dtype}, want F32`);
  const [from, to] = tensor.data_offsets;
  const values = { location: weights.location, offset: weights.dataStart + from, length: to - from };
  return { name, type: "float", shape: tensor.shape, values };
}

function constants({ hidden }: BertShape): Initializer[] {
  const int64 = (name: string, values: readonly number[], shape: readonly number[]): Initializer => ({
    name,
    type: "int64",
    shape,
    values: new Uint8Array(BigInt64Array.from(values, BigInt).buffer),
  });
  return [
    int64("zero", [0], [1]),
    int64("one", [1], [1]),
    int64("mask_axes", [1, 2], [2]),
    int64("rows", [-1, hidden], [2]),
    int64("hidden", [hidden], [1]),
  ];
}

function embeddingNodes({ layerNormEpsilon }: BertShape): Node[] {
  return [
    { op: "Shape", inputs: ["input_ids"], outputs: ["sizes"] },
    { op: "Shape", inputs: ["input_ids"], outputs: ["length"], attributes: { start: 1n } },
    { op: "Concat", inputs: ["sizes", "hidden"], outputs: ["sequences"], attributes: { axis: 0n } },
    { op: "Cast", inputs: ["attention_mask"], outputs: ["is_token"], attributes: { to: 9n } },
    { op: "Unsqueeze", inputs: ["is_token", "mask_axes"], outputs: ["mask_row"] },
    {
      op: "Concat",
      inputs: ["one", "one", "length", "one"],
      outputs: ["mask_sizes"],
      attributes: { axis: 0n },
    },
    { op: "Expand", inputs: ["mask_row", "mask_sizes"], outputs: ["mask"] },
    { op: "Gather", inputs: ["embeddings.word_embeddings.weight", "input_ids"], outputs: ["words"] },
    {
      op: "Slice",
      inputs: ["embeddings.position_embeddings.weight", "zero", "length", "zero"],
      outputs: ["positions"],
    },
    {
      op: "Gather",
      inputs: ["embeddings.token_type_embeddings.weight", "token_type_ids"],
      outputs: ["types"],
    },
    { op: "Add", inputs: ["words", "types"], outputs: ["words_types"] },
    { op: "Add", inputs: ["words_types", "positions"], outputs: ["embedded"] },
    { op: "Reshape", inputs: ["embedded", "rows"], outputs: ["embedded_rows"] },
    normalise("embedded_rows", "embeddings.LayerNorm", "layer0", layerNormEpsilon),
  ];
}

function layerNodes(index: number, { heads, layerNormEpsilon }: BertShape): Node[] {
  const weight = `encoder.layer.${index}`;
  const own = (name: string): string => `layer${index}.${name}`;
  const input = `layer${index}`;
  const projected = ["query", "key", "value"].flatMap((name) => [
    linear(input, `${weight}.attention.self.${name}`, own(`${name}_rows`)),
    { op: "Reshape", inputs: [own(`${name}_rows`), "sequences"], outputs: [own(name)] },
  ]);
  return [
    ...projected,
    {
      op: "Attention",
      inputs: [own("query"), own("key"), own("value"), "mask"],
      outputs: [own("attended")],
      attributes: { q_num_heads: BigInt(heads), kv_num_heads: BigInt(heads) },
    },
    { op: "Reshape", inputs: [own("attended"), "rows"], outputs: [own("attended_rows")] },
    linear(own("attended_rows"), `${weight}.attention.output.dense`, own("mixed")),
    { op: "Add", inputs: [own("mixed"), input], outputs: [own("mixed_sum")] },
    normalise(own("mixed_sum"), `${weight}.attention.output.LayerNorm`, own("middle"), layerNormEpsilon),
    linear(own("middle"), `${weight}.intermediate.dense`, own("wide")),
    { op: "Gelu", inputs: [own("wide")], outputs: [own("active")] },
    linear(own("active"), `${weight}.output.dense`, own("narrow")),
    { op: "Add", inputs: [own("narrow"), own("middle")], outputs: [own("sum")] },
    normalise(own("sum"), `${weight}.output.LayerNorm`, `layer${index + 1}`, layerNormEpsilon),
  ];
}

const outputNodes = ({ layers }: BertShape): Node[] => [
  { op: "Reshape", inputs: [`layer${layers}`, "sequences"], outputs: ["last_hidden_state"] },
];

function linear(input: string, weight: string, output: string): Node {
  const inputs = [input, `${weight}.weight`, `${weight}.bias`];
  return { op: "Gemm", inputs, outputs: [output], attributes: { transB: 1n } };
}

function normalise(input: string, weight: string, output: string, epsilon: number): Node {
  const inputs = [input, `${weight}.weight`, `${weight}.bias`];
  return { op: "LayerNormalization", inputs, outputs: [output], attributes: { axis: -1n, epsilon } };
}
