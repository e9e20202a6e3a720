// The key that encrypts secrets in the local state: made once, readable by its owner only.
import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { EngineError } from "./engine-error.ts";

const KEY_BYTES = 32;
const OWNER_ONLY = 0o600;

/** Makes the file where there is none; an existing one is never overwritten, only closed to others. */
export function ensurePassphrase(file: string): void {
  mkdirSync(dirname(file), { recursive: true });
  try {
    writeFileSync(file, randomBytes(KEY_BYTES).toString("base64url"), { flag: "wx", mode: OWNER_ONLY });
  } catch (error) {
    if (!isAlreadyThere(error)) throw error;
    requireContent(file);
    chmodSync(file, OWNER_ONLY);
  }
}

function isAlreadyThere(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EEXIST";
}

function requireContent(file: string): void {
  if (statSync(file).size > 0) return;
  throw new EngineError(
    "engine.passphrase-missing",
    `The passphrase file ${file} is empty, so the secrets in the local state cannot be read.`,
    `restore ${file} from a backup, or start over with: npm run down -- --purge`,
  );
}
