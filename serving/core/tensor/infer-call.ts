// An inference request of the Open Inference Protocol: checked against the model, every problem at once.
import type { InferRequest } from "../../contract/inference.ts";
import { type InferRequestBody, inferRequest, type RequestInput } from "../../contract/open-inference.ts";
import { faults } from "../../contract/openai/fault.ts";
import { printPath } from "../../contract/openai/request-fields.ts";
import type { ModelTensors, Tensor, TensorInfo } from "../../contract/tensor.ts";
import type { Decoded } from "../chat/decoded.ts";
import { fromBinary, fromJson } from "./datatypes.ts";

export type OutputChoice = { readonly name: string; readonly isBinary: boolean };

export type InferCall = {
  readonly id: string | undefined;
  readonly request: InferRequest;
  readonly outputs: readonly OutputChoice[];
};

export type InferBody = {
  /** The parsed JSON. */
  readonly json: unknown;
  /** What follows the JSON: the binary tensors in the order of the inputs. */
  readonly binary: Uint8Array;
  readonly tensors: ModelTensors;
  /** Most values of one tensor. */
  readonly elementLimit: number;
};

type Problem = { readonly path: string; readonly text: string };

const MOST_PROBLEMS = 20;

export function toInferCall(body: InferBody): Decoded<InferCall> {
  const parsed = inferRequest.safeParse(body.json);
  if (!parsed.success) {
    return refuse(
      parsed.error.issues.map((issue) => ({
        path: printPath(issue.path),
        text: issue.message.replace(/^Invalid input: /, ""),
      })),
    );
  }
  const { data } = parsed;
  const inputs = decodeInputs(data, body);
  const outputs = chooseOutputs(data, body.tensors.outputs);
  const problems = [...inputs.problems, ...outputs.problems];
  if (problems.length > 0) return refuse(problems);
  const request = { inputs: inputs.found, outputs: outputs.found.map(({ name }) => name) };
  return { ok: true, value: { id: data.id, request, outputs: outputs.found } };
}

function refuse(problems: readonly Problem[]): Decoded<never> {
  const [first] = problems;
  const lines = problems
    .slice(0, MOST_PROBLEMS)
    .map(({ path, text }) => (path === "" ? text : `${path}: ${text}`));
  const left = problems.length - lines.length;
  const message = left > 0 ? [...lines, `and ${left} more`] : lines;
  return {
    ok: false,
    fault: faults.invalidField(first?.path.split(" ")[0] || null, "invalid_value", message.join("; ")),
  };
}

type Found<T> = { readonly found: readonly T[]; readonly problems: readonly Problem[] };

function decodeInputs({ inputs }: InferRequestBody, body: InferBody): Found<Tensor> {
  const found: Tensor[] = [];
  const problems: Problem[] = [];
  const sizes = new Map<string, number>();
  let at = 0;
  for (const [index, input] of inputs.entries()) {
    const path = `inputs[${index}]`;
    const info = body.tensors.inputs.find(({ name }) => name === input.name);
    const isRepeated = inputs.findIndex(({ name }) => name === input.name) < index;
    const wrong = isRepeated ? "given twice" : checkInput(input, info, { sizes, limit: body.elementLimit });
    const from = at;
    at += binarySize(input) ?? 0;
    const decoded =
      wrong === undefined
        ? decodeValues(input, body.binary.subarray(from, at))
        : { ok: false as const, problem: wrong };
    if (decoded.ok) found.push({ ...input, values: decoded.values });
    else problems.push({ path: `${path} (${shorten(input.name)})`, text: decoded.problem });
  }
  return {
    found,
    problems: [...problems, ...findMissing(inputs, body.tensors), ...findRest(at, body.binary)],
  };
}

function findMissing(given: readonly RequestInput[], { inputs }: ModelTensors): Problem[] {
  const missing = inputs.filter(({ name }) => !given.some((input) => input.name === name));
  return missing.map(({ name, datatype, shape }) => ({
    path: "inputs",
    text: `missing ${name} (${datatype} ${printShape(shape)})`,
  }));
}

function findRest(used: number, binary: Uint8Array): Problem[] {
  if (used === binary.length) return [];
  return [{ path: "", text: `got ${binary.length} bytes of binary data, the inputs say ${used}` }];
}

type Bounds = { readonly sizes: Map<string, number>; readonly limit: number };

function checkInput(input: RequestInput, info: TensorInfo | undefined, bounds: Bounds): string | undefined {
  const { shape, datatype } = input;
  if (info === undefined) return "no input of this model";
  if (datatype !== info.datatype) return `got ${datatype}, want ${info.datatype}`;
  const fits =
    shape.length === info.shape.length &&
    info.shape.every((want, axis) => fitsSize(want, shape[axis] ?? 0, bounds.sizes));
  if (!fits) return `got shape ${printShape(shape)}, want ${printShape(info.shape)}${inWords(info, bounds)}`;
  const count = countOf(shape);
  return count > bounds.limit ? `${count} values, more than ${bounds.limit}` : undefined;
}

/** A name is bound to the first size that it meets; all others have to equal it. */
function fitsSize(want: number | string, got: number, sizes: Map<string, number>): boolean {
  if (typeof want === "number") return got === want;
  if (want === "") return true;
  const bound = sizes.get(want) ?? got;
  sizes.set(want, bound);
  return bound === got;
}

function inWords({ shape }: TensorInfo, { sizes }: Bounds): string {
  const bound = shape.flatMap((size) =>
    typeof size === "string" && sizes.has(size) ? [`${size} = ${sizes.get(size)}`] : [],
  );
  return bound.length === 0 ? "" : ` with ${bound.join(", ")}`;
}

function decodeValues(input: RequestInput, binary: Uint8Array): ReturnType<typeof fromJson> {
  const count = countOf(input.shape);
  const size = input.parameters?.binary_data_size;
  if (size === undefined)
    return input.data === undefined
      ? { ok: false, problem: "neither `data` nor `parameters.binary_data_size`" }
      : fromJson(input.datatype, input.data, count);
  if (input.data !== undefined)
    return { ok: false, problem: "both `data` and `parameters.binary_data_size`" };
  const wanted = binarySize(input);
  if (wanted === undefined)
    return { ok: false, problem: "`parameters.binary_data_size` is no whole number from 0 up" };
  if (wanted !== binary.length)
    return { ok: false, problem: `got ${binary.length} bytes of binary data, want ${wanted}` };
  return fromBinary(input.datatype, binary, count);
}

function binarySize({ parameters }: RequestInput): number | undefined {
  const size = parameters?.binary_data_size;
  return typeof size === "number" && Number.isSafeInteger(size) && size >= 0 ? size : undefined;
}

function chooseOutputs(
  { outputs, parameters }: InferRequestBody,
  infos: readonly TensorInfo[],
): Found<OutputChoice> {
  const allBinary = parameters?.binary_data_output === true;
  if (outputs === undefined || outputs.length === 0)
    return { found: infos.map(({ name }) => ({ name, isBinary: allBinary })), problems: [] };
  const problems = outputs.flatMap(({ name, parameters: own }, index) => {
    const path = `outputs[${index}]`;
    if (!infos.some((info) => info.name === name))
      return [{ path, text: `no output of this model: it has ${infos.map((info) => info.name).join(", ")}` }];
    if (outputs.findIndex((other) => other.name === name) < index) return [{ path, text: "asked for twice" }];
    return own?.classification === undefined
      ? []
      : [{ path, text: "no classification here: take the values" }];
  });
  const found = outputs.map(({ name, parameters: own }) => ({
    name,
    isBinary: typeof own?.binary_data === "boolean" ? own.binary_data : allBinary,
  }));
  return { found, problems };
}

const countOf = (shape: readonly number[]): number => shape.reduce((count, size) => count * size, 1);

const printShape = (shape: readonly (number | string)[]): string =>
  `[${shape.map((size) => (size === "" ? "any" : size)).join(", ")}]`;

const shorten = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}…` : text);
