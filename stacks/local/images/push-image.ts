// Pushes a built image and its bill of materials to a registry by digest; what is there is not sent again.
import { openAsBlob } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Progress } from "../progress.ts";
import { blobPath, type Digest, isDigest, type StoredBlob } from "./blob-store.ts";
import { encodeIndex, mediaTypes } from "./oci-documents.ts";
import { createRegistryClient, type Registry, type RegistryClient } from "./registry-client.ts";
import type { RuntimeImage } from "./runtime-image.ts";

/** Larger blobs go in pieces, as a proxy in front of a registry may bound one request's body. */
const CHUNK_BYTES = 16 * 1024 * 1024;
const descriptor = z.object({ digest: z.custom<Digest>(isDigest), size: z.int(), mediaType: z.string() });
const manifestShape = z.object({ config: descriptor, layers: z.array(descriptor) });
const indexShape = z.object({ manifests: z.array(z.record(z.string(), z.unknown())) });

/** Resolves to `registry/repository@digest`; throws `image.registry` when the registry refuses or is silent. */
export async function pushImage(
  image: RuntimeImage,
  registry: Registry,
  progress: Progress,
): Promise<string> {
  const client = createRegistryClient(registry);
  await pushManifest(client, image, image.digest, progress);
  const listed = await pushManifest(client, image, image.sbomManifestDigest, progress);
  if (!listed) await listByTag(client, image);
  return `${new URL(registry.url).host}/${registry.repository}@${image.digest}`;
}

/** True when the registry itself keeps track of what refers to an image (or the manifest was there before). */
async function pushManifest(
  client: RegistryClient,
  image: RuntimeImage,
  digest: Digest,
  progress: Progress,
): Promise<boolean> {
  if (await exists(client, `manifests/${digest}`)) return true;
  const text = await readFile(blobPath(image.layout, digest), "utf8");
  const { config, layers } = manifestShape.parse(JSON.parse(text));
  for (const blob of [...layers, config]) await pushBlob(client, image, blob, progress);
  const headers = { "content-type": mediaTypes.manifest };
  const target = `manifests/${digest}`;
  const response = await client.send({ method: "PUT", target, headers, body: text, expect: [201] });
  return response.headers.has("oci-subject") || digest === image.digest;
}

async function pushBlob(
  client: RegistryClient,
  image: RuntimeImage,
  blob: StoredBlob,
  progress: Progress,
): Promise<void> {
  if (await exists(client, `blobs/${blob.digest}`)) return;
  const content = await openAsBlob(blobPath(image.layout, blob.digest));
  const started = await client.send({ method: "POST", target: "blobs/uploads/", expect: [202] });
  let upload = locationOf(started);
  const pieces = content.size > CHUNK_BYTES ? Math.ceil(content.size / CHUNK_BYTES) : 0;
  for (let piece = 0; piece < pieces; piece += 1) {
    progress.report(`pushing ${blob.digest.slice(0, 19)} (${piece + 1} of ${pieces})`);
    const start = piece * CHUNK_BYTES;
    const body = content.slice(start, Math.min(start + CHUNK_BYTES, content.size));
    upload = await pushChunk(client, upload, { start, body });
  }
  const finish = new URL(upload);
  finish.searchParams.set("digest", blob.digest);
  await client.send({
    method: "PUT",
    target: finish.href,
    headers: { "content-type": "application/octet-stream" },
    ...(pieces === 0 ? { body: content } : {}),
    expect: [201],
  });
}

async function pushChunk(
  client: RegistryClient,
  target: string,
  chunk: { readonly start: number; readonly body: Blob },
): Promise<string> {
  const headers = {
    "content-type": "application/octet-stream",
    "content-range": `${chunk.start}-${chunk.start + chunk.body.size - 1}`,
  };
  const response = await client.send({ method: "PATCH", target, headers, body: chunk.body, expect: [202] });
  return locationOf(response);
}

/** The next upload address; registries may give it relative to the one that was asked. */
function locationOf(response: Response): string {
  return new URL(response.headers.get("location") ?? "", response.url).href;
}

async function exists(client: RegistryClient, target: string): Promise<boolean> {
  const headers = { accept: mediaTypes.manifest };
  return (await client.send({ method: "HEAD", target, headers, expect: [200, 404] })).status === 200;
}

/** Registries without the referrers API: the specification's fallback is an index under the subject's tag. */
async function listByTag(client: RegistryClient, image: RuntimeImage): Promise<void> {
  const target = `manifests/${image.digest.replace(":", "-")}`;
  const layout = indexShape.parse(JSON.parse(await readFile(join(image.layout, "index.json"), "utf8")));
  const entry = layout.manifests.find(({ digest }) => digest === image.sbomManifestDigest);
  const { size } = descriptor.parse(entry);
  const listed = { mediaType: mediaTypes.manifest, digest: image.sbomManifestDigest, size };
  const body = encodeIndex([{ ...listed, artifactType: mediaTypes.sbom }]);
  const headers = { "content-type": mediaTypes.index };
  await client.send({ method: "PUT", target, headers, body, expect: [201] });
}
