// Fetches official releases: short patience for a closed network, checksum before anything is used.
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Progress } from "../progress.ts";
import { clusterError } from "./cluster-error.ts";
import { runCommand } from "./commands.ts";
import { withScratch } from "./scratch-folder.ts";

const ANSWER_DEADLINE_MS = 4_000;
const DOWNLOAD_DEADLINE_MS = 600_000;

export type Release = {
  readonly url: string;
  /** A file with the SHA-256 of `url`, alone or among other lines that name it. */
  readonly checksumUrl: string;
};

/** Hosts that did not answer, so that a closed network costs the wait once and not per file. */
const silentHosts = new Set<string>();

/** False when the release is out of reach from here; a wrong checksum is an error, never a reason to go on. */
export async function download(release: Release, file: string, progress: Progress): Promise<boolean> {
  return await withScratch(file, async (scratch) => {
    const part = join(scratch, "part");
    if (!(await downloadVerified(release, part, progress))) return false;
    renameSync(part, file);
    return true;
  });
}

/** Unpacks chosen members of a downloaded archive into `directory`, which appears only when complete. */
export async function downloadArchive(
  release: Release & { readonly members: readonly string[] },
  directory: string,
  progress: Progress,
): Promise<boolean> {
  return await withScratch(directory, async (scratch) => {
    const archive = join(scratch, "archive.tgz");
    if (!(await downloadVerified(release, archive, progress))) return false;
    const out = join(scratch, "out");
    mkdirSync(out);
    await runCommand("tar", ["-xzf", archive, "-C", out, ...release.members]);
    if (release.members.every((member) => existsSync(join(directory, member)))) return true;
    // Another process may just have completed it; what lies there incomplete is the rest of another way of getting it.
    rmSync(directory, { recursive: true, force: true });
    renameSync(out, directory);
    return true;
  });
}

async function downloadVerified(release: Release, file: string, progress: Progress): Promise<boolean> {
  const name = basename(new URL(release.url).pathname);
  const published = await fetchText(release.checksumUrl);
  const want = published === undefined ? undefined : findChecksum(published, name);
  const response = want === undefined ? undefined : await open(release.url);
  if (!response?.body) return false;
  progress.report(`downloading ${name}`);
  if (!(await save(response.body, file))) return false;
  const got = await checksumOf(file);
  if (got === want) return true;
  throw clusterError(
    "cluster.checksum",
    `${release.url} has SHA-256 ${got}, published is ${want}`,
    "try again; if it stays, a proxy changes downloads on the way",
  );
}

/** False when the connection breaks or the time is over; what the disk refuses is an error. */
async function save(body: ReadableStream, file: string): Promise<boolean> {
  // The DOM's stream type and Node's differ in name only.
  const source = Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]);
  try {
    await pipeline(source, createWriteStream(file), { signal: AbortSignal.timeout(DOWNLOAD_DEADLINE_MS) });
    return true;
  } catch (error) {
    if (error instanceof Error && "syscall" in error) throw error;
    return false;
  }
}

/** The checksum in the line whose last column is `name`, with or without a folder, or the only one in the text. */
export function findChecksum(text: string, name: string): string | undefined {
  const lines = text.trim().split("\n");
  const named = lines.find(
    (line) =>
      basename(
        line
          .trim()
          .split(/[\s*]+/)
          .at(-1) ?? "",
      ) === name,
  );
  return (named ?? (lines.length === 1 ? lines[0] : undefined))?.match(/\b[0-9a-f]{64}\b/)?.[0];
}

async function fetchText(url: string): Promise<string | undefined> {
  const response = await open(url);
  return response?.ok ? await response.text() : undefined;
}

async function open(url: string): Promise<Response | undefined> {
  const { host } = new URL(url);
  if (silentHosts.has(host)) return undefined;
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), ANSWER_DEADLINE_MS);
  try {
    const response = await fetch(url, { signal: abort.signal, redirect: "follow" });
    return response.ok ? response : undefined;
  } catch {
    // No route, no name, refused or too slow: a closed network. The registries are tried next.
    silentHosts.add(host);
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

async function checksumOf(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}
