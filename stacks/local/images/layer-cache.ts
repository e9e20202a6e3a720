// Layers by what they are made from: a layer whose inputs did not change is neither packed nor compressed again.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import {
  type Digest,
  digestOf,
  hasBlob,
  isDigest,
  type LayerBlob,
  putLayer,
  writeAtomically,
} from "./blob-store.ts";
import { canonicalJson } from "./oci-documents.ts";
import type { SbomComponent } from "./sbom.ts";
import { packTar, type TarEntry } from "./tar-archive.ts";

export type BuiltLayer = LayerBlob & {
  readonly title: string;
  readonly components: readonly SbomComponent[];
};
export type LayerContent = {
  readonly entries: readonly TarEntry[];
  readonly components: readonly SbomComponent[];
};

/** Raise when the way layers are put together changes, so that caches of older versions are left alone. */
const RECIPE = 1;

const digest = z.custom<Digest>(isDigest);
const component = z.strictObject({
  type: z.enum(["application", "library", "operating-system"]),
  name: z.string(),
  version: z.string(),
  purl: z.string(),
  license: z.string().exactOptional(),
  sha256: z.string().exactOptional(),
});
const recordedLayer = z.strictObject({
  digest,
  diffId: digest,
  size: z.int(),
  title: z.string(),
  components: z.array(component),
});
const recordedLayers = z.array(recordedLayer);

export type LayerRequest = {
  readonly cache: string;
  readonly title: string;
  /** Everything that decides the layer's content, e.g. package versions and checksums. */
  readonly inputs: unknown;
};

/** One layer from the cache, or packed from what `collect` gathers. */
export async function cachedLayer(
  request: LayerRequest,
  collect: () => Promise<LayerContent>,
): Promise<BuiltLayer> {
  const layers = await cachedLayers(request, async () => {
    const { entries, components } = await collect();
    const blob = await putLayer(request.cache, packTar(entries));
    return [{ ...blob, title: request.title, components }];
  });
  const [layer] = layers;
  if (layer === undefined) throw new Error(`the cached layer ${request.title} is empty`);
  return layer;
}

/** Several layers under one key: what a base image by digest brings. */
export async function cachedLayers(
  request: LayerRequest,
  build: () => Promise<readonly BuiltLayer[]>,
): Promise<readonly BuiltLayer[]> {
  const key = digestOf(canonicalJson({ recipe: RECIPE, zlib: process.versions.zlib, ...request, cache: "" }));
  const record = join(request.cache, "layers", `${key.slice("sha256:".length)}.json`);
  const known = await readLayers(record);
  if (known !== undefined && (await allPresent(request.cache, known))) return known;
  const built = await build();
  await writeAtomically(record, canonicalJson(built));
  return built;
}

async function allPresent(cache: string, layers: readonly BuiltLayer[]): Promise<boolean> {
  const present = await Promise.all(layers.map((layer) => hasBlob(cache, layer)));
  return present.every(Boolean);
}

async function readLayers(record: string): Promise<readonly BuiltLayer[] | undefined> {
  const text = await readFile(record, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    return recordedLayers.parse(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) return undefined;
    throw error;
  }
}
