// Tokens per second of the engine's library alone, without our server: `llm-raw.ts MODEL THREADS STREAMS TOKENS`. Prints JSON.
import { getLlama } from "node-llama-cpp";

const [path = "", threads = "1", streams = "1", tokens = "128"] = process.argv.slice(2);
const llama = await getLlama({
  gpu: false,
  build: "never",
  progressLogs: false,
  maxThreads: Number(threads),
  logger: () => undefined,
});
const model = await llama.loadModel({ modelPath: path });
const context = await model.createContext({
  sequences: Number(streams),
  contextSize: 512,
  batchSize: 512,
  threads: Number(threads),
  swaFullCache: true,
});
const prompt = model.tokenize("Once upon a time there was a little robot who lived by the sea.");
let made = 0;
const sequences = Array.from({ length: Number(streams) }, () => context.getSequence());
await Promise.all(sequences.map((sequence) => sequence.evaluateWithoutGeneratingNewTokens(prompt)));
const startedAt = performance.now();
await Promise.all(
  sequences.map(async (sequence) => {
    let left = Number(tokens);
    for await (const _ of sequence.evaluate(prompt.slice(-1), { temperature: 0, yieldEogToken: true })) {
      made += 1;
      left -= 1;
      if (left === 0) break;
    }
  }),
);
process.stdout.write(
  `${JSON.stringify({ tokensPerSecond: made / ((performance.now() - startedAt) / 1000) })}\n`,
);
process.exit(0);
