// Settings of what GPU engines serve: where the weights lie, the model's shape, and LoRA adapters beside it.
import { z } from "zod";
import { dnsLabel } from "../kit/names.ts";

const PATH = /^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/;

const cachePath = z.string().regex(PATH, "a path inside the cache, without leading slash and without `..`");

const hub = z.strictObject({
  from: z.literal("hf").describe("The Hugging Face hub: each pod downloads its own copy."),
  repository: z
    .string()
    .regex(/^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/, "ORGANISATION/REPOSITORY")
    .describe("Repository of the model."),
  revision: z
    .string()
    .regex(/^[0-9a-f]{40}$/, "a commit of 40 hexadecimal digits, as branches and tags move")
    .describe("Commit of the repository."),
  tokenSecret: z
    .strictObject({
      name: dnsLabel.describe("Name of the Secret, in the environment's namespace."),
      key: z.string().min(1).default("token").describe("Its key that holds the token."),
    })
    .optional()
    .describe("Secret with the token for a gated repository; the repository is public when left out."),
});

const bucket = z.strictObject({
  from: z
    .literal("s3")
    .describe("Streamed from a bucket into the GPU, with the rights of the ServiceAccount."),
  prefix: z
    .string()
    .regex(/^s3:\/\/[a-z0-9][a-z0-9.-]+\/[^\s]+[^\s/]$/, "s3://BUCKET/PREFIX without slash at the end")
    .describe("Folder of the model."),
});

const cached = z.strictObject({
  from: z.literal("cache").describe("The nodes' cache of weights, read-only; nothing is downloaded."),
  path: cachePath.describe("Folder of the model inside the cache."),
});

const WHERE = "Where the weights come from.";
export const streamableModel = z.discriminatedUnion("from", [hub, bucket, cached]).describe(WHERE);
export const fileModel = z.discriminatedUnion("from", [hub, cached]).describe(WHERE);

export type ModelFiles = z.output<typeof streamableModel>;

const FROM_ONE = "a whole number from 1 up";
const count = z.int(FROM_ONE).min(1, FROM_ONE);

export const modelShape = z
  .strictObject({
    parametersBillions: z
      .number()
      .positive("a number above 0")
      .describe("Parameters in billions, those of all experts included."),
    layers: count.describe("`num_hidden_layers` of the model's config.json."),
    kvHeads: count.describe("`num_key_value_heads`."),
    headDim: count.describe("`head_dim`, or `hidden_size` divided by `num_attention_heads`."),
    hiddenSize: count.describe("`hidden_size`."),
    vocabularySize: count.describe("`vocab_size`."),
    tiedEmbeddings: z.boolean().default(false).describe("`tie_word_embeddings`."),
    weightBits: z
      .number()
      .positive("a number above 0")
      .optional()
      .describe("Bits of a weight, where `quantization` does not say it."),
  })
  .describe("What decides the model's memory; checked against the GPUs of its pool.");

/** vLLM's choices. */
const RANKS = [8, 16, 32, 64, 128, 256, 320, 512] as const;

export const adapters = z
  .array(
    z.strictObject({
      name: z
        .string()
        .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "letters, digits, dots, dashes and underscores")
        .describe("What callers use as `model`."),
      path: cachePath.describe("Folder of the adapter inside the nodes' cache."),
      maxRank: z.literal(RANKS, `one of ${RANKS.join(", ")}`).describe("Its rank, or more."),
    }),
  )
  .refine((list) => new Set(list.map(({ name }) => name)).size === list.length, "names that differ")
  .default([])
  .describe("LoRA adapters: each a `name`, a `path` in the nodes' cache and a `maxRank`.");

export type Adapters = z.output<typeof adapters>;

/** Whether pods need the nodes' cache. */
export function readsCache(files: { readonly model: ModelFiles; readonly adapters: Adapters }): boolean {
  return files.model.from === "cache" || files.adapters.length > 0;
}

/** An image of an engine; not the runtime's own, so it stands beside the version. */
export const engineImage = z
  .string()
  .regex(/^[^/\s]*[.:][^/\s]*\/\S+@sha256:[0-9a-f]{64}$/, "REGISTRY/REPOSITORY@sha256:DIGEST")
  .describe("Image of the engine, by registry and digest.");
