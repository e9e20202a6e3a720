// The API of OpenAI, as OpenAI, Azure's v1 surface, vLLM, TGI and Ollama speak it: requests pass with another model name.
import type { IncomingHttpHeaders } from "node:http";
import { z } from "zod";
import { replaceEvery } from "../../core/json/json-member.ts";
import type { ProviderError } from "../../core/provider/provider-fault.ts";
import type { Dialect, DialectRequest, EncodedRequest } from "../provider/dialect.ts";

export const openAiDialect: Dialect = { encode, keepHeaders, decodeError };

const USER_AGENT = "rampa-gateway";

/** Of the caller's headers only what says how body and answer are written; organisation and project are the platform's. */
function encode({ operation, headers, body, model }: DialectRequest): EncodedRequest {
  return {
    path: operation,
    headers: [
      ...["content-type", headers["content-type"] ?? "application/json"],
      ...["accept", headers.accept ?? "application/json"],
      ...["user-agent", USER_AGENT],
    ],
    body: replaceEvery(body, "model", model),
  };
}

/** Limits, organisation, cookies and what else tells of the account do not pass. */
const KEPT = [
  "content-type",
  "content-length",
  "content-encoding",
  "cache-control",
  "openai-processing-ms",
] as const;

function keepHeaders(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(
    KEPT.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])),
  );
}

/** Text and numbers alike: some servers send the status as `code`. */
const word = z
  .union([z.string(), z.number().transform(String)])
  .nullish()
  .catch(undefined);
const errorBody = z.union([
  z.object({ error: z.object({ type: word, code: word, param: word, message: word }) }),
  // vLLM's older form and FastAPI's.
  z.object({ message: z.string(), type: word, code: word, param: word }).transform((error) => ({ error })),
  z.object({ error: z.string() }).transform(({ error }) => ({ error: { message: error } })),
  z.object({ detail: z.string() }).transform(({ detail }) => ({ error: { message: detail } })),
]);

function decodeError(body: Buffer): ProviderError {
  const { error = {} } = errorBody.safeParse(parseJson(body)).data ?? {};
  return Object.fromEntries(Object.entries(error).filter(([, value]) => typeof value === "string"));
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
