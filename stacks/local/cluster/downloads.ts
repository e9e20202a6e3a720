// Fetches official releases: short patience for a closed network, checksum before anything is used.
import { createHash } from "node:crypto";
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Progress } from "../progress.ts";
import { clusterError } from "./cluster-error.ts";
import { runCommand } from "./commands.ts";

const ANSWER_DEADLINE_MS = 4_000;
const DOWNLOAD_DEADLINE_MS = 600_000;

export type Release = {
  readonly url: string;
  /** A file with the SHA-256 of `url`, alone or among other lines that name it. */
  readonly checksumUrl: string;
};

/** Hosts that did not answer, so that a closed network costs the wait once and not per file. */
const silentHosts = new Set<string>();

/** False when the release site does not answer; a wrong checksum is an error, never a reason to go on. */
export async function download(release: Release, file: string, progress: Progress): Promise<boolean> {
  const published = await fetchText(release.checksumUrl);
  if (published === undefined) return false;
  const want = findChecksum(published, new URL(release.url).pathname.split("/").at(-1) ?? "");
  const response = await open(release.url);
  if (!response?.body || want === undefined) return false;
  mkdirSync(dirname(file), { recursive: true });
  progress.report(`downloading ${new URL(release.url).pathname.split("/").at(-1)}`);
  // The DOM's stream type and Node's differ in name only.
  const body = Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]);
  await pipeline(body, createWriteStream(`${file}.part`), {
    signal: AbortSignal.timeout(DOWNLOAD_DEADLINE_MS),
  });
  const got = await checksumOf(`${file}.part`);
  if (got !== want) {
    rmSync(`${file}.part`, { force: true });
    throw clusterError(
      "cluster.checksum",
      `${release.url} has SHA-256 ${got}, published is ${want}`,
      "try again; if it stays, a proxy changes downloads on the way",
    );
  }
  renameSync(`${file}.part`, file);
  return true;
}

/** Unpacks chosen members of a downloaded archive into `directory`, which appears only when complete. */
export async function downloadArchive(
  release: Release & { readonly members: readonly string[] },
  directory: string,
  progress: Progress,
): Promise<boolean> {
  mkdirSync(dirname(directory), { recursive: true });
  const scratch = mkdtempSync(`${directory}.`);
  try {
    const archive = join(scratch, "archive.tgz");
    if (!(await download(release, archive, progress))) return false;
    const out = join(scratch, "out");
    mkdirSync(out);
    await runCommand("tar", ["-xzf", archive, "-C", out, ...release.members]);
    if (!existsSync(directory)) renameSync(out, directory);
    return true;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** The checksum beside `name`, or the only one in the text. */
export function findChecksum(text: string, name: string): string | undefined {
  const lines = text.trim().split("\n");
  const line =
    lines.find((candidate) => candidate.includes(name)) ?? (lines.length === 1 ? lines[0] : undefined);
  return line?.match(/\b[0-9a-f]{64}\b/)?.[0];
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
