// The few calls the command makes to the gateway, with plain fetch so that any OpenAI server would answer them.
import { z } from "zod";
import { parseJson } from "../local/parse-json.ts";
import { CliError, type CliErrorCode } from "./cli-error.ts";
import { readServerEvents } from "./server-events.ts";

export type Access = { readonly baseUrl: string; readonly key: string };

export type ChatCall = {
  readonly model: string;
  readonly messages: readonly { readonly role: "system" | "user" | "assistant"; readonly content: string }[];
  readonly maxTokens?: number;
  /** Asks for one version in place of the weighted choice. */
  readonly version?: string;
  readonly deadlineMs?: number;
};

export type ChatAnswer = { readonly text: string; readonly version?: string; readonly requestId?: string };

export const VERSION_HEADER = "x-rampa-version";
const DEFAULT_DEADLINE_MS = 600_000;

const chunkSchema = z.object({
  choices: z.array(z.object({ delta: z.object({ content: z.string().nullish() }).optional() })).default([]),
  error: z.object({ message: z.string() }).optional(),
});
const faultSchema = z.object({ error: z.object({ message: z.string() }) });

/** What a gateway answers while it finds no server that is ready. */
const UNAVAILABLE = [502, 503];

/** Streams one answer, handing on each piece as it comes; rejects with `cli.endpoint-unavailable` or `cli.answer-failed`. */
export async function streamChat(
  access: Access,
  call: ChatCall,
  onText: (text: string) => void,
): Promise<ChatAnswer> {
  const response = await post(access, call);
  if (!response.ok || response.body === null) throw await toFailure(response);
  let text = "";
  for await (const data of readServerEvents(response.body)) {
    if (data === "[DONE]") break;
    const chunk = chunkSchema.parse(JSON.parse(data));
    if (chunk.error) throw answerFailed(chunk.error.message);
    const piece = chunk.choices[0]?.delta?.content ?? "";
    text += piece;
    onText(piece);
  }
  const version = response.headers.get(VERSION_HEADER);
  const requestId = response.headers.get("x-request-id");
  return { text, ...(version && { version }), ...(requestId && { requestId }) };
}

/** The gateway's own readiness; false when nothing answers within the deadline. */
export async function isGatewayReady(baseUrl: string, deadlineMs = 3_000): Promise<boolean> {
  try {
    const response = await fetch(new URL("/readyz", baseUrl), { signal: AbortSignal.timeout(deadlineMs) });
    await response.body?.cancel();
    return response.ok;
  } catch (error) {
    if (error instanceof TypeError || (error instanceof Error && error.name === "TimeoutError")) return false;
    throw error;
  }
}

async function post(access: Access, call: ChatCall): Promise<Response> {
  const body = {
    model: call.model,
    messages: call.messages,
    stream: true,
    ...(call.maxTokens !== undefined && { max_tokens: call.maxTokens }),
  };
  try {
    return await fetch(`${access.baseUrl}/chat/completions`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${access.key}`,
        "content-type": "application/json",
        ...(call.version && { [VERSION_HEADER]: call.version }),
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(call.deadlineMs ?? DEFAULT_DEADLINE_MS),
    });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new CliError(
      "cli.gateway-unreachable",
      `nothing answers at ${access.baseUrl}`,
      "npm run rampa -- status",
    );
  }
}

async function toFailure(response: Response): Promise<CliError> {
  const body = await response.text();
  const fault = faultSchema.safeParse(parseJson(body)).data;
  const reason = `HTTP ${response.status}: ${fault?.error.message ?? body.slice(0, 200)}`;
  const isUnavailable = UNAVAILABLE.includes(response.status);
  return answerFailed(reason, isUnavailable ? "cli.endpoint-unavailable" : "cli.answer-failed");
}

function answerFailed(reason: string, code: CliErrorCode = "cli.answer-failed"): CliError {
  return new CliError(code, reason, "npm run rampa -- logs gateway");
}
