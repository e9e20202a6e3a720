// Keeps the stack's config file as the user wrote it: Pulumi adds a salt there that the state has as well.
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";

const SALT_LINE = /^encryptionsalt:.*\n?/m;
const SECURE_VALUE = /^\s*(?:-\s*)?secure:/m;

/** Runs `work` and then takes the salt line out, unless the file has encrypted values that need it. */
export async function keepingConfigFile<T>(file: string, work: () => Promise<T>): Promise<T> {
  const before = existsSync(file) ? readFileSync(file, "utf8") : undefined;
  try {
    return await work();
  } finally {
    if (existsSync(file)) restore(file, before);
  }
}

/** A salt from before this run goes as well: plain `pulumi` left it, and it fits no other checkout's passphrase. */
function restore(file: string, before: string | undefined): void {
  const after = readFileSync(file, "utf8");
  if (SECURE_VALUE.test(after)) return;
  const wanted = before?.replace(SALT_LINE, "");
  if (wanted === undefined) rmSync(file);
  else if (wanted !== after) writeFileSync(file, wanted);
}
