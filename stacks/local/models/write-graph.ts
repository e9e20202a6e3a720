// Writes the graph of the local stack's embedding model from its weights: node stacks/local/models/write-graph.ts FILE
import { open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { encodeBert } from "./bert-graph.ts";

export const GRAPH_FILE = join(import.meta.dirname, "all-minilm-l6-v2.onnx");

/** Name by which the graph, and the stack file, know the weights. */
const WEIGHTS_NAME = "model.safetensors";

/** As the model's config.json has it. */
const SHAPE = { layers: 6, hidden: 384, heads: 12, layerNormEpsilon: 1e-12 };

const LENGTH_BYTES = 8;

const header = z.record(
  z.string(),
  z.object({
    dtype: z.string(),
    shape: z.array(z.int()),
    data_offsets: z.tuple([z.int(), z.int()]),
  }),
);

/** The ONNX graph over a safetensors file, of which only the header is read. */
export async function graphOf(weights: string): Promise<Uint8Array> {
  const file = await open(weights, "r");
  try {
    const length = (await file.read(Buffer.alloc(LENGTH_BYTES), 0, LENGTH_BYTES, 0)).buffer.readBigUInt64LE();
    const size = Number(length);
    const { buffer } = await file.read(Buffer.alloc(size), 0, size, LENGTH_BYTES);
    const { __metadata__: _, ...tensors } = z
      .record(z.string(), z.unknown())
      .parse(JSON.parse(buffer.toString()));
    const dataStart = LENGTH_BYTES + size;
    return encodeBert(SHAPE, { location: WEIGHTS_NAME, dataStart, tensors: header.parse(tensors) });
  } finally {
    await file.close();
  }
}

if (import.meta.main) {
  const [weights = ""] = process.argv.slice(2);
  await writeFile(GRAPH_FILE, await graphOf(weights));
}
