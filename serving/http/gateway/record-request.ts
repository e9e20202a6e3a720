// One log line and the figures of each request; never the prompt, the answer or the key.

import type { Variant } from "../../core/route/endpoint.ts";
import type { Held } from "../../pipeline/hold.ts";
import type { TokenCounts } from "../../pipeline/usage-tail.ts";
import type { Log, ProviderHead } from "../../ports.ts";
import type { Exchange } from "../exchange.ts";
import type { GatewayMetrics } from "./gateway-metrics.ts";

export type RequestRecord = {
  readonly exchange: Exchange;
  readonly operation: string;
  readonly outcome: string;
  readonly keyId?: string | undefined;
  /** Only a known endpoint: what callers invent must not become a label. */
  readonly endpoint?: string | undefined;
  readonly variant?: Variant | undefined;
  readonly provider?: ProviderHead | undefined;
  readonly attempts?: number;
  readonly firstTokenMs?: number | undefined;
  readonly usage?: TokenCounts | undefined;
  readonly held?: Held | undefined;
};

type Parts = { readonly metrics: GatewayMetrics; readonly log: Log };

export function recordRequest(record: RequestRecord, { metrics, log }: Parts): void {
  const { exchange, operation, outcome, usage, firstTokenMs, held, provider } = record;
  const external = record.variant?.external;
  const latencyMs = performance.now() - exchange.startedAt;
  const msPerToken = averageMsPerToken(usage?.output ?? 0, latencyMs, firstTokenMs);
  metrics.observe({
    operation,
    endpoint: record.endpoint ?? "",
    version: record.variant?.version ?? "",
    provider: external?.provider,
    outcome,
    seconds: latencyMs / 1000,
    firstTokenSeconds: toSeconds(firstTokenMs),
    secondsPerToken: toSeconds(msPerToken),
    inputTokens: usage?.input,
    outputTokens: usage?.output,
    held,
  });
  log.info(
    {
      requestId: exchange.requestId,
      keyId: record.keyId,
      endpoint: record.endpoint,
      version: record.variant?.version,
      variant: record.variant?.id,
      provider: external?.provider,
      providerModel: external?.model,
      providerStatus: provider?.status,
      providerRequestId: provider?.requestId,
      operation,
      outcome,
      status: exchange.response.headersSent ? exchange.response.statusCode : 0,
      attempts: record.attempts,
      latencyMs: round(latencyMs),
      heldMs: held && round(held.ms),
      ttftMs: firstTokenMs === undefined ? undefined : round(firstTokenMs),
      tokensIn: usage?.input,
      tokensOut: usage?.output,
      tokensPerSecond: msPerToken === undefined ? undefined : round(1000 / msPerToken),
      rssBytes: rssBytes(),
    },
    "request",
  );
}

/** Of a stream from its first token on, of a plain answer over the whole request; undefined with too few tokens. */
function averageMsPerToken(
  output: number,
  latencyMs: number,
  firstTokenMs: number | undefined,
): number | undefined {
  if (firstTokenMs === undefined) return output > 0 ? latencyMs / output : undefined;
  return output > 1 && latencyMs > firstTokenMs ? (latencyMs - firstTokenMs) / (output - 1) : undefined;
}

const toSeconds = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms / 1000);

const round = (value: number): number => Math.round(value * 100) / 100;

const RSS_AGE_MS = 1_000;
let rss = { bytes: 0, atMs: -RSS_AGE_MS };

/** Reading it costs a system call, so it is a second old at most. */
function rssBytes(): number {
  const nowMs = performance.now();
  if (nowMs - rss.atMs >= RSS_AGE_MS) rss = { bytes: process.memoryUsage.rss(), atMs: nowMs };
  return rss.bytes;
}
