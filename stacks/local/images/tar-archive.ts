// Deterministic tar streams: the same entries give the same bytes on every machine.
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Pack, pack } from "tar-stream";

export type FileSource = Uint8Array | { readonly file: string };

export type TarEntry =
  | {
      readonly kind: "file";
      readonly path: string;
      readonly mode: number;
      readonly owner?: number;
      readonly source: FileSource;
    }
  | { readonly kind: "directory"; readonly path: string; readonly mode: number; readonly owner?: number }
  | { readonly kind: "symlink"; readonly path: string; readonly target: string };

/** Every entry carries this time: an image's bytes must not tell when it was built. */
const MODIFIED = new Date(0);
const DIRECTORY_MODE = 0o755;

/**
 * Streams `entries` in byte order of their paths with fixed times and owners; missing parent directories are
 * added. Paths are relative without a leading `./`. A path given twice is our bug and throws.
 */
export function packTar(entries: readonly TarEntry[]): Readable {
  const archive = pack();
  writeEntries(archive, withParents(entries)).then(
    () => archive.finalize(),
    (error: Error) => archive.destroy(error),
  );
  return Readable.from(archive);
}

/** Adds each missing parent once and sorts by path, so that a directory always precedes what is in it. */
export function withParents(entries: readonly TarEntry[]): TarEntry[] {
  const byPath = new Map<string, TarEntry>();
  for (const entry of entries) {
    if (byPath.has(entry.path)) throw new Error(`tar entry given twice: ${entry.path}`);
    byPath.set(entry.path, entry);
  }
  for (const { path } of entries) {
    for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
      const parent = path.slice(0, end);
      if (byPath.has(parent)) continue;
      byPath.set(parent, { kind: "directory", path: parent, mode: DIRECTORY_MODE });
    }
  }
  return [...byPath.values()].sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
}

async function writeEntries(archive: Pack, entries: readonly TarEntry[]): Promise<void> {
  for (const entry of entries) await writeEntry(archive, entry);
}

async function writeEntry(archive: Pack, entry: TarEntry): Promise<void> {
  const common = { mtime: MODIFIED, uname: "", gname: "" };
  if (entry.kind === "symlink") {
    const link = { type: "symlink", name: entry.path, linkname: entry.target, mode: 0o777 } as const;
    archive.entry({ ...common, ...link, uid: 0, gid: 0 });
    return;
  }
  const owner = { uid: entry.owner ?? 0, gid: entry.owner ?? 0, mode: entry.mode };
  if (entry.kind === "directory") {
    archive.entry({ ...common, ...owner, type: "directory", name: `${entry.path}/` });
    return;
  }
  const header = { ...common, ...owner, type: "file", name: entry.path } as const;
  if (entry.source instanceof Uint8Array) {
    archive.entry({ ...header, size: entry.source.length }, Buffer.from(entry.source));
    return;
  }
  const { size } = await stat(entry.source.file);
  const sink = archive.entry({ ...header, size });
  await pipeline(createReadStream(entry.source.file), sink);
}
