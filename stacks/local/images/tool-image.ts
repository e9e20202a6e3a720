// Builds the images of third-party servers for the local cluster, each only when it is asked for.
import { join } from "node:path";
import { paths } from "../paths.ts";
import { type Progress, silent } from "../progress.ts";
import { encodeImage } from "./assemble-image.ts";
import { baseLayers, debianInputs } from "./base-layers.ts";
import type { Architecture } from "./base-pins.ts";
import { collectDebianPackages } from "./debian-base.ts";
import { type BuiltLayer, cachedLayer } from "./layer-cache.ts";
import { deliverImage, hostArchitecture, type StoredImage, storeImage } from "./stored-image.ts";
import type { TarEntry } from "./tar-archive.ts";
import { type ToolName, type ToolPin, toolPins } from "./tool-pins.ts";
import { wheelLayer } from "./wheel-layer.ts";

export type ToolBuild = {
  readonly progress?: Progress;
  /** Layers and downloads by content; left out: the cache shared between checkouts. */
  readonly cache?: string;
  /** Where the layout and the archive go; left out: the checkout's local state. */
  readonly output?: string;
};

/** Unchanged pins give the same digest without any work. Throws ImageError. */
export async function buildToolImage(name: ToolName, build: ToolBuild = {}): Promise<StoredImage> {
  const { progress = silent, cache = join(paths.cache, "images"), output = paths.images } = build;
  const architecture = hostArchitecture();
  const pin = toolPins[name];
  const layers = await buildLayers(name, pin, { cache, architecture, progress });
  const repository = toolRepository(name);
  const about = { title: name, version: pin.version, licenses: pin.licenses, facts: {} };
  const image = await encodeImage({ cache, repository, about, program: pin.program, architecture, layers });
  return await storeImage(image, { cache, output, repository, progress });
}

export type ToolReferences = Readonly<Partial<Record<ToolName, string>>>;

/** Builds what is named and, when asked, brings it to the local cluster; `repository@digest` of each. */
export async function prepareToolImages(
  names: readonly ToolName[],
  options: { readonly deliver: boolean; readonly progress?: Progress },
): Promise<ToolReferences> {
  const { deliver, progress = silent } = options;
  const references: Partial<Record<ToolName, string>> = {};
  for (const name of names) {
    const image = await buildToolImage(name, { progress });
    if (deliver) await deliverImage(image, progress);
    references[name] = image.reference;
  }
  return references;
}

/** Where the image of a tool would lie; the cluster on this machine has it without any registry. */
export function toolRepository(name: ToolName): string {
  return `rampa.local/${name}`;
}

type LayerSurroundings = {
  readonly cache: string;
  readonly architecture: Architecture;
  readonly progress: Progress;
};

async function buildLayers(
  name: ToolName,
  pin: ToolPin,
  around: LayerSurroundings,
): Promise<readonly BuiltLayer[]> {
  const image = process.env.RAMPA_BASE_IMAGE;
  const base = await baseLayers({ ...around, ...(image === undefined ? {} : { image }) });
  const added: BuiltLayer[] = [];
  if (pin.debian.length > 0) added.push(await packageLayer(name, pin, around));
  for (const wheel of pin.wheels) added.push(await wheelLayer({ ...around, pin: wheel }));
  return [...base, ...added];
}

async function packageLayer(name: ToolName, pin: ToolPin, around: LayerSurroundings): Promise<BuiltLayer> {
  const { cache, architecture } = around;
  const inputs = { packages: debianInputs(architecture, pin.debian), links: pin.links };
  return await cachedLayer({ cache, title: `${name}: Debian packages`, inputs }, async () => {
    const { entries, components } = await collectDebianPackages({ ...around, pins: pin.debian });
    return { entries: [...entries, ...linkEntries(pin)], components };
  });
}

function linkEntries({ links }: ToolPin): TarEntry[] {
  return Object.entries(links).map(([path, target]) => ({ kind: "symlink", path, target }));
}
