// Brings an artefact into the cache: claim a part, resume, hash while streaming, verify, rename into place.
import { createHash } from "node:crypto";
import { type FileHandle, mkdir, open, rename, stat, statfs, truncate } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ModelArtefact } from "../../contract/model-source.ts";
import { ArtefactError } from "./artefact-error.ts";
import type { ArtefactBody, ArtefactSource } from "./artefact-source.ts";
import { ClaimLost, type ClaimTimes, type Part, withPart } from "./claim-part.ts";
import { hashFile, hashInto } from "./verify-file.ts";

export type FetchEvent =
  | { readonly event: "progress"; readonly done: number; readonly total?: number }
  | { readonly event: "waiting"; readonly reason: string }
  | { readonly event: "retry"; readonly attempt: number; readonly reason: string };

export type StoreInput = {
  readonly artefact: ModelArtefact;
  readonly cacheDir: string;
  readonly source: ArtefactSource;
  readonly signal: AbortSignal;
  readonly report: (event: FetchEvent) => void;
  readonly claimTimes?: ClaimTimes;
  readonly retryDelayMs?: number;
};

export type Stored = { readonly path: string; readonly wasCached: boolean };

const ATTEMPTS = 5;
const RETRY_DELAY_MS = 1_000;
const PROGRESS_EVERY_MS = 500;
/** Room that must stay free on the disk beside the artefact. */
const SPARE_BYTES = 64 * 1024 * 1024;

/** Where a verified artefact lies in a cache. */
export function artefactPath(cacheDir: string, sha256: string): string {
  return join(cacheDir, "sha256", sha256);
}

/** Verifies what is cached, or fetches it; the file at the returned path has the wanted digest. Fails with an ArtefactError. */
export async function storeArtefact(input: StoreInput): Promise<Stored> {
  const path = artefactPath(input.cacheDir, input.artefact.sha256);
  if (await isIntact(path, input)) return { path, wasCached: true };
  const folder = join(input.cacheDir, "tmp");
  await mkdir(folder, { recursive: true });
  await mkdir(dirname(path), { recursive: true });
  const onWait = (): void =>
    input.report({ event: "waiting", reason: "another process fetches the same artefact" });
  const claim = {
    folder,
    name: input.artefact.sha256,
    signal: input.signal,
    onWait,
    ...(input.claimTimes === undefined ? {} : { times: input.claimTimes }),
  };
  try {
    return await withPart(claim, async (part) => {
      if (await isIntact(path, input)) return { path, wasCached: true };
      await fetchVerified(input, part);
      await rename(part.path, path);
      return { path, wasCached: false };
    });
  } catch (error) {
    if (!(error instanceof ClaimLost)) throw error;
    return storeArtefact(input);
  }
}

async function isIntact(path: string, input: StoreInput): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() === true && (await hashFile(path, input.signal)) === input.artefact.sha256;
}

/** A wrong digest after a resume may come from a damaged rest, so that is tried once more from the start. */
async function fetchVerified(input: StoreInput, part: Part): Promise<void> {
  const want = input.artefact.sha256;
  let attempt = 1;
  for (;;) {
    try {
      const { digest, resumed } = await fetchOnce(input, part);
      if (digest === want) return;
      // Emptied rather than deleted: while the file is there, the part is held.
      await truncate(part.path);
      if (!resumed) throw new ArtefactError("artefact.checksum", checksumMessage(input, digest));
      input.report({ event: "retry", attempt, reason: "the resumed file has a wrong checksum" });
    } catch (error) {
      if (!(error instanceof ArtefactError) || !error.retryable || attempt >= ATTEMPTS) throw error;
      input.report({ event: "retry", attempt, reason: error.message });
      await sleep((input.retryDelayMs ?? RETRY_DELAY_MS) * 2 ** (attempt - 1), undefined, {
        signal: input.signal,
      });
    }
    attempt += 1;
  }
}

function checksumMessage(input: StoreInput, got: string): string {
  const deleted = "the downloaded file was deleted";
  return `${input.artefact.source}: got sha256 ${got}, want sha256 ${input.artefact.sha256}; ${deleted}`;
}

async function fetchOnce(input: StoreInput, part: Part): Promise<{ digest: string; resumed: boolean }> {
  const present = (await stat(part.path).catch(() => undefined))?.size ?? 0;
  const body = await input.source.open(present, input.signal);
  await requireSpace(input, body);
  const hash = createHash("sha256");
  const resumed = body.from > 0 && body.from === present;
  if (resumed) await hashInto(hash, part.path, input.signal);
  let done = resumed ? present : 0;
  const tell = createTeller(input, body.total);
  const target = await open(part.path, "a");
  try {
    if (!resumed) await target.truncate();
    for await (const chunk of body.bytes) {
      hash.update(chunk);
      await part.confirm();
      // Written before the next chunk is read: what a broken connection delivered is there to be resumed.
      await append(target, chunk, input);
      done += chunk.byteLength;
      tell(done, false);
    }
    await target.sync();
    await part.confirm();
    requireBytes(input, done, body.total);
    // The digest is that of the stream; the file holds the same bytes unless somebody else wrote into it.
    requireBytes(input, (await target.stat()).size, done);
  } finally {
    await target.close();
  }
  tell(done, true);
  return { digest: hash.digest("hex"), resumed };
}

async function append(target: FileHandle, chunk: Uint8Array, input: StoreInput): Promise<void> {
  try {
    await target.writeFile(chunk);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
    throw new ArtefactError(
      "artefact.disk",
      `${input.cacheDir}: got 0 bytes free, want room for the artefact`,
    );
  }
}

function requireBytes(input: StoreInput, got: number, want = got): void {
  if (got === want) return;
  throw new ArtefactError(
    "artefact.interrupted",
    `${input.artefact.source}: got ${got} bytes, want ${want}`,
    true,
  );
}

async function requireSpace(input: StoreInput, body: ArtefactBody): Promise<void> {
  if (body.total === undefined) return;
  const disk = await statfs(input.cacheDir);
  const free = disk.bavail * disk.bsize;
  const needed = body.total - body.from + SPARE_BYTES;
  if (free >= needed) return;
  throw new ArtefactError("artefact.disk", `${input.cacheDir}: got ${free} bytes free, want ${needed}`);
}

function createTeller(input: StoreInput, total: number | undefined): (done: number, isLast: boolean) => void {
  let next = 0;
  return (done, isLast) => {
    if (!isLast && performance.now() < next) return;
    next = performance.now() + PROGRESS_EVERY_MS;
    input.report(total === undefined ? { event: "progress", done } : { event: "progress", done, total });
  };
}
