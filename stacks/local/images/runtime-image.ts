// Builds the image every Rampa pod runs: base, Node, native library, bundle; delivers it to the local cluster.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { paths } from "../paths.ts";
import { type Progress, silent } from "../progress.ts";
import { encodeImage } from "./assemble-image.ts";
import { baseLayers } from "./base-layers.ts";
import { type Architecture, nodePin } from "./base-pins.ts";
import { type Digest, digestOf } from "./blob-store.ts";
import { ImageError } from "./image-error.ts";
import { type BuiltLayer, cachedLayer } from "./layer-cache.ts";
import { collectNative, nativeInputs } from "./native-layer.ts";
import { collectNode } from "./node-layer.ts";
import { npmPackages, readPackage } from "./npm-packages.ts";
import type { ImageProgram } from "./oci-documents.ts";
import { deliverImage, hostArchitecture, type StoredImage, storeImage } from "./stored-image.ts";

export type RuntimeImage = StoredImage & {
  /** The bundled program as it went into the image. */
  readonly bundlePath: string;
  readonly bundleDigest: Digest;
};

/** The program that goes into the last layer, and the modules it was bundled from. */
export type Bundle = {
  readonly path: string;
  readonly digest: Digest;
  /** Paths of esbuild's metafile inputs; they tell which npm packages are inside. */
  readonly modules: readonly string[];
};

export type BuildRequest = {
  readonly repository: string;
  readonly bundle: Bundle;
  /** Layers and downloads by content; left out: the cache shared between checkouts. */
  readonly cache?: string;
  /** Where the layout and the archive go; left out: the checkout's local state. */
  readonly output?: string;
  /** Base image by digest in place of Debian packages; left out: `RAMPA_BASE_IMAGE`, else none. */
  readonly baseImage?: string;
  readonly progress?: Progress;
};

export const localRepository = "rampa.local/serving";

const program: ImageProgram = {
  environment: ["NODE_DISABLE_COMPILE_CACHE=1", "NODE_ENV=production", "PATH=/usr/bin"],
  entrypoint: ["node", "/app/rampa.mjs"],
  workingDirectory: "/app",
};

/** Bundles the runtime and builds its image; unchanged inputs give the same digest without any work. */
export async function buildRuntimeImage(repository: string, progress: Progress): Promise<RuntimeImage> {
  progress.report("bundling the runtime");
  const { buildBundleWithInputs } = await import("../../../serving/bundle.ts");
  const { path, digest, metafile } = await buildBundleWithInputs(paths.checkout);
  const bundle = { path, digest, modules: Object.keys(metafile.inputs) };
  return await buildImage({ repository, bundle, progress });
}

export async function buildImage(request: BuildRequest): Promise<RuntimeImage> {
  const cache = request.cache ?? join(paths.cache, "images");
  const output = request.output ?? paths.images;
  const architecture = hostArchitecture();
  const layers = await buildLayers(request, cache, architecture);
  const { repository, bundle } = request;
  const version = (await readPackage(paths.checkout))?.version ?? "0.0.0";
  const bundleDigest = bundle.digest;
  const about = { title: "rampa-runtime", version, licenses: "Apache-2.0", facts: { bundle: bundleDigest } };
  const image = await encodeImage({ cache, repository, about, program, architecture, layers });
  const progress = request.progress ?? silent;
  const stored = await storeImage(image, { cache, output, repository, progress });
  return { ...stored, bundlePath: bundle.path, bundleDigest };
}

/** For a stack's program: builds the image and, when asked, brings it to the local cluster if it is not there. */
export async function prepareRuntimeImage(options: {
  readonly deliver: boolean;
  readonly progress?: Progress;
}): Promise<RuntimeImage> {
  const progress = options.progress ?? silent;
  const image = await buildRuntimeImage(localRepository, progress);
  if (options.deliver) await deliverImage(image, progress);
  return image;
}

async function buildLayers(
  request: BuildRequest,
  cache: string,
  architecture: Architecture,
): Promise<readonly BuiltLayer[]> {
  const progress = request.progress ?? silent;
  const image = request.baseImage ?? process.env.RAMPA_BASE_IMAGE;
  const base = await baseLayers({ cache, architecture, progress, ...(image === undefined ? {} : { image }) });
  const node = await cachedLayer(
    { cache, title: `node ${nodePin.version}`, inputs: { architecture, nodePin } },
    () => {
      progress.report("packing Node");
      return collectNode({ cache, architecture, progress });
    },
  );
  const native = await cachedLayer(
    { cache, title: "engines", inputs: await nativeInputs(architecture) },
    () => {
      progress.report("packing the engines");
      return collectNative(architecture);
    },
  );
  return [...base, node, native, await bundleLayer(cache, request.bundle)];
}

async function bundleLayer(cache: string, bundle: Bundle): Promise<BuiltLayer> {
  const components = await npmPackages(bundle.modules);
  const inputs = { digest: bundle.digest, components };
  return await cachedLayer({ cache, title: "rampa", inputs }, async () => {
    const source = await readFile(bundle.path);
    const got = digestOf(source);
    // Another build may be writing the same file.
    if (got !== bundle.digest) {
      const want = `the bundler reported ${bundle.digest}`;
      throw new ImageError("image.checksum", `${bundle.path} is ${got}, ${want}. Next: run the same again`);
    }
    return { entries: [{ kind: "file", path: "app/rampa.mjs", mode: 0o644, source }], components };
  });
}
