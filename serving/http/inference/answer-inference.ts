// One inference request from arrival to its log line: what the endpoint does is handed in, faults and figures are shared.
import type { OpenAiFault } from "../../contract/openai/fault.ts";
import type { InferenceEngine, Log } from "../../ports.ts";
import type { Exchange } from "../exchange.ts";
import { outcomeOfFault, toEngineFault } from "../model/engine-failure.ts";
import type { BodyLimits } from "../read-json.ts";
import type { InferenceMetrics, InferenceOperation, InferenceOutcome } from "./inference-metrics.ts";

export type InferenceServing = {
  readonly endpoint: string;
  readonly version: string;
  readonly limits: BodyLimits;
  /** Most values of one input tensor. */
  readonly elementLimit: number;
  readonly log: Log;
  readonly metrics: InferenceMetrics;
  /** Undefined until the graph is loaded. */
  readonly engine: () => InferenceEngine | undefined;
  /** Told when the engine fails in a way nobody expects. */
  readonly onEngineError: () => void;
};

/** What the log line says besides: sizes, never contents. */
export type Figures = {
  /** Texts of an embeddings request, values of all input tensors. */
  readonly texts?: number;
  readonly tokens?: number;
  readonly elements?: number;
};

export type Answer =
  | { readonly ok: true; readonly figures: Figures }
  | { readonly ok: false; readonly fault: OpenAiFault };

export const refused = (fault: OpenAiFault): Answer => ({ ok: false, fault });

export async function answerInference(
  exchange: Exchange,
  serving: InferenceServing,
  { operation, answer }: { readonly operation: InferenceOperation; readonly answer: () => Promise<Answer> },
): Promise<void> {
  const result = await answer().catch((error: unknown): Answer | undefined => {
    if (exchange.abortReason !== undefined) return undefined;
    return refused(toEngineFault(error, exchange, serving));
  });
  if (result?.ok === false) exchange.refuse(result.fault);
  settle(exchange, serving, { operation, result });
}

type Settled = { readonly operation: InferenceOperation; readonly result: Answer | undefined };

function settle(exchange: Exchange, serving: InferenceServing, { operation, result }: Settled): void {
  const durationMs = performance.now() - exchange.startedAt;
  const fault = result?.ok === false ? result.fault : undefined;
  const figures = result?.ok === true ? result.figures : {};
  const outcome = outcomeOf(exchange, fault, result);
  const errorCode = fault?.code ?? undefined;
  serving.metrics.observe({ operation, outcome, errorCode, durationMs, tokens: figures.tokens });
  serving.log.info(
    {
      requestId: exchange.requestId,
      endpoint: serving.endpoint,
      version: serving.version,
      operation,
      outcome,
      status: fault?.status ?? 200,
      errorCode,
      latencyMs: Math.round(durationMs * 10) / 10,
      ...figures,
      rssBytes: process.memoryUsage.rss(),
    },
    "request",
  );
}

function outcomeOf(
  exchange: Exchange,
  fault: OpenAiFault | undefined,
  result: Answer | undefined,
): InferenceOutcome {
  if (result === undefined || exchange.abortReason !== undefined) return "aborted";
  return fault === undefined ? "ok" : outcomeOfFault(fault);
}
