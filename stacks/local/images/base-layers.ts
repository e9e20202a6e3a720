// The base of the image: pinned Debian packages where the machine can unpack them, else a base image by digest.
import type { Progress } from "../progress.ts";
import { type Architecture, baseImagePin, debianPins } from "./base-pins.ts";
import { collectDebianBase, hasDebianTools } from "./debian-base.ts";
import { type BuiltLayer, cachedLayer, cachedLayers } from "./layer-cache.ts";
import { pullBaseImage } from "./pull-base.ts";

export type BaseRequest = {
  readonly cache: string;
  readonly architecture: Architecture;
  readonly progress: Progress;
  /** `registry/repository@sha256:…`; left out: Debian packages, or the pinned image without Debian tools. */
  readonly image?: string;
};

/** Debian first although an image would be quicker: then open and closed networks build the same digest. */
export async function baseLayers(request: BaseRequest): Promise<readonly BuiltLayer[]> {
  const { cache, architecture, progress } = request;
  if (request.image === undefined && (await hasDebianTools())) {
    const pins = debianPins.map(({ name, version, sha256, keep }) => ({
      name,
      version,
      sha256,
      keep: keep.source,
    }));
    const inputs = { architecture, pins };
    const collect = () => collectDebianBase({ cache, architecture, pins: debianPins, progress });
    return [await cachedLayer({ cache, title: "base: Debian packages", inputs }, collect)];
  }
  const image = request.image ?? baseImagePin;
  const key = { cache, title: "base image", inputs: { architecture, image } };
  return await cachedLayers(key, () => pullBaseImage({ cache, architecture, image, progress }));
}
