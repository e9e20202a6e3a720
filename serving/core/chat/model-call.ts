// From a checked OpenAI request to what the engine is asked: defaults, and the rules that span several fields.
import type {
  AnswerFormat,
  ChatMessage,
  GenerateRequest,
  Prompt,
  Sampling,
} from "../../contract/generation.ts";
import type { ChatRequest } from "../../contract/openai/chat.ts";
import type { CompletionRequest } from "../../contract/openai/completions.ts";
import { faults, type OpenAiFault } from "../../contract/openai/fault.ts";
import type { Decoded } from "./decoded.ts";
import { toGrammarSchema } from "./grammar-schema.ts";

export type ModelCall = {
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly stop: readonly string[];
  /** Put before the answer (completions with `echo`). */
  readonly echo: string;
  readonly request: GenerateRequest;
};

/** Bounds the work of sampling: the tail behind the 40 best tokens hardly ever matters, and sorting it halves the speed. */
const DEFAULT_TOP_K = 40;
/** OpenAI's default for the older endpoint. */
const DEFAULT_COMPLETION_TOKENS = 16;
const SEEDS = 2 ** 32;

export function toChatCall(request: ChatRequest): Decoded<ModelCall> {
  const fault =
    refuseStop(request) ?? refuseStreamOptions(request) ?? refuseTools(request) ?? refuseLogprobs(request);
  if (fault !== undefined) return { ok: false, fault };
  const format = toFormat(request.response_format);
  if (!format.ok) return format;
  const messages = request.messages.map(toMessage);
  return {
    ok: true,
    value: {
      ...toDelivery(request),
      echo: "",
      request: {
        prompt: { kind: "chat", messages },
        maxTokens: request.max_completion_tokens ?? request.max_tokens,
        sampling: toSampling(request),
        format: format.value,
        topLogprobs: request.logprobs === true ? (request.top_logprobs ?? 0) : undefined,
      },
    },
  };
}

export function toCompletionCall(request: CompletionRequest): Decoded<ModelCall> {
  const prompt = toPrompt(request.prompt);
  const fault = refuseStop(request) ?? refuseStreamOptions(request) ?? refuseEcho(request, prompt);
  if (fault !== undefined) return { ok: false, fault };
  return {
    ok: true,
    value: {
      ...toDelivery(request),
      echo: request.echo === true && prompt.kind === "text" ? prompt.text : "",
      request: {
        prompt,
        maxTokens: request.max_tokens ?? DEFAULT_COMPLETION_TOKENS,
        sampling: toSampling(request),
        format: { kind: "text" },
        topLogprobs: request.logprobs,
      },
    },
  };
}

type SharedFields = Pick<ChatRequest, "stop" | "stream" | "stream_options"> & SamplingFields;
type SamplingFields = Pick<
  ChatRequest,
  | "temperature"
  | "top_p"
  | "top_k"
  | "min_p"
  | "seed"
  | "frequency_penalty"
  | "presence_penalty"
  | "logit_bias"
>;

function toDelivery(request: SharedFields): Pick<ModelCall, "stream" | "includeUsage" | "stop"> {
  return {
    stream: request.stream ?? false,
    includeUsage: request.stream_options?.include_usage ?? false,
    stop: stopsOf(request),
  };
}

function toSampling(request: SamplingFields): Sampling {
  return {
    temperature: request.temperature ?? 1,
    topP: request.top_p ?? 1,
    topK: request.top_k ?? DEFAULT_TOP_K,
    minP: request.min_p ?? 0,
    seed: request.seed === undefined ? undefined : toSeed(request.seed),
    frequencyPenalty: request.frequency_penalty ?? 0,
    presencePenalty: request.presence_penalty ?? 0,
    logitBias: Object.entries(request.logit_bias ?? {}).map(([id, bias]) => ({ tokenId: Number(id), bias })),
  };
}

/** Any whole number is a legal seed in OpenAI's API; the engine takes 32 bits. */
function toSeed(seed: number): number {
  return ((seed % SEEDS) + SEEDS) % SEEDS;
}

function toMessage(message: ChatRequest["messages"][number]): ChatMessage {
  const { role, content, name } = message;
  const text = typeof content === "string" ? content : (content ?? []).map((part) => part.text).join("");
  // `developer` is OpenAI's newer word for `system`; templates know only the older one.
  const plain = { role: role === "developer" ? "system" : role, content: text } as const;
  return name === undefined || name === null ? plain : { ...plain, name };
}

function toPrompt(given: CompletionRequest["prompt"]): Prompt {
  if (typeof given === "string") return { kind: "text", text: given };
  const tokens = given.filter((item) => typeof item === "number");
  return tokens.length > 0 ? { kind: "tokens", tokens } : { kind: "text", text: given.join("") };
}

function toFormat(format: ChatRequest["response_format"]): Decoded<AnswerFormat> {
  if (format?.type === "json_object") return { ok: true, value: { kind: "json" } };
  if (format?.type !== "json_schema") return { ok: true, value: { kind: "text" } };
  const schema = toGrammarSchema(format.json_schema.schema, "response_format.json_schema.schema");
  return schema.ok ? { ok: true, value: { kind: "jsonSchema", schema: schema.value } } : schema;
}

function stopsOf(request: Pick<SharedFields, "stop">): readonly string[] {
  return typeof request.stop === "string" ? [request.stop] : (request.stop ?? []);
}

function refuseStop(request: SharedFields): OpenAiFault | undefined {
  if (!stopsOf(request).includes("")) return undefined;
  return faults.invalidField(
    "stop",
    "invalid_value",
    "Invalid value for 'stop': an empty string would stop every answer.",
  );
}

function refuseStreamOptions(request: SharedFields): OpenAiFault | undefined {
  if (request.stream_options === undefined || request.stream === true) return undefined;
  return faults.invalidField(
    "stream_options",
    "invalid_value",
    "The 'stream_options' parameter is only allowed when 'stream' is true.",
  );
}

/** Ignoring tools would give an answer that looks as if the model had chosen not to call one. */
function refuseTools(request: ChatRequest): OpenAiFault | undefined {
  if (!request.tools?.length || request.tool_choice === "none") return undefined;
  return faults.invalidField(
    "tools",
    "unsupported_parameter",
    "Unsupported parameter: 'tools' is not supported by this model.",
  );
}

function refuseLogprobs(request: ChatRequest): OpenAiFault | undefined {
  const wanted = request.logprobs === true;
  if (request.top_logprobs !== undefined && !wanted) {
    return faults.invalidField(
      "top_logprobs",
      "invalid_value",
      "The 'top_logprobs' parameter is only allowed when 'logprobs' is true.",
    );
  }
  const isText = request.response_format === undefined || request.response_format.type === "text";
  if (!wanted || isText) return undefined;
  return faults.invalidField(
    "logprobs",
    "unsupported_value",
    "Unsupported value: 'logprobs' cannot be combined with a JSON 'response_format'.",
  );
}

function refuseEcho(request: CompletionRequest, prompt: Prompt): OpenAiFault | undefined {
  if (request.echo !== true || prompt.kind === "text") return undefined;
  return faults.invalidField(
    "echo",
    "unsupported_value",
    "Unsupported value: 'echo' needs a prompt given as a string.",
  );
}
