// Measures the local environment as a user meets it: first up with caches, up and preview without changes, answers. Prints JSON.
import { loadavg } from "node:os";
import { z } from "zod";
import { createLocalEnvironment, type LocalEnvironment } from "../kit/local-environment.ts";
import type { LoadTarget } from "../kit/steady-load.ts";

const up = z.object({ steps: z.array(z.object({ title: z.string(), seconds: z.number() })) });
const TOKENS = 64;

async function main(): Promise<void> {
  const environment = createLocalEnvironment(18_089);
  try {
    const measured = {
      ...(await measureUps(environment)),
      ...(await measureAnswers(await environment.loadTarget())),
    };
    process.stdout.write(`${JSON.stringify({ ...measured, loadAverage: loadavg()[0] }, null, 2)}\n`);
  } finally {
    await environment.remove();
  }
}

async function measureUps(environment: LocalEnvironment): Promise<object> {
  const first = await timed(() => environment.rampaJson(up, "up"));
  const unchanged = await timed(() => environment.rampaJson(up, "up"));
  const preview = await timed(() => environment.rampaJson(z.unknown(), "preview"));
  return {
    firstUpSeconds: first.seconds,
    firstUpSteps: Object.fromEntries(first.value.steps.map(({ title, seconds }) => [title, round(seconds)])),
    unchangedUpSeconds: unchanged.seconds,
    previewSeconds: preview.seconds,
  };
}

/** Through forwarder, gateway and model server, all versions taking part by their weights. */
async function measureAnswers(target: LoadTarget): Promise<object> {
  await readStream(target);
  const alone = await readStream(target);
  const started = performance.now();
  const eight = await Promise.all(Array.from({ length: 8 }, () => readStream(target)));
  const tokens = eight.reduce((sum, stream) => sum + stream.tokens, 0);
  return {
    firstTokenMs: round(alone.firstTokenMs),
    tokensPerSecondAlone: round((alone.tokens / alone.totalMs) * 1000),
    tokensPerSecondOfEight: round((tokens / (performance.now() - started)) * 1000),
  };
}

async function readStream(
  target: LoadTarget,
): Promise<{ firstTokenMs: number; totalMs: number; tokens: number }> {
  const started = performance.now();
  const response = await fetch(`${target.baseUrl}/chat/completions`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${target.key}`,
      "content-type": "application/json",
      "x-rampa-version": "1.0.0",
    },
    body: JSON.stringify({
      model: target.model,
      messages: [{ role: "user", content: "Tell a story." }],
      max_tokens: TOKENS,
      stream: true,
      stream_options: { include_usage: true },
    }),
    signal: AbortSignal.timeout(120_000),
  });
  if (!response.ok || response.body === null) throw new Error(`the gateway answered ${response.status}`);
  let firstTokenMs: number | undefined;
  let text = "";
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (/"content":"[^"]/.test(text)) firstTokenMs ??= performance.now() - started;
  }
  const tokens = Number(/"completion_tokens":(\d+)/.exec(text)?.[1]);
  return { firstTokenMs: firstTokenMs ?? Number.NaN, totalMs: performance.now() - started, tokens };
}

async function timed<T>(work: () => Promise<T>): Promise<{ value: T; seconds: number }> {
  const started = performance.now();
  const value = await work();
  return { value, seconds: round((performance.now() - started) / 1000) };
}

const round = (value: number): number => Math.round(value * 10) / 10;

await main();
