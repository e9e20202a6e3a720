// Configuration of one running role, written by the components and read by serving/main.ts from RAMPA_CONFIG.
import { z } from "zod";
import { certificates } from "./certificates.ts";
import { modelArtefact } from "./model-source.ts";
import { providerRuntime } from "./provider.ts";

const port = z
  .int("a port from 1 to 65535")
  .min(1, "a port from 1 to 65535")
  .max(65_535, "a port from 1 to 65535");
const milliseconds = z.int("whole milliseconds ≥ 0").min(0, "whole milliseconds ≥ 0");
const listen = z.strictObject({
  host: z.string().default("0.0.0.0"),
  port: port.default(8080),
});

const drain = z
  .strictObject({
    settleMs: milliseconds
      .default(5_000)
      .describe("Time between SIGTERM (readyz turns 503) and closing the listener."),
    graceMs: milliseconds
      .default(60_000)
      .describe("Time that running answers get to finish; then they are cut with an error event."),
  })
  .prefault({});

const log = z
  .strictObject({
    level: z
      .enum(["debug", "info", "warn", "error"])
      .default("info")
      .describe("Least severe level that is written."),
    prompts: z.boolean().default(false).describe("Whether prompt and answer text may appear in the log."),
  })
  .prefault({});

const bodyLimits = z
  .strictObject({
    bodyBytes: z
      .int()
      .min(1024)
      .default(8 * 1024 * 1024)
      .describe("Largest request body; a larger one is refused with 413."),
    jsonDepth: z
      .int()
      .min(4)
      .default(64)
      .describe("Deepest nesting of a JSON body; a deeper one is refused with 400."),
  })
  .prefault({});

const hold = z
  .strictObject({
    requests: z
      .int("a whole number from 0 up")
      .min(0, "a whole number from 0 up")
      .default(1_000)
      .describe("Requests that wait at once; one more is refused with 503. 0 holds none."),
    bytes: z
      .int("whole bytes from 0 up")
      .min(0, "whole bytes from 0 up")
      .default(64 * 1024 * 1024)
      .describe("Bodies of the waiting requests together, which lie in memory; above it 503."),
    ms: milliseconds
      .default(60_000)
      .describe(
        "How long a request waits; then 503. Less than the time between two scrapes, and no autoscaler may see it.",
      ),
  })
  .prefault({});

export const modelRuntime = z.strictObject({
  role: z.literal("model"),
  listen: listen.prefault({}),
  endpoint: z.string().min(1).describe("The name that callers use as `model`."),
  version: z.string().min(1),
  artefact: modelArtefact,
  cacheDir: z
    .string()
    .default("/models")
    .describe("Node-wide cache; the file lies at <cacheDir>/sha256/<digest>."),
  contextTokens: z
    .int()
    .min(256)
    .default(2048)
    .describe("Context length of one sequence, prompt and answer together."),
  sequences: z
    .int()
    .min(1)
    .max(256)
    .default(8)
    .describe("Answers generated at the same time; further requests wait."),
  queueLimit: z
    .int()
    .min(0)
    .default(64)
    .describe("Requests that may wait for a sequence; one more is refused with 503."),
  threads: z
    .union([z.literal("auto"), z.int().min(1)])
    .default("auto")
    .describe("`auto` takes the CPU limit of the cgroup."),
  batchTokens: z
    .union([z.literal("auto"), z.int().min(16).max(4096)])
    .default("auto")
    .describe(
      "Tokens evaluated in one pass, prompts and answers of all sequences together; the buffer it takes grows with the vocabulary. `auto` takes the most that keeps it within 128 MiB, from 32 to 512.",
    ),
  chatTemplate: z
    .enum(["model", "gemma", "chatml", "llama3"])
    .default("model")
    .describe("`model` uses the template inside the weights."),
  limits: bodyLimits,
  drain,
  log,
});

const fileName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, "a file name without a folder")
  .refine((name) => name !== "model.onnx", "another name than that of the graph");

export const inferenceRuntime = z.strictObject({
  role: z.literal("inference"),
  listen: listen.prefault({}),
  endpoint: modelRuntime.shape.endpoint,
  version: z.string().min(1),
  artefact: modelArtefact.describe("The graph, as ONNX."),
  externalData: z
    .array(
      modelArtefact.extend({ location: fileName.describe("Name by which the graph refers to the file.") }),
    )
    .default([])
    .describe(
      "Files beside the graph that hold its weights, each a `location`, a `source` and a `sha256`; none where the graph holds them itself.",
    ),
  embeddings: z
    .strictObject({
      tokenizer: modelArtefact.describe("`tokenizer.json`, as Hugging Face's tokenizers write it."),
      pooling: z
        .enum(["mean", "cls"])
        .default("mean")
        .describe(
          "How vectors of tokens become one: their mean, or that of the first token. Without a meaning where the graph's output is one vector already.",
        ),
      normalize: z.boolean().default(true).describe("Whether vectors are scaled to length 1."),
      maxTokens: z
        .int()
        .min(8)
        .max(32_768)
        .default(256)
        .describe("Longest text in tokens; a longer one is refused with 400, never cut."),
    })
    .optional()
    .describe("How texts become vectors; without it the model takes tensors only."),
  cacheDir: modelRuntime.shape.cacheDir,
  queueLimit: z
    .int()
    .min(0)
    .default(64)
    .describe("Requests that may wait for the engine; one more is refused with 503."),
  deadlineMs: z
    .int()
    .min(100)
    .default(30_000)
    .describe("How long a request may wait and be computed; then it is refused with 503."),
  threads: modelRuntime.shape.threads,
  batchTokens: z
    .int()
    .min(8)
    .max(1_048_576)
    .default(2_048)
    .describe(
      "Tokens of one pass, those that fill texts up to the longest one included; more texts take several passes. It bounds the memory that a pass takes.",
    ),
  tensorElements: z
    .int()
    .min(1)
    .max(268_435_456)
    .default(1_048_576)
    .describe("Most values of one input tensor; a larger one is refused with 400."),
  limits: bodyLimits,
  drain,
  log,
});

/** Fetches artefacts into the node's cache and verifies them; runs as an init container and on the workstation. */
export const fetchRuntime = z.strictObject({
  role: z.literal("fetch"),
  artefact: modelArtefact,
  authority: certificates.optional().describe("Trusted besides the public authorities."),
  cacheDir: z.string().default("/models"),
  log,
});

export const gatewayRuntime = z.strictObject({
  role: z.literal("gateway"),
  listen: listen.prefault({}),
  keysFile: z.string().describe("Path of the client keys file (see client-keys.ts); reread when it changes."),
  routes: z
    .discriminatedUnion("from", [
      z.strictObject({ from: z.literal("kubernetes"), namespace: z.string() }),
      z.strictObject({
        from: z.literal("file"),
        path: z.string().describe("JSON list of HTTPRoute objects; reread when it changes."),
      }),
    ])
    .describe("Where the HTTPRoute objects that carry the weights are watched."),
  providers: z
    .record(z.string(), providerRuntime)
    .default({})
    .describe("Providers outside of the cluster, by the name that routes give them."),
  timeouts: z
    .strictObject({
      connectMs: milliseconds.default(5_000).describe("Until the model accepts the connection."),
      firstByteMs: milliseconds.default(30_000).describe("Until the first byte of the answer."),
      idleMs: milliseconds.default(30_000).describe("Between two pieces of a streamed answer."),
      totalMs: milliseconds.default(600_000).describe("The whole answer."),
    })
    .prefault({}),
  hold: hold.describe("Requests for versions that may sleep, until a pod is up."),
  limits: bodyLimits,
  drain,
  log,
});

/**
 * Environment of a process of role `model`. Node hands each pass of the engine to its thread pool: with one thread there
 * the pass stays on a processor whose caches are warm, and never waits beside the threads that it spins for.
 */
export const MODEL_ENVIRONMENT = { UV_THREADPOOL_SIZE: "1" } as const;

export const runtimeConfig = z.discriminatedUnion("role", [
  gatewayRuntime,
  modelRuntime,
  inferenceRuntime,
  fetchRuntime,
]);

export type GatewayRuntime = z.output<typeof gatewayRuntime>;
export type ModelRuntime = z.output<typeof modelRuntime>;
export type InferenceRuntime = z.output<typeof inferenceRuntime>;
export type FetchRuntime = z.output<typeof fetchRuntime>;
export type RuntimeConfig = z.output<typeof runtimeConfig>;
/** What the components write; defaults may be left out. */
export type RuntimeConfigInput = z.input<typeof runtimeConfig>;
