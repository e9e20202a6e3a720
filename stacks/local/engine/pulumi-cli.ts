// Finds the Pulumi CLI: on PATH in a fitting version, cached, from the official release, or built.
import { existsSync, realpathSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import type { Progress } from "../progress.ts";
import { EngineError } from "./engine-error.ts";
import type { EnginePlaces } from "./places.ts";
import { buildPulumi } from "./pulumi-build.ts";
import { downloadPulumi } from "./pulumi-release.ts";
import { runTool } from "./run-tool.ts";

/** The newest version that is to be had both as a release and as a Go module. */
export const PULUMI_VERSION = "3.200.0";

const VERSION_TIMEOUT_MS = 10_000;

/** `3.200.0 ≤ version < 4`: older ones lack calls that the SDK makes, a next major may drop some. */
export function isFittingVersion(version: string): boolean {
  const match = /^v?(\d+)\.(\d+)\.(\d+)$/.exec(version.trim());
  return match !== null && match[1] === "3" && Number(match[2]) >= 200;
}

/** Path of a working CLI. Rejects with `engine.not-obtained` when no way led to one. */
export async function ensurePulumi(places: EnginePlaces, progress: Progress): Promise<string> {
  const folder = join(places.cache, "pulumi", PULUMI_VERSION);
  const cached = join(folder, "pulumi");
  const present = (await firstOnPath(places.bin)) ?? (await fitting(cached));
  if (present) return present;
  progress.report(`looking for the release of Pulumi ${PULUMI_VERSION}`);
  try {
    const downloaded = !isOffline() && (await downloadPulumi(PULUMI_VERSION, folder, progress));
    if (!downloaded) await buildPulumi(PULUMI_VERSION, folder, progress);
  } catch (error) {
    throw notObtained(error);
  }
  return cached;
}

/** Set `RAMPA_OFFLINE=1` to skip looking for release sites and go to the package registries at once. */
export function isOffline(): boolean {
  return (process.env.RAMPA_OFFLINE ?? "") !== "";
}

function notObtained(error: unknown): EngineError {
  const reason = error instanceof Error ? error.message : String(error);
  return new EngineError(
    "engine.not-obtained",
    `The Pulumi CLI ${PULUMI_VERSION} is not on PATH, and neither its release nor a build gave one:\n${reason}`,
    "install Pulumi 3.200.0 or newer (or Go 1.24 or newer, to build it), then: npm run up",
  );
}

async function firstOnPath(ownBin: string): Promise<string | undefined> {
  for (const entry of (process.env.PATH ?? "").split(delimiter)) {
    if (entry === "" || entry === ownBin) continue;
    const found = await fitting(join(entry, "pulumi"));
    if (found) return found;
  }
  return undefined;
}

async function fitting(command: string): Promise<string | undefined> {
  if (!existsSync(command)) return undefined;
  try {
    const env = { PULUMI_SKIP_UPDATE_CHECK: "true" };
    const version = await runTool({ command, args: ["version"], env, timeoutMs: VERSION_TIMEOUT_MS });
    return isFittingVersion(version) ? realpathSync(command) : undefined;
  } catch {
    return undefined;
  }
}

/** Plugins that the release ships beside the CLI. */
export function pluginsBeside(pulumi: string): Map<string, string> {
  const names = ["pulumi-language-nodejs", "pulumi-analyzer-policy"];
  const found = names.map((name): [string, string] => [name, join(dirname(pulumi), name)]);
  return new Map(found.filter(([, path]) => existsSync(path)));
}
