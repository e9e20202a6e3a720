// Brings model weights into this machine's cache with the runtime's own `fetch` role, showing its progress.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";
import type { RuntimeConfigInput } from "../../serving/contract/runtime-config.ts";
import { parseJson } from "../local/parse-json.ts";
import { paths } from "../local/paths.ts";
import type { Progress } from "../local/progress.ts";
import { CliError } from "./cli-error.ts";
import type { Fetch } from "./stack-file.ts";

const MIB = 1024 * 1024;
const DEADLINE_MS = 3_600_000;

const fetchLine = z.discriminatedUnion("event", [
  z.object({ event: z.literal("progress"), done: z.number(), total: z.number().optional() }),
  z.object({ event: z.enum(["waiting", "retry"]), reason: z.string() }),
  z.object({ event: z.literal("done") }),
  z.object({ event: z.literal("error"), code: z.string(), message: z.string() }),
]);

export type FetchLine = z.output<typeof fetchLine>;

/** A line of the fetch role, or undefined for anything else on its output. */
export function parseFetchLine(line: string): FetchLine | undefined {
  return fetchLine.safeParse(parseJson(line)).data;
}

export function describeFetch(line: FetchLine): string {
  switch (line.event) {
    case "progress": {
      const of = line.total === undefined ? "" : ` of ${Math.round(line.total / MIB)}`;
      return `${Math.round(line.done / MIB)}${of} MiB`;
    }
    case "waiting":
    case "retry":
      return line.reason;
    case "done":
      return "verified";
    case "error":
      return line.message;
  }
}

/** Rejects with `cli.model-not-fetched`, naming the source and what the fetch role said. */
export async function fetchModel(bundle: string, fetch: Fetch, progress: Progress): Promise<void> {
  const { artefact } = fetch;
  mkdirSync(paths.models, { recursive: true });
  const folder = mkdtempSync(join(tmpdir(), "rampa-fetch-"));
  const file = join(folder, "config.json");
  const config: RuntimeConfigInput = { role: "fetch", ...fetch, cacheDir: paths.models };
  writeFileSync(file, JSON.stringify(config));
  try {
    await runFetchRole(bundle, file, (line) => progress.report(`${artefact.source}: ${describeFetch(line)}`));
  } catch (error) {
    if (!(error instanceof FetchFailure)) throw error;
    const reason = `${artefact.source} could not be fetched: ${error.message}`;
    throw new CliError("cli.model-not-fetched", reason, "correct its source or sha256 in the stack file");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

class FetchFailure extends Error {}

async function runFetchRole(
  bundle: string,
  config: string,
  onLine: (line: FetchLine) => void,
): Promise<void> {
  const child = spawn(process.execPath, [bundle], {
    env: { ...process.env, RAMPA_CONFIG: config },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: DEADLINE_MS,
  });
  let failure = "";
  let complaint = "";
  child.stderr.on("data", (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-1_000);
  });
  createInterface({ input: child.stdout }).on("line", (text) => {
    const line = parseFetchLine(text);
    if (line === undefined) return;
    onLine(line);
    if (line.event === "error") failure = `${line.code}: ${line.message}`;
  });
  const code = await new Promise<number | null>((settle, fail) => {
    child.once("error", fail);
    child.once("close", settle);
  });
  if (code !== 0) throw new FetchFailure(failure || complaint.trim() || `the fetch ended with ${code}`);
}
