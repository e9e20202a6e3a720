// Reads a tar stream entry by entry and keeps what the caller picks.
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { extract, type Header } from "tar-stream";

/** Gathers what `pick` makes of each entry with its whole content; `undefined` leaves the entry out. */
export async function readTar<T>(
  tar: Readable,
  pick: (header: Header, content: Buffer) => T | undefined,
): Promise<T[]> {
  const reader = extract();
  const picked: T[] = [];
  const failures: unknown[] = [];
  reader.on("entry", (header, content, next) => {
    const chunks: Buffer[] = [];
    content.on("data", (chunk) => {
      if (chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk));
    });
    content.on("error", next);
    content.on("end", () => {
      // Kept for the end: an error handed to `next` would be thrown by the stream as well.
      try {
        const value = failures.length === 0 ? pick(header, Buffer.concat(chunks)) : undefined;
        if (value !== undefined) picked.push(value);
      } catch (error) {
        failures.push(error);
      }
      next();
    });
  });
  await pipeline(tar, reader);
  if (failures.length > 0) throw failures[0];
  return picked;
}
