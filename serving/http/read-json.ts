// Reads a request body whole, within limits of bytes and depth, and parses it once.
import type { IncomingMessage } from "node:http";
import { faults, type OpenAiFault } from "../contract/openai/fault.ts";
import type { Exchange } from "./exchange.ts";
import { isDeeperThan } from "./json-depth.ts";

export type BodyLimits = { readonly bodyBytes: number; readonly jsonDepth: number };

export type JsonBody =
  | {
      readonly ok: true;
      /** The body as it was received, to be passed on unchanged. */
      readonly bytes: Buffer;
      readonly value: unknown;
    }
  | { readonly ok: false; readonly fault: OpenAiFault };

type Bytes =
  | { readonly ok: true; readonly bytes: Buffer }
  | { readonly ok: false; readonly fault: OpenAiFault };

export async function readJson(exchange: Exchange, limits: BodyLimits): Promise<JsonBody> {
  const body = await readBody(exchange, limits);
  return body.ok ? parseJson(body.bytes, limits) : body;
}

/** The whole body as it came. */
export async function readBody(exchange: Exchange, limits: Pick<BodyLimits, "bodyBytes">): Promise<Bytes> {
  const bytes = await readBytes(exchange.request, limits.bodyBytes);
  if (bytes === "too large") {
    exchange.closeAfterAnswer();
    return { ok: false, fault: faults.bodyTooLarge(limits.bodyBytes) };
  }
  return bytes === "broken off" ? { ok: false, fault: faults.badHttp() } : { ok: true, bytes };
}

export function parseJson(bytes: Buffer, limits: Pick<BodyLimits, "jsonDepth">): JsonBody {
  if (isDeeperThan(limits.jsonDepth, bytes)) return { ok: false, fault: faults.tooDeep(limits.jsonDepth) };
  try {
    return { ok: true, bytes, value: JSON.parse(bytes.toString("utf8")) };
  } catch (error) {
    // The parser's message quotes the body, so it must not travel into an answer or a log.
    if (error instanceof SyntaxError) return { ok: false, fault: faults.notJson() };
    throw error;
  }
}

function readBytes(request: IncomingMessage, limit: number): Promise<Buffer | "too large" | "broken off"> {
  if (Number(request.headers["content-length"] ?? 0) > limit) return Promise.resolve("too large");
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let received = 0;
    request.on("data", (chunk: Buffer) => {
      received += chunk.length;
      if (received > limit) resolve("too large");
      else chunks.push(chunk);
    });
    request.on("end", () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
    request.on("error", () => resolve("broken off"));
    request.on("close", () => resolve("broken off"));
  });
}
