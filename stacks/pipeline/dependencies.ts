// `rampa pipeline dependencies`: judges what this checkout installs, without a network.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { type OutputOptions, print } from "../cli/output.ts";
import { paths } from "../local/paths.ts";
import {
  type Dependencies,
  findDependencyFaults,
  lockfileSchema,
  manifestSchema,
} from "./dependency-check.ts";

const installedSchema = z.object({ packages: z.record(z.string(), z.unknown()) });

export async function runDependencies(options: OutputOptions): Promise<number> {
  const given = await readDependencies(paths.checkout);
  const faults = findDependencyFaults(given);
  const count = given.installed.size;
  const lines = faults.map(({ rule, where, message }) => `${rule}: ${where}: ${message}`);
  print(
    options,
    { packages: count, faults },
    [...lines, `${count} packages, ${faults.length} faults`].join("\n"),
  );
  return faults.length === 0 ? 0 : 1;
}

export async function readDependencies(checkout: string): Promise<Dependencies> {
  const read = (name: string): Promise<string> => readFile(join(checkout, name), "utf8");
  const [lockfile, manifest, settings, installed] = await Promise.all([
    read("package-lock.json"),
    read("package.json"),
    read(".npmrc"),
    read("node_modules/.package-lock.json"),
  ]);
  return {
    lockfile: lockfileSchema.parse(JSON.parse(lockfile)),
    manifest: manifestSchema.parse(JSON.parse(manifest)),
    settings,
    installed: new Set(Object.keys(installedSchema.parse(JSON.parse(installed)).packages)),
  };
}
