// ONNX models as bytes: the few messages of onnx.proto that a graph needs, written in protobuf's wire format.

/** Numbers of `TensorProto.DataType`. */
export const DATA_TYPES = {
  float: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  double: 11,
  uint32: 12,
  uint64: 13,
} as const;
export type DataType = keyof typeof DATA_TYPES;

/** A number is fixed, a name is open; equal names are equal sizes. */
export type Shape = readonly (number | string)[];
export type ValueInfo = { readonly name: string; readonly type: DataType; readonly shape: Shape };

export type Attribute = number | bigint | string | readonly number[];
export type Node = {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** A bigint is an integer, a number a float, a list integers. */
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** `ai.onnx.ml` of classical models; ONNX's own operators when left out. */
  readonly domain?: string;
};

export type Initializer = {
  readonly name: string;
  readonly type: DataType;
  readonly shape: readonly number[];
  /** Raw little-endian values, or where they lie in another file. */
  readonly values:
    | Uint8Array
    | { readonly location: string; readonly offset: number; readonly length: number };
};

export type Graph = {
  readonly name: string;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly nodes: readonly Node[];
  readonly initializers: readonly Initializer[];
};

type Opsets = Readonly<Record<string, number>>;

/** The ModelProto of a graph; the same graph gives the same bytes. */
export function encodeModel(graph: Graph, opsets: Opsets, irVersion = 10): Uint8Array {
  const imports = Object.entries(opsets).map(([domain, version]) =>
    bytes(8, [...text(1, domain), ...integer(2, version)]),
  );
  return Uint8Array.from([
    ...integer(1, irVersion),
    ...text(2, "rampa"),
    ...bytes(7, encodeGraph(graph)),
    ...imports.flat(),
  ]);
}

function encodeGraph({ name, inputs, outputs, nodes, initializers }: Graph): number[] {
  return [
    ...nodes.flatMap((node) => bytes(1, encodeNode(node))),
    ...text(2, name),
    ...initializers.flatMap((each) => bytes(5, encodeInitializer(each))),
    ...inputs.flatMap((each) => bytes(11, encodeValueInfo(each))),
    ...outputs.flatMap((each) => bytes(12, encodeValueInfo(each))),
  ];
}

function encodeNode({ op, inputs, outputs, attributes = {}, domain }: Node): number[] {
  return [
    ...inputs.flatMap((name) => text(1, name)),
    ...outputs.flatMap((name) => text(2, name)),
    ...text(4, op),
    ...Object.entries(attributes).flatMap(([name, value]) => bytes(5, encodeAttribute(name, value))),
    ...(domain === undefined ? [] : text(7, domain)),
  ];
}

const ATTRIBUTE = { float: 1, int: 2, string: 3, ints: 7 } as const;

function encodeAttribute(name: string, value: Attribute): number[] {
  const type = (kind: keyof typeof ATTRIBUTE): number[] => integer(20, ATTRIBUTE[kind]);
  const head = text(1, name);
  if (typeof value === "number") return [...head, ...float(2, value), ...type("float")];
  if (typeof value === "bigint") return [...head, ...integer(3, value), ...type("int")];
  if (typeof value === "string") return [...head, ...text(4, value), ...type("string")];
  return [...head, ...value.flatMap((each) => integer(8, each)), ...type("ints")];
}

function encodeInitializer({ name, type, shape, values }: Initializer): number[] {
  const head = [
    ...shape.flatMap((size) => integer(1, size)),
    ...integer(2, DATA_TYPES[type]),
    ...text(8, name),
  ];
  if (values instanceof Uint8Array) return [...head, ...bytes(9, values)];
  const entries = Object.entries(values).flatMap(([key, value]) =>
    bytes(13, [...text(1, key), ...text(2, String(value))]),
  );
  return [...head, ...entries, ...integer(14, 1)];
}

function encodeValueInfo({ name, type, shape }: ValueInfo): number[] {
  const sizes = shape.flatMap((size) =>
    bytes(1, typeof size === "number" ? integer(1, size) : text(2, size)),
  );
  const tensor = [...integer(1, DATA_TYPES[type]), ...bytes(2, sizes)];
  return [...text(1, name), ...bytes(2, bytes(1, tensor))];
}

const text = (field: number, value: string): number[] => bytes(field, new TextEncoder().encode(value));

function bytes(field: number, content: ArrayLike<number>): number[] {
  return [...varint(BigInt((field << 3) | 2)), ...varint(BigInt(content.length)), ...Array.from(content)];
}

function integer(field: number, value: number | bigint): number[] {
  return [...varint(BigInt(field << 3)), ...varint(BigInt.asUintN(64, BigInt(value)))];
}

function float(field: number, value: number): number[] {
  return [...varint(BigInt((field << 3) | 5)), ...new Uint8Array(Float32Array.of(value).buffer)];
}

function varint(value: bigint): number[] {
  const low = Number(value & 0x7fn);
  const rest = value >> 7n;
  return rest === 0n ? [low] : [low | 0x80, ...varint(rest)];
}
