// Obtains the Pulumi engine with all it needs to run this checkout's program, and says how to call it.
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Progress } from "../progress.ts";
import { writeBinFolder } from "./bin-folder.ts";
import { engineEnvironment, pluginFolder } from "./environment.ts";
import { ensurePassphrase } from "./passphrase.ts";
import { checkoutPlaces, type EnginePlaces } from "./places.ts";
import { ensureProviders, type ProviderChoice } from "./provider-plugins.ts";
import { ensurePulumi, pluginsBeside } from "./pulumi-cli.ts";

export type Engine = {
  /** The Pulumi CLI, as an absolute path. */
  readonly pulumi: string;
  /** Folder that comes first on PATH. */
  readonly binDir: string;
  readonly env: Readonly<Record<string, string>>;
};

/** Safe to repeat: what is there is kept. Rejects with an EngineError when no CLI can be had. */
export async function ensureEngine(
  progress: Progress,
  places: EnginePlaces = checkoutPlaces,
  choice: ProviderChoice = {},
): Promise<Engine> {
  const pulumi = await ensurePulumi(places, progress);
  mkdirSync(places.state, { recursive: true });
  mkdirSync(dirname(pluginFolder(places)), { recursive: true });
  ensurePassphrase(places.passphrase);
  writeBinFolder(places, { pulumi, official: pluginsBeside(pulumi) });
  await ensureProviders({ pulumi, places, progress }, choice);
  return { pulumi: join(places.bin, "pulumi"), binDir: places.bin, env: engineEnvironment(places) };
}
