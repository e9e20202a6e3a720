// Reads a ZIP archive from disk: the list of entries, and one entry's bytes as a stream.
import { createReadStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { Transform } from "node:stream";
import { createInflateRaw } from "node:zlib";
import { ArtefactError } from "./artefact-error.ts";

export type ZipEntry = {
  readonly name: string;
  readonly size: number;
  readonly packedSize: number;
  readonly offset: number;
  readonly isDeflated: boolean;
};

const END_SIGNATURE = 0x06054b50;
const ENTRY_SIGNATURE = 0x02014b50;
const END_BYTES = 22;
const ENTRY_BYTES = 46;
const LOCAL_BYTES = 30;
const LONGEST_COMMENT = 65_535;
const DEFLATE = 8;

/** Fails with an ArtefactError on anything that is not a ZIP archive below 4 GiB. */
export async function listZip(path: string): Promise<readonly ZipEntry[]> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const tail = await readAt(
      file,
      Math.max(0, size - END_BYTES - LONGEST_COMMENT),
      Math.min(size, END_BYTES + LONGEST_COMMENT),
    );
    const end = tail.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
    if (end < 0 || tail.readUInt32LE(end) !== END_SIGNATURE) throw notAnArchive(path);
    const directory = await readAt(file, tail.readUInt32LE(end + 16), tail.readUInt32LE(end + 12));
    return parseDirectory(path, directory);
  } finally {
    await file.close();
  }
}

function parseDirectory(path: string, directory: Buffer): readonly ZipEntry[] {
  const entries: ZipEntry[] = [];
  for (let at = 0; at + ENTRY_BYTES <= directory.length; ) {
    if (directory.readUInt32LE(at) !== ENTRY_SIGNATURE) throw notAnArchive(path);
    const nameLength = directory.readUInt16LE(at + 28);
    entries.push({
      name: directory.toString("utf8", at + ENTRY_BYTES, at + ENTRY_BYTES + nameLength),
      size: directory.readUInt32LE(at + 24),
      packedSize: directory.readUInt32LE(at + 20),
      offset: directory.readUInt32LE(at + 42),
      isDeflated: directory.readUInt16LE(at + 10) === DEFLATE,
    });
    at += ENTRY_BYTES + nameLength + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return entries;
}

/** The bytes of one entry, unpacked. */
export async function* readEntry(path: string, entry: ZipEntry): AsyncIterable<Uint8Array> {
  if (entry.packedSize === 0) return;
  const file = await open(path, "r");
  const header = await readAt(file, entry.offset, LOCAL_BYTES).finally(() => file.close());
  const start = entry.offset + LOCAL_BYTES + header.readUInt16LE(26) + header.readUInt16LE(28);
  const packed = createReadStream(path, { start, end: start + entry.packedSize - 1 });
  const unpack = entry.isDeflated
    ? createInflateRaw()
    : new Transform({ transform: (chunk, _encoding, done) => done(null, chunk) });
  packed.on("error", (error) => unpack.destroy(error));
  yield* packed.pipe(unpack);
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

function notAnArchive(path: string): ArtefactError {
  return new ArtefactError("artefact.tool", `${path}: got a file that is not a ZIP archive, want a wheel`);
}
