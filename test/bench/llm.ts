// Speed of the model server: one stream, eight streams, first token; against llama.cpp itself, which runs the same kernels on the same weights. Prints JSON.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { detectThreads } from "../../serving/adapters/llama/read-cgroup.ts";
import { realWeights, startModelServer } from "../serving/model/model-server.ts";
import { buildLlamaBench, type LlamaBench } from "./llama-cpp.ts";

const STREAMS = 8;
const TOKENS = 96;
const ROUNDS = 3;
const FIRST_TOKEN_SAMPLES = 10;
const PEER_TIMEOUT_MS = 60_000;
const BOUNDS = { shareOfLlamaCpp: 0.8, eightAgainstOne: 2, firstTokenMs: 1_000 };
/** End-of-answer tokens of the benched model are forbidden, so that every stream makes the same number of tokens. */
const NO_END = { "1": -100, "106": -100 };

const run = promisify(execFile);

type Speed = { readonly one: number; readonly eight: number };

/** Rounds alternate between the candidates and keep the best, because a shared machine only ever slows one down. */
async function main(): Promise<void> {
  const weights = await realWeights();
  const bench = await buildLlamaBench();
  const most = await detectThreads();
  const results: object[] = [];
  for (const threads of [1, most].filter((count, index, all) => all.indexOf(count) === index)) {
    results.push(await compare(threads, weights, bench));
  }
  process.stdout.write(`${JSON.stringify({ tokens: TOKENS, bounds: BOUNDS, results }, null, 2)}\n`);
}

async function compare(threads: number, weights: string, bench: LlamaBench): Promise<object> {
  let ours: Speed = { one: 0, eight: 0 };
  let peer: Speed = { one: 0, eight: 0 };
  let firstTokenMs = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round += 1) {
    const server = await startModelServer({ sequences: STREAMS, threads });
    try {
      const one = await streamsPerSecond(server.origin, 1);
      ours = fastest(ours, { one, eight: await streamsPerSecond(server.origin, STREAMS) });
      firstTokenMs = Math.min(firstTokenMs, await medianFirstTokenMs(server.origin));
    } finally {
      await server.stop();
    }
    peer = fastest(peer, await peerSpeed(bench, weights, threads));
  }
  const round = (value: number): number => Math.round(value * 100) / 100;
  return {
    threads,
    oneStreamTokensPerSecond: round(ours.one),
    eightStreamsTokensPerSecond: round(ours.eight),
    llamaCppOne: round(peer.one),
    llamaCppEight: round(peer.eight),
    shareOfLlamaCppOne: round(ours.one / peer.one),
    shareOfLlamaCppEight: round(ours.eight / peer.eight),
    eightAgainstOne: round(ours.eight / ours.one),
    firstTokenMs: round(firstTokenMs),
  };
}

function fastest(a: Speed, b: Speed): Speed {
  return { one: Math.max(a.one, b.one), eight: Math.max(a.eight, b.eight) };
}

/** Generation without sampling, without a server: what the engine can make at most. */
async function peerSpeed(bench: LlamaBench, weights: string, threads: number): Promise<Speed> {
  const parallel = `1,${STREAMS}`;
  const args = ["-m", weights, "-c", `${512 * STREAMS}`, "-npp", "16", "-ntg", `${TOKENS}`, "-npl", parallel];
  const { stdout } = await run(bench.program, [...args, "-t", `${threads}`, "-tb", `${threads}`], {
    timeout: PEER_TIMEOUT_MS,
    cwd: bench.libraries,
    env: { ...process.env, LD_LIBRARY_PATH: bench.libraries },
  });
  const speed = (streams: number): number => {
    const row = stdout.split("\n").map((line) => line.split("|").map((cell) => cell.trim()));
    const found = row.find((cells) => cells[3] === `${streams}`)?.[8];
    if (found === undefined)
      throw new Error(`llama-batched-bench printed no row of ${streams} streams: ${stdout}`);
    return Number(found);
  };
  return { one: speed(1), eight: speed(STREAMS) };
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

await main();
