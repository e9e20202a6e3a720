// Reads the local backend's own files before the engine does: checkpoint, locks and the proof of the passphrase.
import { createDecipheriv, pbkdf2 } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { parse } from "yaml";
import { EngineError } from "./engine-error.ts";
import type { EnginePlaces } from "./places.ts";
import { isList, isMap, type PropertyMap, type PropertyValue, stringAt, valueAt } from "./property-values.ts";

export type StateFiles = {
  readonly checkpoint: string;
  readonly lockFolder: string;
  readonly backups: string;
  readonly history: string;
  /** The stack's config file, `stacks/Pulumi.<stack>.yaml`. */
  readonly config: string;
};

/** Paths of one stack's files, by the project file of the checkout. */
export function stateFilesOf(places: EnginePlaces, stack: string): StateFiles {
  // Pulumi itself refuses a project file without a name, before anything else.
  const project: PropertyValue = parse(readFileSync(join(places.checkout, "Pulumi.yaml"), "utf8"));
  const name = stringAt(project, ["name"]) ?? "";
  const folder = join(places.state, ".pulumi");
  return {
    checkpoint: join(folder, "stacks", name, `${stack}.json`),
    lockFolder: join(folder, "locks", "organization", name, stack),
    backups: join(folder, "backups", name, stack),
    history: join(folder, "history", name, stack),
    config: join(places.checkout, stringAt(project, ["stackConfigDir"]) ?? "", `Pulumi.${stack}.yaml`),
  };
}

/** Undefined for a stack that does not exist yet. Throws `engine.state-damaged` naming the file and the repair. */
export function readCheckpoint(files: StateFiles): PropertyMap | undefined {
  if (!existsSync(files.checkpoint)) return undefined;
  const checkpoint = parseCheckpoint(files.checkpoint);
  if (checkpoint) return checkpoint;
  const backup = newestIntact(files);
  throw new EngineError(
    "engine.state-damaged",
    `The state file ${files.checkpoint} is not a whole checkpoint (${statSync(files.checkpoint).size} bytes), so nothing was changed.`,
    backup
      ? `cp '${backup}' '${files.checkpoint}' && npm run up`
      : `restore ${files.checkpoint} from a backup, or start over with: npm run down -- --purge`,
  );
}

function parseCheckpoint(file: string): PropertyMap | undefined {
  try {
    const parsed: PropertyValue = JSON.parse(readFileSync(file, "utf8"));
    return isMap(valueAt(parsed, ["checkpoint"])) && isMap(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function newestIntact(files: StateFiles): string | undefined {
  const older = existsSync(files.backups)
    ? readdirSync(files.backups)
        .filter((name) => name.endsWith(".json"))
        .sort()
        .reverse()
        .map((name) => join(files.backups, name))
    : [];
  return [`${files.checkpoint}.bak`, ...older].find((file) => parseCheckpoint(file) !== undefined);
}

export type PendingOperation = {
  readonly type: string;
  readonly urn: string;
  readonly inputs: PropertyMap;
};

/** Operations that a killed engine had begun and not recorded as done. */
export function pendingOperations(checkpoint: PropertyMap | undefined): PendingOperation[] {
  const pending = valueAt(checkpoint, ["checkpoint", "latest", "pending_operations"]);
  if (!isList(pending)) return [];
  return pending.map((operation) => {
    const inputs = valueAt(operation, ["resource", "inputs"]);
    return {
      type: stringAt(operation, ["type"]) ?? "",
      urn: stringAt(operation, ["resource", "urn"]) ?? "",
      inputs: isMap(inputs) ? inputs : {},
    };
  });
}

export type StateLock = { readonly file: string; readonly pid: number; readonly isAlive: boolean };

export function readLocks(files: StateFiles): StateLock[] {
  if (!existsSync(files.lockFolder)) return [];
  const names = readdirSync(files.lockFolder).filter((name) => name.endsWith(".json"));
  return names.map((name) => {
    const file = join(files.lockFolder, name);
    const pid = pidOf(file);
    return { file, pid, isAlive: isPulumi(pid) };
  });
}

/** A lock cut short by the kill names nobody, which is the same as a dead process. */
function pidOf(file: string): number {
  try {
    const lock: PropertyValue = JSON.parse(readFileSync(file, "utf8"));
    const pid = valueAt(lock, ["pid"]);
    return typeof pid === "number" ? pid : 0;
  } catch {
    return 0;
  }
}

/** The id may meanwhile belong to another program, so where /proc tells the name it has to be pulumi's. */
function isPulumi(pid: number): boolean {
  if (pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
  const nameFile = `/proc/${pid}/comm`;
  return !existsSync(nameFile) || readFileSync(nameFile, "utf8").trim() === "pulumi";
}

/** Throws `engine.state-locked` naming the process that holds the stack. */
export function requireUnlocked(files: StateFiles): void {
  const holder = readLocks(files).find((lock) => lock.isAlive);
  if (!holder) return;
  throw new EngineError(
    "engine.state-locked",
    `Another run is changing this stack: process ${holder.pid} holds ${holder.file}.`,
    `wait for process ${holder.pid} to end, or stop it with: kill ${holder.pid}`,
  );
}

const derive = promisify(pbkdf2);
const ITERATIONS = 1_000_000;
const KEY_BYTES = 32;
const TAG_BYTES = 16;

/**
 * Checks the passphrase file against the proof in the state, as Pulumi does, before anything is started.
 * Throws `engine.passphrase-missing` or `engine.passphrase-wrong`.
 */
export async function requirePassphrase(
  places: EnginePlaces,
  checkpoint: PropertyMap | undefined,
): Promise<void> {
  const salt = stringAt(checkpoint, ["checkpoint", "latest", "secrets_providers", "state", "salt"]);
  if (salt === undefined) return;
  if (!existsSync(places.passphrase)) {
    throw new EngineError(
      "engine.passphrase-missing",
      `The passphrase file ${places.passphrase} is gone, and the secrets in ${places.state} need it.`,
      `restore ${places.passphrase}, or start over with: npm run down -- --purge`,
    );
  }
  if (await opens(salt, readFileSync(places.passphrase, "utf8").trim())) return;
  throw new EngineError(
    "engine.passphrase-wrong",
    `The passphrase in ${places.passphrase} is not the one that encrypted the secrets in ${places.state}.`,
    `put the earlier content of ${places.passphrase} back, or start over with: npm run down -- --purge`,
  );
}

/** The proof is `v1:<salt>:v1:<nonce>:<ciphertext and tag>`, all in base64, of the word `pulumi`. */
async function opens(proof: string, passphrase: string): Promise<boolean> {
  const [version, salt = "", sealing, nonce = "", sealed = ""] = proof.split(":");
  // Another scheme is for Pulumi itself to judge.
  if (version !== "v1" || sealing !== "v1") return true;
  const key = await derive(passphrase, Buffer.from(salt, "base64"), ITERATIONS, KEY_BYTES, "sha256");
  const bytes = Buffer.from(sealed, "base64");
  const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(nonce, "base64"));
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
  try {
    decipher.update(bytes.subarray(0, bytes.length - TAG_BYTES));
    decipher.final();
    return true;
  } catch {
    return false;
  }
}
