// Fetches the official release of the Pulumi CLI and accepts it only with the checksum published for it.
import { createHash } from "node:crypto";
import { createWriteStream, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Progress } from "../progress.ts";
import { runTool } from "./run-tool.ts";

export type ReleaseSource = { readonly archives: string; readonly checksums: string };

const OFFICIAL: ReleaseSource = {
  archives: "https://get.pulumi.com/releases/sdk",
  checksums: "https://github.com/pulumi/pulumi/releases/download",
};

const REACH_TIMEOUT_MS = 3000;
const ARCHIVE_TIMEOUT_MS = 10 * 60_000;
const UNPACK_TIMEOUT_MS = 120_000;
const SHOWN_BYTES = 1_000_000;

/** `false` when the release cannot be reached within seconds; a wrong checksum is an error, never a fallback. */
export async function downloadPulumi(
  version: string,
  folder: string,
  progress: Progress,
  source: ReleaseSource = OFFICIAL,
): Promise<boolean> {
  const archive = `pulumi-v${version}-${platform()}.tar.gz`;
  const checksums = await reach(`${source.checksums}/v${version}/pulumi-${version}-checksums.txt`);
  if (checksums === undefined) return false;
  const want = checksumOf(checksums, archive);
  mkdirSync(folder, { recursive: true });
  const scratch = mkdtempSync(join(folder, ".download-"));
  try {
    const file = join(scratch, archive);
    const got = await fetchArchive(`${source.archives}/${archive}`, file, progress);
    if (got === undefined) return false;
    if (got !== want)
      throw new Error(`${archive}: sha256 is ${got}, the release says ${want}; nothing was installed`);
    await runTool({ command: "tar", args: ["-xzf", file, "-C", scratch], timeoutMs: UNPACK_TIMEOUT_MS });
    moveInto(join(scratch, "pulumi"), folder);
    return true;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function platform(): string {
  return `${process.platform}-${process.arch === "arm64" ? "arm64" : "x64"}`;
}

/** An unreachable host and a missing file both mean: take another way. */
async function reach(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(REACH_TIMEOUT_MS) });
    return response.ok ? await response.text() : undefined;
  } catch {
    return undefined;
  }
}

function checksumOf(checksums: string, archive: string): string {
  const line = checksums.split("\n").find((one) => one.trim().endsWith(` ${archive}`));
  const sum = line?.trim().split(/\s+/)[0];
  if (sum === undefined) throw new Error(`the published checksums do not name ${archive}`);
  return sum;
}

/** The checksum of what was saved; undefined when the archive is out of reach or breaks off. */
async function fetchArchive(url: string, file: string, progress: Progress): Promise<string | undefined> {
  try {
    return await saveArchive(url, file, progress);
  } catch (error) {
    // What the disk refuses is an error.
    if (error instanceof Error && "syscall" in error) throw error;
    return undefined;
  }
}

async function saveArchive(url: string, file: string, progress: Progress): Promise<string | undefined> {
  const response = await fetch(url, { signal: AbortSignal.timeout(ARCHIVE_TIMEOUT_MS) });
  if (!response.ok || !response.body) return undefined;
  const hash = createHash("sha256");
  let bytes = 0;
  const counting = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      if (Math.floor((bytes + chunk.length) / SHOWN_BYTES) > Math.floor(bytes / SHOWN_BYTES)) {
        progress.report(`downloading Pulumi (${Math.floor((bytes + chunk.length) / SHOWN_BYTES)} MB)`);
      }
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  await pipeline(Readable.fromWeb(response.body), counting, createWriteStream(file));
  return hash.digest("hex");
}

/** The CLI goes last, so that its presence means a whole release. */
function moveInto(from: string, folder: string): void {
  const names = readdirSync(from).sort((a, b) => Number(a === "pulumi") - Number(b === "pulumi"));
  for (const name of names) renameSync(join(from, name), join(folder, name));
}
