// SHA-256 of a file, streamed.
import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";

const READ_BYTES = 1024 * 1024;

/** The digest in lower-case hexadecimal; rejects as the file system does. */
export async function hashFile(path: string, signal?: AbortSignal): Promise<string> {
  return (await hashInto(createHash("sha256"), path, signal)).digest("hex");
}

/** Feeds the file into `hash`, so that a resumed download continues from what is on the disk. */
export async function hashInto(hash: Hash, path: string, signal?: AbortSignal): Promise<Hash> {
  const options =
    signal === undefined ? { highWaterMark: READ_BYTES } : { highWaterMark: READ_BYTES, signal };
  for await (const chunk of createReadStream(path, options)) hash.update(chunk);
  return hash;
}
