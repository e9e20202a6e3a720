// Puts layers, config, bill of materials and manifests together into an OCI layout and its tar.

import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { Architecture } from "./base-pins.ts";
import { blobPath, type Digest, linkBlob, putBytes, type StoredBlob, writeAtomically } from "./blob-store.ts";
import type { BuiltLayer } from "./layer-cache.ts";
import {
  type Descriptor,
  emptyConfig,
  encodeConfig,
  encodeIndex,
  encodeManifest,
  encodeSbomManifest,
  type ImageProgram,
  layoutFile,
  mediaTypes,
} from "./oci-documents.ts";
import { encodeSbom } from "./sbom.ts";
import { type FileSource, packTar, type TarEntry } from "./tar-archive.ts";

export type ImageParts = {
  readonly cache: string;
  readonly repository: string;
  readonly about: ImageAbout;
  readonly program: ImageProgram;
  readonly architecture: Architecture;
  readonly layers: readonly BuiltLayer[];
};

/** What the image says about itself. */
export type ImageAbout = {
  readonly title: string;
  readonly version: string;
  /** SPDX expression. */
  readonly licenses: string;
  /** Further facts: as labels `rampa.dev/NAME` and as properties of the bill of materials. */
  readonly facts: Readonly<Record<string, string>>;
};

export type ImageDocuments = {
  readonly manifest: Descriptor;
  readonly sbomManifest: Descriptor;
  readonly sbom: StoredBlob;
  readonly index: string;
  /** Names the image alone: containerd tries to unpack whatever manifest the index of an archive lists. */
  readonly archiveIndex: string;
  readonly blobs: readonly StoredBlob[];
};

/** Encodes and stores every document of the image; the result depends on `parts` only, not on their cache. */
export async function encodeImage(parts: ImageParts): Promise<ImageDocuments> {
  const { cache, about, layers, architecture, program } = parts;
  const components = layers.flatMap((layer) => layer.components);
  const sbom = await putBytes(cache, encodeSbom({ ...about, name: about.title }, components));
  const labels = {
    "org.opencontainers.image.licenses": about.licenses,
    "org.opencontainers.image.title": about.title,
    "org.opencontainers.image.version": about.version,
    ...Object.fromEntries(Object.entries(about.facts).map(([name, value]) => [`rampa.dev/${name}`, value])),
    "rampa.dev/sbom": sbom.digest,
  };
  const config = await putBytes(cache, encodeConfig({ architecture, layers, labels, program }));
  const manifest = await putBytes(cache, encodeManifest(config, layers, labels));
  const platform = { architecture, os: "linux" } as const;
  const image: Descriptor = { mediaType: mediaTypes.manifest, ...manifest, platform };
  const empty = await putBytes(cache, emptyConfig);
  const listed = await putBytes(cache, encodeSbomManifest(sbom, empty, image));
  const sbomManifest = { mediaType: mediaTypes.manifest, ...listed, artifactType: mediaTypes.sbom };
  const named = { ...image, annotations: namesOf(parts.repository, manifest.digest) };
  return {
    manifest: image,
    sbomManifest,
    sbom,
    index: encodeIndex([named, sbomManifest]),
    archiveIndex: encodeIndex([named]),
    blobs: [...layers, config, manifest, empty, sbom, listed],
  };
}

/** containerd names the imported image by the first, other tools find it in the layout by the second. */
function namesOf(repository: string, digest: Digest): Record<string, string> {
  return {
    "io.containerd.image.name": `${repository}@${digest}`,
    "org.opencontainers.image.ref.name": "runtime",
  };
}

export type ImageFiles = { readonly layout: string; readonly archive: string };

/** Where the image of `digest` lies inside `folder`; a complete image has its archive, which is written last. */
export function imageFiles(folder: string, digest: Digest): ImageFiles {
  const home = join(folder, digest.slice("sha256:".length, "sha256:".length + 16));
  return { layout: join(home, "layout"), archive: join(home, "image.tar") };
}

export async function writeLayout(cache: string, image: ImageDocuments, files: ImageFiles): Promise<void> {
  await rm(files.layout, { recursive: true, force: true });
  await mkdir(files.layout, { recursive: true });
  for (const blob of image.blobs) await linkBlob(cache, files.layout, blob);
  await writeAtomically(join(files.layout, "oci-layout"), layoutFile);
  await writeAtomically(join(files.layout, "index.json"), image.index);
  const draft = `${files.archive}.${randomUUID()}`;
  try {
    await pipeline(packTar(archiveEntries(image, files.layout)), createWriteStream(draft));
    await rename(draft, files.archive);
  } finally {
    await rm(draft, { force: true });
  }
}

function archiveEntries(image: ImageDocuments, layout: string): TarEntry[] {
  const file = (path: string, source: FileSource): TarEntry => ({ kind: "file", path, mode: 0o644, source });
  const blobs = new Set(image.blobs.map(({ digest }) => blobPath("", digest)));
  return [
    file("oci-layout", Buffer.from(layoutFile)),
    file("index.json", Buffer.from(image.archiveIndex)),
    ...[...blobs].map((path) => file(path, { file: join(layout, path) })),
  ];
}

/** Keeps the image in use and removes the others, which the cache can link together again in a second. */
export async function removeOtherImages(folder: string, files: ImageFiles): Promise<void> {
  const kept = dirname(files.layout);
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (path !== kept && /^[0-9a-f]{16}$/.test(name)) await rm(path, { recursive: true, force: true });
  }
}
