// Takes a base image from a registry by digest, every blob verified, and lists the Debian packages in it.
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { z } from "zod";
import type { Progress } from "../progress.ts";
import type { Architecture } from "./base-pins.ts";
import { blobPath, type Digest, digestOf, isDigest, putStream, type StoredBlob } from "./blob-store.ts";
import { ImageError } from "./image-error.ts";
import type { BuiltLayer } from "./layer-cache.ts";
import { readTar } from "./read-tar.ts";
import { createRegistryClient, type RegistryClient } from "./registry-client.ts";
import { debianComponent, type SbomComponent } from "./sbom.ts";

export type BaseImage = {
  readonly cache: string;
  readonly architecture: Architecture;
  /** `[http://]registry/repository@sha256:…`; plain HTTP only for a registry on this machine. */
  readonly image: string;
  readonly progress: Progress;
};

const DOCUMENT_TYPES = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

const digest = z.custom<Digest>(isDigest);
const blob = z.object({ digest, size: z.int(), mediaType: z.string() });
const indexShape = z.object({
  manifests: z.array(
    z.object({ digest, platform: z.object({ architecture: z.string(), os: z.string() }).optional() }),
  ),
});
const manifestShape = z.object({ config: blob, layers: z.array(blob) });
const configShape = z.object({ rootfs: z.object({ diff_ids: z.array(digest) }) });

export async function pullBaseImage(base: BaseImage): Promise<readonly BuiltLayer[]> {
  const { url, repository, wanted } = parseReference(base.image);
  const client = createRegistryClient({ url, repository });
  const manifest = await resolveManifest(client, wanted, base.architecture);
  const config = await fetchBlob(client, base.cache, manifest.config);
  const parsed = configShape.parse(JSON.parse(await readFile(blobPath(base.cache, config.digest), "utf8")));
  const layers: BuiltLayer[] = [];
  for (const [position, layer] of manifest.layers.entries()) {
    base.progress.report(`base: layer ${position + 1} of ${manifest.layers.length} of ${repository}`);
    if (!layer.mediaType.endsWith("gzip")) throw unsupported(base.image, layer.mediaType);
    const diffId = parsed.rootfs.diff_ids[position];
    if (diffId === undefined)
      throw new ImageError("image.base", `${base.image} has a layer its config lacks`);
    const stored = await fetchBlob(client, base.cache, layer);
    const components = await installedPackages(blobPath(base.cache, stored.digest));
    layers.push({ ...stored, diffId, title: `base: ${base.image}`, components });
  }
  return layers;
}

function parseReference(image: string): { url: string; repository: string; wanted: Digest } {
  const match = /^(https?:\/\/)?([^/]+)\/([a-z0-9][a-z0-9._/-]*)@(sha256:[0-9a-f]{64})$/.exec(image);
  const [, scheme = "https://", host, repository, wanted] = match ?? [];
  if (host === undefined || repository === undefined || !isDigest(wanted)) {
    throw new ImageError(
      "image.base",
      `base image ${image}: want registry/repository@sha256:<64 hex digits>`,
    );
  }
  return { url: `${scheme}${host}`, repository, wanted };
}

async function resolveManifest(
  client: RegistryClient,
  wanted: Digest,
  architecture: Architecture,
): Promise<z.output<typeof manifestShape>> {
  const document = await fetchDocument(client, wanted);
  const index = indexShape.safeParse(document);
  if (!index.success) return manifestShape.parse(document);
  const fitting = index.data.manifests.find(
    ({ platform }) => platform?.architecture === architecture && platform.os === "linux",
  );
  if (fitting === undefined)
    throw new ImageError("image.base", `${wanted} has no image for linux/${architecture}`);
  return manifestShape.parse(await fetchDocument(client, fitting.digest));
}

async function fetchDocument(client: RegistryClient, wanted: Digest): Promise<unknown> {
  const headers = { accept: DOCUMENT_TYPES };
  const target = `manifests/${wanted}`;
  const response = await client.send({ method: "GET", target, headers, expect: [200] });
  const text = await response.text();
  if (digestOf(text) !== wanted) throw wrongChecksum(wanted, digestOf(text));
  return JSON.parse(text);
}

async function fetchBlob(client: RegistryClient, cache: string, wanted: StoredBlob): Promise<StoredBlob> {
  const response = await client.send({ method: "GET", target: `blobs/${wanted.digest}`, expect: [200] });
  if (response.body === null) throw new ImageError("image.registry", `${wanted.digest} came without content`);
  const stored = await putStream(cache, Readable.fromWeb(response.body));
  if (stored.digest !== wanted.digest) throw wrongChecksum(wanted.digest, stored.digest);
  return stored;
}

/** Shell-less images keep one file a package under `status.d`. */
async function installedPackages(layer: string): Promise<SbomComponent[]> {
  const tar = createReadStream(layer).pipe(createGunzip());
  return await readTar(tar, (header, content) => {
    if (!/^(\.\/)?var\/lib\/dpkg\/status\.d\/[^/]+$/.test(header.name)) return undefined;
    const field = (name: string) => new RegExp(`^${name}: (.+)$`, "m").exec(content.toString())?.[1];
    const [name, version] = [field("Package"), field("Version")];
    if (name === undefined || version === undefined) return undefined;
    return debianComponent(name, version, field("Architecture") ?? "all");
  });
}

function wrongChecksum(want: Digest, got: Digest): ImageError {
  return new ImageError("image.checksum", `the registry sent ${got} for ${want}; it was not used`);
}

function unsupported(image: string, mediaType: string): ImageError {
  return new ImageError(
    "image.base",
    `${image} has a layer of type ${mediaType}; only gzip layers are supported`,
  );
}
