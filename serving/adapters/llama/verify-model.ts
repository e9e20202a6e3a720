// Verifies a weights file before anything of it is loaded.
import { open, stat } from "node:fs/promises";
import { readGgufFileInfo } from "node-llama-cpp";
import { hashFile } from "../artefact/verify-file.ts";
import { ModelError } from "./model-error.ts";

const MAGIC = "GGUF";
const MAGIC_BYTES = 4;

/** Rejects with a ModelError that names the file, what was found and what is wanted. */
export async function verifyModel(path: string, sha256: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || !found.isFile()) {
    throw new ModelError(
      "model.missing",
      `${path}: got no file, want the weights with sha256 ${sha256}; run the fetch role first`,
    );
  }
  const magic = await readMagic(path);
  if (magic !== MAGIC) {
    throw new ModelError(
      "model.format",
      `${path}: got a file that begins with ${JSON.stringify(magic)}, want ${JSON.stringify(MAGIC)}`,
    );
  }
  const digest = await hashFile(path);
  if (digest === sha256) return;
  const wanted = await bytesReferred(path);
  if (wanted === undefined || wanted > found.size) {
    const want = wanted === undefined ? "a whole header" : `more than ${wanted} bytes`;
    throw new ModelError(
      "model.truncated",
      `${path}: got ${found.size} bytes with sha256 ${digest}, want ${want} and sha256 ${sha256}`,
    );
  }
  throw new ModelError("model.checksum", `${path}: got sha256 ${digest}, want sha256 ${sha256}`);
}

async function readMagic(path: string): Promise<string> {
  const file = await open(path, "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAGIC_BYTES), 0, MAGIC_BYTES, 0);
    return buffer.toString("latin1", 0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Where the last tensor begins by the file's own header; undefined where even the header is cut. */
async function bytesReferred(path: string): Promise<number | undefined> {
  const info = await readGgufFileInfo(path, { sourceType: "filesystem", logWarnings: false }).catch(
    () => undefined,
  );
  const offsets = (info?.fullTensorInfo ?? []).map((tensor) => Number(tensor.fileOffset));
  return offsets.length === 0 ? undefined : Math.max(...offsets);
}
