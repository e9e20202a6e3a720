// One request from its body to the last byte of its answer: decode, generate, encode, account.
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { faults, type OpenAiFault } from "../../contract/openai/fault.ts";
import type { FinishReason, Usage } from "../../contract/openai/usage.ts";
import { type TokenReport, toAnswer } from "../../core/chat/answer-events.ts";
import type { Decoded } from "../../core/chat/decoded.ts";
import type { ModelCall } from "../../core/chat/model-call.ts";
import type { Engine, Log } from "../../ports.ts";
import type { Exchange } from "../exchange.ts";
import { type BodyLimits, readJson } from "../read-json.ts";
import type { AnswerEncoder, AnswerHead } from "./answer-encoder.ts";
import { outcomeOfFault, toEngineFault } from "./engine-failure.ts";
import type { ModelMetrics, Outcome } from "./model-metrics.ts";

export type Serving = {
  readonly endpoint: string;
  readonly version: string;
  readonly limits: BodyLimits;
  readonly logPrompts: boolean;
  readonly log: Log;
  readonly metrics: ModelMetrics;
  /** Undefined until the weights are loaded. */
  readonly engine: () => Engine | undefined;
  /** Told when the engine fails in a way nobody expects. */
  readonly onEngineError: () => void;
};

export type Operation = {
  readonly name: "chat" | "text_completion";
  readonly encoder: AnswerEncoder;
  /** Checks the body and decodes it; the fault names the field. */
  readonly decode: (body: unknown) => Decoded<{ readonly model: string; readonly call: ModelCall }>;
};

/** What is known of a request while it runs; the log line and the metrics are made from it. */
type Account = {
  operation: Operation["name"];
  stream: boolean;
  outcome: Outcome;
  fault: OpenAiFault | undefined;
  firstTokenMs: number | undefined;
  made: number;
  usage: Usage | undefined;
  finishReason: FinishReason | undefined;
  prompt: ModelCall["request"]["prompt"] | undefined;
  text: string;
};

export async function answerRequest(
  exchange: Exchange,
  serving: Serving,
  operation: Operation,
): Promise<void> {
  const account = openAccount(operation.name);
  const fault = await answer(exchange, { serving, operation, account }).catch((error: unknown) =>
    toEngineFault(error, exchange, serving),
  );
  if (fault !== undefined) {
    account.fault = fault;
    account.outcome = outcomeOfFault(fault);
    exchange.refuse(fault);
  } else if (exchange.abortReason !== undefined) account.outcome = "aborted";
  settle(exchange, serving, account);
}

type Context = { readonly serving: Serving; readonly operation: Operation; readonly account: Account };

async function answer(
  exchange: Exchange,
  { serving, operation, account }: Context,
): Promise<OpenAiFault | undefined> {
  const body = await readJson(exchange, serving.limits);
  if (!body.ok) return body.fault;
  const decoded = operation.decode(body.value);
  if (!decoded.ok) return decoded.fault;
  const { model, call } = decoded.value;
  if (model !== serving.endpoint) return faults.modelNotFound(model);
  const engine = serving.engine();
  if (engine === undefined) return faults.notReady();
  account.stream = call.stream;
  account.prompt = call.request.prompt;
  const head = {
    id: `${operation.encoder.idPrefix}${randomUUID().replaceAll("-", "")}`,
    created: Math.floor(Date.now() / 1000),
    model: serving.endpoint,
    includeUsage: call.includeUsage,
  };
  const delivery = { exchange, encoder: operation.encoder, head, account };
  const events = toAnswer(call, engine.generate(call.request, exchange.signal));
  const sink = call.stream ? streamSink(delivery) : wholeSink(delivery);
  for await (const event of events) {
    if (exchange.isOver) return undefined;
    if (event.kind === "start") sink.start();
    else if (event.kind === "delta") {
      note(exchange, account, event.text);
      await sink.delta(event.text, event.logprobs);
    } else {
      account.usage = event.usage;
      account.finishReason = event.finishReason;
      sink.end(event.finishReason, event.usage);
    }
  }
  return undefined;
}

type Delivery = {
  readonly exchange: Exchange;
  readonly encoder: AnswerEncoder;
  readonly head: AnswerHead;
  readonly account: Account;
};
type Sink = {
  readonly start: () => void;
  readonly delta: (text: string, logprobs: readonly TokenReport[]) => Promise<void> | void;
  readonly end: (reason: FinishReason, usage: Usage) => void;
};

const STREAM_HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache",
  "x-accel-buffering": "no",
};

function streamSink({ exchange, encoder, head }: Delivery): Sink {
  const { response } = exchange;
  const frame = (value: object): string => `data: ${JSON.stringify(value)}\n\n`;
  return {
    start() {
      response.writeHead(200, STREAM_HEADERS);
      response.flushHeaders();
      for (const value of encoder.start(head)) response.write(frame(value));
    },
    delta(text, logprobs) {
      if (text === "" && logprobs.length === 0) return undefined;
      const hasRoom = response.write(frame(encoder.delta(head, text, logprobs)));
      // A caller that reads slowly slows down its own answer only.
      return hasRoom ? undefined : waitForRoom(exchange);
    },
    end(reason, usage) {
      const last = head.includeUsage ? frame(encoder.usage(head, usage)) : "";
      response.end(`${frame(encoder.finish(head, reason))}${last}data: [DONE]\n\n`);
    },
  };
}

async function waitForRoom(exchange: Exchange): Promise<void> {
  await once(exchange.response, "drain", { signal: exchange.signal }).catch((error: unknown) => {
    if (!exchange.signal.aborted) throw error;
  });
}

function wholeSink({ exchange, encoder, head }: Delivery): Sink {
  let whole = "";
  const reports: TokenReport[] = [];
  return {
    start: () => undefined,
    delta(text, logprobs) {
      whole += text;
      reports.push(...logprobs);
    },
    end(finishReason, usage) {
      exchange.json(200, encoder.whole(head, { text: whole, logprobs: reports, finishReason, usage }));
    },
  };
}

function openAccount(operation: Operation["name"]): Account {
  return {
    operation,
    stream: false,
    outcome: "ok",
    fault: undefined,
    firstTokenMs: undefined,
    made: 0,
    usage: undefined,
    finishReason: undefined,
    prompt: undefined,
    text: "",
  };
}

function note(exchange: Exchange, account: Account, text: string): void {
  account.firstTokenMs ??= performance.now() - exchange.startedAt;
  account.made += 1;
  account.text += text;
}

/** One metric observation and one log line; prompt and answer only where the configuration turned them on. */
function settle(exchange: Exchange, serving: Serving, account: Account): void {
  const durationMs = performance.now() - exchange.startedAt;
  const { firstTokenMs, operation, outcome, fault, usage } = account;
  const promptTokens = usage?.prompt_tokens ?? 0;
  const cachedTokens = usage?.prompt_tokens_details?.cached_tokens ?? 0;
  const completionTokens = usage?.completion_tokens ?? account.made;
  const errorCode = fault?.code ?? undefined;
  serving.metrics.observe({
    operation,
    outcome,
    errorCode,
    durationMs,
    firstTokenMs,
    promptTokens,
    cachedTokens,
    completionTokens,
  });
  const generatingMs = firstTokenMs === undefined ? 0 : durationMs - firstTokenMs;
  serving.log.info(
    {
      requestId: exchange.requestId,
      endpoint: serving.endpoint,
      version: serving.version,
      operation,
      outcome,
      status: fault?.status ?? 200,
      errorCode,
      stream: account.stream,
      latencyMs: round(durationMs),
      firstTokenMs: firstTokenMs === undefined ? undefined : round(firstTokenMs),
      promptTokens,
      cachedTokens,
      completionTokens,
      tokensPerSecond:
        completionTokens > 1 && generatingMs > 0
          ? round(((completionTokens - 1) / generatingMs) * 1000)
          : undefined,
      finishReason: account.finishReason,
      rssBytes: process.memoryUsage.rss(),
      ...(serving.logPrompts ? { prompt: account.prompt, answer: account.text } : {}),
    },
    "request",
  );
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
