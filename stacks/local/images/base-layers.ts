// The base of the image: pinned Debian packages, or the base image that the user names by digest.
import type { Progress } from "../progress.ts";
import { type Architecture, type DebianPin, debianPins } from "./base-pins.ts";
import { collectDebianBase, hasDebianTools } from "./debian-base.ts";
import { ImageError } from "./image-error.ts";
import { type BuiltLayer, cachedLayer, cachedLayers } from "./layer-cache.ts";
import { pullBaseImage } from "./pull-base.ts";

export type BaseRequest = {
  readonly cache: string;
  readonly architecture: Architecture;
  readonly progress: Progress;
  /** `registry/repository@sha256:…`; left out: Debian packages. */
  readonly image?: string;
};

/** Debian packages rather than a ready-made image: then open and closed networks build the same digest. */
export async function baseLayers(request: BaseRequest): Promise<readonly BuiltLayer[]> {
  const { cache, architecture, progress, image } = request;
  if (image === undefined) {
    if (!(await hasDebianTools())) throw withoutDebianTools();
    const inputs = debianInputs(architecture, debianPins);
    const collect = () => collectDebianBase({ cache, architecture, pins: debianPins, progress });
    return [await cachedLayer({ cache, title: "base: Debian packages", inputs }, collect)];
  }
  const key = { cache, title: "base image", inputs: { architecture, image } };
  return await cachedLayers(key, () => pullBaseImage({ cache, architecture, image, progress }));
}

/** What decides the content of a layer of pinned packages. */
export function debianInputs(architecture: Architecture, pins: readonly DebianPin[]): unknown {
  const keyed = pins.map(({ name, version, sha256, keep }) => ({ name, version, sha256, keep: keep.source }));
  return { architecture, pins: keyed };
}

function withoutDebianTools(): ImageError {
  return new ImageError(
    "image.base",
    "the base of the runtime image is made of Debian packages, and this machine lacks apt-get or dpkg-deb. " +
      "Next: name a base image with glibc and libstdc++ by digest, RAMPA_BASE_IMAGE=registry/repository@sha256:…",
  );
}
