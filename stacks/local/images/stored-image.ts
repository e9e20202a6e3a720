// An encoded image as files of this machine, and its way into the local cluster: the same for every image built here.
import { access } from "node:fs/promises";
import { join } from "node:path";
import type { Progress } from "../progress.ts";
import { type ImageDocuments, imageFiles, removeOtherImages, writeLayout } from "./assemble-image.ts";
import type { Architecture } from "./base-pins.ts";
import type { Digest } from "./blob-store.ts";
import { ImageError } from "./image-error.ts";

export type StoredImage = {
  readonly repository: string;
  readonly digest: Digest;
  /** `repository@digest`, as pods name it. */
  readonly reference: string;
  /** OCI layout directory. */
  readonly layout: string;
  /** The same layout as one tar, for containerd, kind and skopeo. */
  readonly archive: string;
  /** The CycloneDX document, a blob of the layout. */
  readonly sbomDigest: Digest;
  /** The artefact manifest that ties the document to the image. */
  readonly sbomManifestDigest: Digest;
};

type StoreRequest = {
  readonly cache: string;
  readonly output: string;
  readonly repository: string;
  readonly progress: Progress;
};

/** Writes layout and archive unless they are there; older images of the repository go. */
export async function storeImage(image: ImageDocuments, request: StoreRequest): Promise<StoredImage> {
  const { repository } = request;
  const { digest } = image.manifest;
  const folder = join(request.output, repositoryFolder(repository));
  const files = imageFiles(folder, digest);
  if (!(await exists(files.archive))) {
    request.progress.report("writing the image");
    await writeLayout(request.cache, image, files);
    await removeOtherImages(folder, files);
  }
  return {
    repository,
    digest,
    reference: `${repository}@${digest}`,
    ...files,
    sbomDigest: image.sbom.digest,
    sbomManifestDigest: image.sbomManifest.digest,
  };
}

/** Brings the image to the local cluster if it is not there. */
export async function deliverImage(image: StoredImage, progress: Progress): Promise<void> {
  const { hasImage, importImage } = await import("../cluster/cluster.ts");
  if (await hasImage(image.reference)) return;
  progress.report(`importing ${image.repository} into the cluster`);
  await importImage(image.archive, image.reference, progress);
}

export function hostArchitecture(): Architecture {
  if (process.arch === "x64") return "amd64";
  if (process.arch === "arm64") return "arm64";
  throw new ImageError(
    "image.unsupported",
    `images exist for x64 and arm64 machines, this one is ${process.arch}`,
  );
}

/** Repositories may share the output folder; tools split layout paths at `:`, so no such sign stays. */
function repositoryFolder(repository: string): string {
  return repository.replaceAll(/[^a-z0-9.-]/g, "_");
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    // Not there or not readable: it is written anew.
    return false;
  }
}
