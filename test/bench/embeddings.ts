// Embeddings a second over HTTP at batches of 1, 8 and 32 texts, beside the bare graph on its thread. Prints JSON.

import { mkdtemp, rm, symlink } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { artefactPath } from "../../serving/adapters/artefact/store-artefact.ts";
import { openSession } from "../../serving/adapters/onnx/session.ts";
import { readTokenizer, type TextTokenizer } from "../../serving/adapters/onnx/text-tokens.ts";
import { paths } from "../../stacks/local/paths.ts";
import {
  EMBED,
  fetchEmbed,
  type InferenceServer,
  startInference,
} from "../serving/inference/inference-server.ts";

const BATCHES = [1, 8, 32];
const ROUND_MS = 3_000;
const ROUNDS = 3;
/** About twenty tokens, as a question or a line of a document has. */
const TEXT = "The platform team ships a new version of the model, and callers see no failed request at all.";

type Speed = { readonly perSecond: number; readonly p50Ms: number };
type Ask = () => Promise<void>;

const { weights, tokenizer: tokenizerFile } = await fetchEmbed();
const tokenizer = await readTokenizer(tokenizerFile, 256);
const results = [];
for (const threads of [1, 2]) results.push(await measure(threads));
process.stdout.write(`${JSON.stringify({ text: TEXT, results, loadAverage: loadavg()[0] }, null, 2)}\n`);

async function measure(threads: number): Promise<object> {
  const startedAt = performance.now();
  const server = await startInference({ ...EMBED, threads });
  const startMs = Math.round(performance.now() - startedAt);
  const idleBytes = await memoryOf(server);
  const bare = await openBare(threads);
  try {
    const batches: Record<string, object> = {};
    for (const size of BATCHES) {
      const own = await fastest(() => askServer(server, size), size);
      const peer = await fastest(() => bare.ask(size), size);
      batches[size] = { ...own, bareGraphPerSecond: peer.perSecond };
    }
    const eight = await fastest(
      () => Promise.all(Array.from({ length: 8 }, () => askServer(server, 1))).then(() => {}),
      8,
    );
    return {
      threads,
      startMs,
      batches,
      eightCallersPerSecond: eight.perSecond,
      idleMiB: toMiB(idleBytes),
      loadedMiB: toMiB(await memoryOf(server)),
    };
  } finally {
    await bare.close();
    await server.stop();
  }
}

async function askServer(server: InferenceServer, size: number): Promise<void> {
  const body = { model: "embed", input: Array(size).fill(TEXT), encoding_format: "base64" };
  const response = await server.post("/v1/embeddings", body);
  if (!response.ok) throw new Error(await response.text());
  await response.arrayBuffer();
}

async function openBare(threads: number): Promise<{ ask: (size: number) => Promise<void>; close: Ask }> {
  const folder = await mkdtemp(join(tmpdir(), "rampa-bare-"));
  // Both in the cache: a graph may not refer to files outside of its own folder.
  await symlink(artefactPath(paths.models, EMBED.artefact.sha256), join(folder, "model.onnx"));
  await symlink(weights, join(folder, "model.safetensors"));
  const session = await openSession({ path: join(folder, "model.onnx"), threads, onDeath: () => {} });
  const ids = await idsOf(tokenizer);
  return {
    ask: async (size) => {
      const tokens = Int32Array.from(Array(size).fill(ids).flat());
      const shape = { lengths: Array(size).fill(ids.length), padId: 0, output: "last_hidden_state" };
      await session.run({ kind: "texts", batch: { tokens, ...shape, pooling: "mean", normalize: true } });
    },
    close: async () => {
      await session.close();
      await rm(folder, { recursive: true });
    },
  };
}

async function idsOf({ tokenize }: TextTokenizer): Promise<readonly number[]> {
  const [ids = []] = await tokenize([TEXT], new AbortController().signal);
  return ids;
}

/** The best of several rounds, because a shared machine only ever slows one down. */
async function fastest(ask: Ask, texts: number): Promise<Speed> {
  let best: Speed = { perSecond: 0, p50Ms: 0 };
  for (let round = 0; round < ROUNDS; round += 1) {
    const times: number[] = [];
    for (const end = performance.now() + ROUND_MS; performance.now() < end; ) {
      const startedAt = performance.now();
      await ask();
      times.push(performance.now() - startedAt);
    }
    const total = times.reduce((sum, ms) => sum + ms, 0);
    const perSecond = Math.round((times.length * texts * 1000) / total);
    const p50Ms = Math.round((times.toSorted((a, b) => a - b)[times.length >> 1] ?? 0) * 10) / 10;
    if (perSecond > best.perSecond) best = { perSecond, p50Ms };
  }
  return best;
}

async function memoryOf(server: InferenceServer): Promise<number> {
  return Number(/^process_resident_memory_bytes\{[^}]*\} (\S+)$/m.exec(await server.read("/metrics"))?.[1]);
}

function toMiB(bytes: number): number {
  return Math.round(bytes / 1024 / 1024);
}
