// A throw-away engine with stand-ins alone and a state of its own: plans or simulates a stack, asking nobody.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import type { Progress } from "../progress.ts";
import { ensureEngine } from "./engine.ts";
import { checkoutPlaces, type EnginePlaces } from "./places.ts";
import { valueAt } from "./property-values.ts";
import { runPulumi } from "./run-operation.ts";
import { openStack, type StackHandle } from "./stack.ts";
import { type StandInWorld, WORLD_VARIABLE } from "./stand-in-world.ts";
import { readCheckpoint, stateFilesOf } from "./state-files.ts";

export type OfflineOptions = {
  readonly world: Exclude<StandInWorld, "real">;
  /** Folder with `Pulumi.yaml`, the program and the stack's file; this checkout by default. */
  readonly project?: string;
  /** A state as `exportState` gives it, which the stack begins with; none when left out. */
  readonly state?: string;
  /** Encrypts the secrets in the state. A state that is to be read again needs the one it was written with. */
  readonly passphrase?: string;
  readonly progress: Progress;
};

export type OfflineStack = {
  readonly handle: StackHandle;
  /** The stack's whole state as JSON, its secrets encrypted. */
  exportState(): Promise<string>;
  /** Replaces the stack's config; for tests. The stack's own file stays as it is. */
  configure(config: Readonly<Record<string, unknown>>): void;
  /** Deletes engine and state. */
  remove(): void;
};

const STATE_TIMEOUT_MS = 60_000;
const CONFIG_FOLDER = "stack-config";

/** The project's files are used where they are and not changed: what the engine writes goes to a folder that is removed. */
export async function openOfflineStack(stack: string, options: OfflineOptions): Promise<OfflineStack> {
  const project = options.project ?? checkoutPlaces.checkout;
  const folder = mkdtempSync(join(tmpdir(), "rampa-offline-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const configFile = linkProject(project, folder, stack);
    const places = placesIn(folder);
    if (options.passphrase !== undefined) {
      mkdirSync(places.home, { recursive: true });
      writeFileSync(places.passphrase, options.passphrase, { mode: 0o600 });
    }
    const engine = await ensureEngine(options.progress, places, { standInsOnly: true });
    const env = { ...engine.env, [WORLD_VARIABLE]: options.world, NODE_COMPILE_CACHE: compileCache() };
    const handle = await openStack({ ...engine, env }, stack, places);
    if (options.state !== undefined) await importState(handle, options.state);
    return {
      handle,
      exportState: () => runPulumi(handle, ["stack", "export"], { timeoutMs: STATE_TIMEOUT_MS }),
      configure: (config) => writeFileSync(configFile, stringify({ config })),
      remove,
    };
  } catch (error) {
    remove();
    throw error;
  }
}

/** Shared by all throw-away engines: compiling the SDK anew takes longer than a plan. */
function compileCache(): string {
  return join(checkoutPlaces.cache, "compile");
}

function placesIn(folder: string): EnginePlaces {
  const home = join(folder, ".rampa");
  return {
    checkout: folder,
    home,
    bin: join(home, "bin"),
    state: join(home, "state"),
    passphrase: join(home, "passphrase"),
    cache: checkoutPlaces.cache,
  };
}

/** State and passphrase of a stack that this checkout has deployed; nothing for one that does not exist yet. */
export function deployedState(stack: string): Pick<OfflineOptions, "state" | "passphrase"> {
  const checkpoint = readCheckpoint(stateFilesOf(checkoutPlaces, stack));
  const deployment = valueAt(checkpoint, ["checkpoint", "latest"]);
  if (deployment === undefined) return {};
  return {
    state: JSON.stringify({ version: 3, deployment }),
    passphrase: readFileSync(checkoutPlaces.passphrase, "utf8"),
  };
}

type ProjectFile = { readonly stackConfigDir?: string };

/**
 * The engine finds the program through links, and the stack's file as a copy, since it writes into that one.
 * Returns the path of the copy.
 */
function linkProject(project: string, folder: string, stack: string): string {
  // Pulumi itself refuses a project file of another shape.
  const described = parse(readFileSync(join(project, "Pulumi.yaml"), "utf8")) as ProjectFile;
  const own = ["Pulumi.yaml", CONFIG_FOLDER, ".git", ".rampa"];
  const names = readdirSync(project).filter((name) => !own.includes(name));
  for (const name of names) symlinkSync(join(project, name), join(folder, name));
  writeFileSync(join(folder, "Pulumi.yaml"), stringify({ ...described, stackConfigDir: CONFIG_FOLDER }));
  mkdirSync(join(folder, CONFIG_FOLDER));
  const file = `Pulumi.${stack}.yaml`;
  const copy = join(folder, CONFIG_FOLDER, file);
  const original = join(project, described.stackConfigDir ?? "", file);
  if (existsSync(original)) writeFileSync(copy, withoutEncrypted(readFileSync(original, "utf8")));
  return copy;
}

/** Encrypted values are for another passphrase, and a program that asks nobody needs none of them. */
function withoutEncrypted(text: string): string {
  if (!/\bsecure:/.test(text)) return text;
  const replaced: unknown = parse(text, (_key, value) => (isEncrypted(value) ? "encrypted" : value));
  if (typeof replaced !== "object" || replaced === null) return text;
  return stringify({ ...replaced, encryptionsalt: undefined, encryptedkey: undefined });
}

function isEncrypted(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).join() === "secure";
}

async function importState(handle: StackHandle, state: string): Promise<void> {
  const file = join(handle.places.home, "state.json");
  writeFileSync(file, state);
  await runPulumi(handle, ["stack", "init"], { timeoutMs: STATE_TIMEOUT_MS });
  await runPulumi(handle, ["stack", "import", "--file", file], { timeoutMs: STATE_TIMEOUT_MS });
}
