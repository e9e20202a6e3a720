// A pack folder in a temporary place: the pack's own entry with the exemptions of a test.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const PACK_ENTRY = resolve(import.meta.dirname, "../../policies/index.ts");

export type PackFixture = { readonly folder: string; remove(): void };

/** Creates the folder; `exemptions` is written as it is given, so that it can be wrong. */
export function createPack(exemptions: unknown): PackFixture {
  const folder = mkdtempSync(join(tmpdir(), "rampa-pack-"));
  const files = {
    "package.json": JSON.stringify({ name: "pack", version: "0.0.1", main: "start.cjs" }),
    "start.cjs": `module.exports = import(${JSON.stringify(pathToFileURL(PACK_ENTRY).href)});`,
    "exemptions.json": JSON.stringify(exemptions),
  };
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  return { folder, remove: () => rmSync(folder, { recursive: true }) };
}
