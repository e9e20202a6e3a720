// The Open Inference Protocol of an inference server: its metadata, the model's, readiness, and infer.
import {
  JSON_LENGTH_HEADER,
  type ModelMetadata,
  OPEN_INFERENCE_ROOT,
  SERVER_METADATA,
} from "../../contract/open-inference.ts";
import { faults, type OpenAiFault } from "../../contract/openai/fault.ts";
import type { TensorInfo } from "../../contract/tensor.ts";
import { encodeAnswer } from "../../core/tensor/encode-answer.ts";
import { toInferCall } from "../../core/tensor/infer-call.ts";
import { type ModelPath, parseModelPath } from "../../core/tensor/model-path.ts";
import type { InferenceEngine } from "../../ports.ts";
import type { Exchange } from "../exchange.ts";
import { parseJson, readBody } from "../read-json.ts";
import type { Route } from "../server.ts";
import { type Answer, answerInference, type InferenceServing, refused } from "./answer-inference.ts";

const MODELS = `${OPEN_INFERENCE_ROOT}/models/*`;

export function openInferenceRoutes(serving: InferenceServing): readonly Route[] {
  return [
    { method: "GET", path: OPEN_INFERENCE_ROOT, handle: (exchange) => exchange.json(200, SERVER_METADATA) },
    { method: "GET", path: MODELS, handle: (exchange) => describe(exchange, serving) },
    {
      method: "POST",
      path: MODELS,
      handle: (exchange) =>
        answerInference(exchange, serving, { operation: "infer", answer: () => infer(exchange, serving) }),
    },
  ];
}

/** The path, where it names this server's model. */
function findModel(exchange: Exchange, { endpoint, version }: InferenceServing): ModelPath | OpenAiFault {
  const method = exchange.request.method ?? "GET";
  const path = parseModelPath(method, exchange.path);
  if (path === undefined) return faults.unknownUrl(method, exchange.path);
  if (path.model !== endpoint) return faults.modelNotFound(path.model);
  if (path.version !== undefined && path.version !== version)
    return faults.modelVersionNotFound(path.version);
  return path;
}

function describe(exchange: Exchange, serving: InferenceServing): void {
  const path = findModel(exchange, serving);
  const engine = serving.engine();
  if (!("action" in path)) exchange.refuse(path);
  else if (engine === undefined) exchange.refuse(faults.notReady());
  else if (path.action === "ready") exchange.json(200, { name: serving.endpoint, ready: true });
  else exchange.json(200, toMetadata(engine, serving));
}

function toMetadata(engine: InferenceEngine, { endpoint, version }: InferenceServing): ModelMetadata {
  const { inputs, outputs } = engine.status().tensors;
  const toTensor = ({ name, datatype, shape }: TensorInfo) => ({
    name,
    datatype,
    shape: shape.map((size) => (typeof size === "number" ? size : -1)),
  });
  return {
    name: endpoint,
    versions: [version],
    platform: "onnxruntime_onnx",
    inputs: inputs.map(toTensor),
    outputs: outputs.map(toTensor),
  };
}

async function infer(exchange: Exchange, serving: InferenceServing): Promise<Answer> {
  const path = findModel(exchange, serving);
  if (!("action" in path)) return refused(path);
  const body = await readBody(exchange, serving.limits);
  if (!body.ok) return body;
  const parts = splitBody(body.bytes, exchange.header(JSON_LENGTH_HEADER));
  if (parts === undefined) return refused(wrongLength(body.bytes.length));
  const json = parseJson(parts.json, serving.limits);
  if (!json.ok) return json;
  const engine = serving.engine();
  if (engine === undefined) return refused(faults.notReady());
  const { tensors } = engine.status();
  const { elementLimit } = serving;
  const call = toInferCall({ json: json.value, binary: parts.binary, tensors, elementLimit });
  if (!call.ok) return call;
  const outputs = await engine.infer(call.value.request, exchange.signal);
  const answer = encodeAnswer({ model: serving.endpoint, version: serving.version }, call.value, outputs);
  if (!answer.ok) return answer;
  send(exchange, answer.value);
  const elements = call.value.request.inputs.reduce((sum, { values }) => sum + values.length, 0);
  return { ok: true, figures: { elements } };
}

type BodyParts = { readonly json: Buffer; readonly binary: Buffer };

/** Undefined where the header is no length within the body. */
function splitBody(bytes: Buffer, header: string | undefined): BodyParts | undefined {
  if (header === undefined) return { json: bytes, binary: Buffer.alloc(0) };
  const length = /^\d{1,15}$/.test(header) ? Number(header) : Number.NaN;
  if (!(length <= bytes.length)) return undefined;
  return { json: bytes.subarray(0, length), binary: bytes.subarray(length) };
}

const wrongLength = (length: number): OpenAiFault =>
  faults.invalidField(
    JSON_LENGTH_HEADER,
    "invalid_value",
    `The header ${JSON_LENGTH_HEADER} is no whole number up to the body's ${length} bytes.`,
  );

function send(exchange: Exchange, { json, binary }: { json: string; binary: readonly Uint8Array[] }): void {
  const head = Buffer.from(json);
  if (binary.length === 0) exchange.send(200, head, { "content-type": "application/json" });
  else {
    exchange.send(200, Buffer.concat([head, ...binary]), {
      "content-type": "application/octet-stream",
      [JSON_LENGTH_HEADER]: head.length,
    });
  }
}
