// Which npm packages a bundle was made from, read from the paths of its modules.
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { z } from "zod";
import { paths } from "../paths.ts";
import { npmComponent, type SbomComponent } from "./sbom.ts";

const manifest = z.object({
  name: z.string(),
  version: z.string(),
  // Old packages write `{type, url}`; anything else is no declaration.
  license: z
    .union([z.string(), z.object({ type: z.string() }).transform(({ type }) => type)])
    .optional()
    .catch(undefined),
});
export type PackageManifest = z.output<typeof manifest>;

/** `undefined` when the folder holds no package. */
export async function readPackage(folder: string): Promise<PackageManifest | undefined> {
  const text = await readFile(join(folder, "package.json"), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  return text === undefined ? undefined : manifest.parse(JSON.parse(text));
}

/** The packages that own `modules` (paths as esbuild's metafile names them, relative to the checkout). */
export async function npmPackages(modules: readonly string[]): Promise<SbomComponent[]> {
  const folders = new Set(modules.flatMap((module) => packageFolder(module) ?? []));
  const found = await Promise.all(
    [...folders].sort().map((folder) => readPackage(resolve(paths.checkout, folder))),
  );
  return found.flatMap((entry) =>
    entry === undefined ? [] : [npmComponent(entry.name, entry.version, entry.license)],
  );
}

/** `node_modules/a/node_modules/@b/c/dist/x.js` → `node_modules/a/node_modules/@b/c`. */
export function packageFolder(module: string): string | undefined {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(module)?.[0];
}
