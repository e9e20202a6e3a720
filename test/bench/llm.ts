// Speed of the model server: one stream, eight streams, first token; against llama.cpp with the same weights and threads. Prints JSON.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { detectThreads } from "../../serving/adapters/llama/read-cgroup.ts";
import { realWeights, startModelServer } from "../serving/model/model-server.ts";

const STREAMS = 8;
const TOKENS = 96;
const ROUNDS = 3;
const FIRST_TOKEN_SAMPLES = 10;
const PEER_TIMEOUT_MS = 5 * 60_000;
const BOUNDS = { shareOfLlamaCpp: 0.8, eightAgainstOne: 2, firstTokenMs: 1_000 };
/** End-of-answer tokens of the benched model are forbidden, so that every stream makes the same number of tokens. */
const NO_END = { "1": -100, "106": -100 };

/** Rounds alternate between the candidates and keep the best, because a shared machine only ever slows one down. */
async function main(): Promise<void> {
  const weights = await realWeights();
  const threads = await detectThreads();
  const best = {
    one: 0,
    eight: 0,
    firstTokenMs: Number.POSITIVE_INFINITY,
    rawOne: 0,
    rawEight: 0,
    peerOne: 0,
    peerEight: 0,
  };
  for (let round = 0; round < ROUNDS; round += 1) {
    const server = await startModelServer({ sequences: STREAMS, threads });
    try {
      best.one = Math.max(best.one, await streamsPerSecond(server.origin, 1));
      best.eight = Math.max(best.eight, await streamsPerSecond(server.origin, STREAMS));
      best.firstTokenMs = Math.min(best.firstTokenMs, await medianFirstTokenMs(server.origin));
    } finally {
      await server.stop();
    }
    const run = (command: string, script: string, streams: number) =>
      runPeer(command, [join(import.meta.dirname, script), weights, `${threads}`, `${streams}`, `${TOKENS}`]);
    best.rawOne = Math.max(best.rawOne, await run(process.execPath, "llm-raw.ts", 1));
    best.rawEight = Math.max(best.rawEight, await run(process.execPath, "llm-raw.ts", STREAMS));
    best.peerOne = Math.max(best.peerOne, await run("python3", "llm-peer.py", 1));
    best.peerEight = Math.max(best.peerEight, await run("python3", "llm-peer.py", STREAMS));
  }
  process.stdout.write(`${JSON.stringify(report(threads, best), null, 2)}\n`);
}

type Best = Readonly<
  Record<"one" | "eight" | "firstTokenMs" | "rawOne" | "rawEight" | "peerOne" | "peerEight", number>
>;

function report(threads: number, best: Best): object {
  const hasPeer = best.peerOne > 0;
  const [baseOne, baseEight] = hasPeer ? [best.peerOne, best.peerEight] : [best.rawOne, best.rawEight];
  const round = (value: number): number => Math.round(value * 100) / 100;
  return {
    threads,
    tokens: TOKENS,
    oneStreamTokensPerSecond: round(best.one),
    eightStreamsTokensPerSecond: round(best.eight),
    eightAgainstOne: round(best.eight / best.one),
    firstTokenMs: round(best.firstTokenMs),
    baseline: hasPeer
      ? "llama-cpp-python"
      : "node-llama-cpp without the server (llama-cpp-python is not installed)",
    baselineOne: round(baseOne),
    baselineEight: round(baseEight),
    shareOfBaselineOne: round(best.one / baseOne),
    shareOfBaselineEight: round(best.eight / baseEight),
    bounds: BOUNDS,
    holds: {
      shareOfLlamaCpp: best.one / baseOne >= BOUNDS.shareOfLlamaCpp,
      eightAgainstOne: best.eight / best.one >= BOUNDS.eightAgainstOne,
      firstToken: best.firstTokenMs <= BOUNDS.firstTokenMs,
    },
  };
}

async function streamsPerSecond(origin: string, streams: number): Promise<number> {
  await askTokens(origin, { max_tokens: 1 });
  const firsts: number[] = [];
  await Promise.all(
    Array.from({ length: streams }, (_, i) =>
      askTokens(origin, {
        max_tokens: TOKENS,
        prompt: `${i}. Once upon a time`,
        onToken: (at) => firsts.push(at),
      }),
    ),
  );
  // From the first token of all to the last one: what generation makes, without the reading of prompts.
  const [first = 0, last = 0] = [firsts[0], firsts.at(-1)];
  return (firsts.length - 1) / ((last - first) / 1000);
}

async function medianFirstTokenMs(origin: string): Promise<number> {
  const samples: number[] = [];
  for (let i = 0; i < FIRST_TOKEN_SAMPLES; i += 1) {
    const startedAt = performance.now();
    await askTokens(origin, {
      max_tokens: 1,
      prompt: `Question ${i}: what is the capital of France?`,
      onToken: (at) => samples.push(at - startedAt),
    });
  }
  return samples.sort((a, b) => a - b)[FIRST_TOKEN_SAMPLES >> 1] ?? Number.POSITIVE_INFINITY;
}

type Ask = { readonly max_tokens: number; readonly prompt?: string; readonly onToken?: (at: number) => void };

async function askTokens(origin: string, { max_tokens, prompt = "Hello", onToken }: Ask): Promise<void> {
  const body = JSON.stringify({
    model: "chat",
    prompt,
    max_tokens,
    temperature: 0,
    stream: true,
    logit_bias: NO_END,
  });
  const response = await fetch(`${origin}/v1/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });
  if (!response.ok || response.body === null) throw new Error(`the server answered ${response.status}`);
  const decoder = new TextDecoder();
  for await (const chunk of response.body) {
    const frames = decoder.decode(chunk, { stream: true }).match(/"finish_reason":null/g) ?? [];
    for (const _ of frames) onToken?.(performance.now());
  }
}

/** Tokens per second that another program prints; 0 where it cannot run here. */
function runPeer(command: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "ignore"], timeout: PEER_TIMEOUT_MS });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.once("error", () => resolve(0));
    child.once("close", () => resolve(Number(/"tokensPerSecond": ?([\d.]+)/.exec(output)?.[1] ?? 0)));
  });
}

await main();
