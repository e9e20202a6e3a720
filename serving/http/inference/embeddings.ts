// POST /v1/embeddings of an inference server.
import type { Embeddings } from "../../contract/inference.ts";
import { type EmbeddingList, embeddingsRequest } from "../../contract/openai/embeddings.ts";
import { faults } from "../../contract/openai/fault.ts";
import { checkBody } from "../../contract/openai/request-fields.ts";
import type { Exchange } from "../exchange.ts";
import { readJson } from "../read-json.ts";
import type { Route } from "../server.ts";
import { type Answer, answerInference, type InferenceServing, refused } from "./answer-inference.ts";

export function embeddingsRoute(serving: InferenceServing): Route {
  return {
    method: "POST",
    path: "/v1/embeddings",
    handle: (exchange) =>
      answerInference(exchange, serving, {
        operation: "embeddings",
        answer: () => answer(exchange, serving),
      }),
  };
}

async function answer(exchange: Exchange, serving: InferenceServing): Promise<Answer> {
  const body = await readJson(exchange, serving.limits);
  if (!body.ok) return body;
  const checked = checkBody(embeddingsRequest, body.value);
  if (!checked.ok) return checked;
  const { model, input, dimensions, encoding_format: format = "float" } = checked.value;
  if (model !== serving.endpoint) return refused(faults.modelNotFound(model));
  const engine = serving.engine();
  if (engine === undefined) return refused(faults.notReady());
  if (engine.embed === undefined) return refused(faults.notEmbedding());
  const size = engine.status().embeddingSize;
  if (dimensions !== undefined && dimensions !== size) return refused(wrongSize(size ?? 0));
  const made = await engine.embed(input, exchange.signal);
  exchange.json(200, encode(model, made, format));
  return { ok: true, figures: { texts: input.length, tokens: made.tokens } };
}

const wrongSize = (size: number) =>
  faults.invalidField(
    "dimensions",
    "invalid_value",
    `Invalid value for 'dimensions': this model's embeddings have ${size} and cannot be shortened.`,
  );

function encode(model: string, { vectors, tokens }: Embeddings, format: "float" | "base64"): EmbeddingList {
  const data = vectors.map((vector, index) => ({
    object: "embedding" as const,
    index,
    embedding: format === "base64" ? toBase64(vector) : Array.from(vector),
  }));
  return { object: "list", data, model, usage: { prompt_tokens: tokens, total_tokens: tokens } };
}

function toBase64({ buffer, byteOffset, byteLength }: Float32Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString("base64");
}
