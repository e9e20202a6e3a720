// Keeps the stack's config file as the user wrote it: Pulumi adds a salt there that the state has as well.
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";

const SALT_LINE = /^encryptionsalt:.*\n?/m;
const SECURE_VALUE = /^\s*(?:-\s*)?secure:/m;

/** Runs `work` and then takes the salt line out again, unless the file has encrypted values that need it. */
export async function keepingConfigFile<T>(file: string, work: () => Promise<T>): Promise<T> {
  const before = existsSync(file) ? readFileSync(file, "utf8") : undefined;
  try {
    return await work();
  } finally {
    if (existsSync(file)) restore(file, before);
  }
}

function restore(file: string, before: string | undefined): void {
  const after = readFileSync(file, "utf8");
  if (after === before || SECURE_VALUE.test(after) || SALT_LINE.test(before ?? "")) return;
  if (before === undefined) rmSync(file);
  else writeFileSync(file, before);
}
