// Writes the states that a release leaves behind, for the upgrade tests of later ones: `node test/upgrade/record-states.ts`.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import manifest from "../../package.json" with { type: "json" };
import { recordState } from "./upgrade-kit.ts";

const folder = join(import.meta.dirname, "states", manifest.version);
mkdirSync(folder, { recursive: true });

for (const stack of ["prod"]) {
  const file = join(folder, `${stack}.json.gz`);
  writeFileSync(file, gzipSync(await recordState({ stack }), { level: 9 }));
  process.stdout.write(`${file}\n`);
}
