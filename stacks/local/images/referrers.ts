// Documents that belong to an image in a registry: attached as OCI referrers, listed and read back by digest.
import { z } from "zod";
import { type Digest, digestOf, isDigest } from "./blob-store.ts";
import { ImageError } from "./image-error.ts";
import { canonicalJson, emptyConfig, encodeIndex, mediaTypes } from "./oci-documents.ts";
import { createRegistryClient, type Registry, type RegistryClient } from "./registry-client.ts";

export type Attachment = {
  /** Media type of the document, and artefact type of the manifest that holds it. */
  readonly type: string;
  readonly text: string;
  readonly annotations: Readonly<Record<string, string>>;
};

const digest = z.custom<Digest>(isDigest);
const listed = z.object({
  manifests: z.array(
    z.looseObject({
      mediaType: z.string(),
      digest,
      size: z.int(),
      artifactType: z.string().optional(),
    }),
  ),
});
type Listed = z.output<typeof listed>["manifests"][number];

const referrer = z.object({ layers: z.array(z.object({ mediaType: z.string(), digest })) });
const image = z.object({ annotations: z.record(z.string(), z.string()).default({}) });

export type ImageManifest = { readonly annotations: Readonly<Record<string, string>>; readonly size: number };

/** The manifest of an image, checked against its digest. Throws ImageError. */
export async function readImageManifest(registry: Registry, subject: Digest): Promise<ImageManifest> {
  const text = await readManifest(createRegistryClient(registry), subject);
  return { ...image.parse(JSON.parse(text)), size: Buffer.byteLength(text) };
}

/** The same document is attached once, however often this is called. Resolves to the digest of its manifest. */
export async function attachDocument(
  registry: Registry,
  subject: Digest,
  { type, text, annotations }: Attachment,
): Promise<Digest> {
  const client = createRegistryClient(registry);
  const { size } = await readImageManifest(registry, subject);
  const [config, layer] = [await putBlob(client, emptyConfig), await putBlob(client, text)];
  const manifest = canonicalJson({
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    artifactType: type,
    config: { mediaType: mediaTypes.empty, ...config },
    layers: [{ mediaType: type, ...layer }],
    subject: { mediaType: mediaTypes.manifest, digest: subject, size },
    annotations,
  });
  const own = digestOf(manifest);
  const response = await putManifest(client, own, { type: mediaTypes.manifest, text: manifest });
  if (!response.headers.has("oci-subject")) {
    const entry = { mediaType: mediaTypes.manifest, digest: own, size: Buffer.byteLength(manifest) };
    await listByTag(client, subject, { ...entry, artifactType: type, annotations });
  }
  return own;
}

/** The texts of all documents of a type that are attached to an image, each checked against its digest. */
export async function readDocuments(
  registry: Registry,
  subject: Digest,
  type: string,
): Promise<readonly string[]> {
  const client = createRegistryClient(registry);
  const entries = (await listReferrers(client, subject)).filter((it) => it.artifactType === type);
  const texts = entries.map(async (entry) => {
    const { layers } = referrer.parse(JSON.parse(await readManifest(client, entry.digest)));
    const layer = layers.find(({ mediaType }) => mediaType === type);
    return layer === undefined ? [] : [await readBlob(client, layer.digest)];
  });
  return (await Promise.all(texts)).flat();
}

/** By the referrers API, else by the index that the specification puts under the subject's tag. */
async function listReferrers(client: RegistryClient, subject: Digest): Promise<readonly Listed[]> {
  const headers = { accept: mediaTypes.index };
  const byApi = await client.send({
    method: "GET",
    target: `referrers/${subject}`,
    headers,
    expect: [200, 404],
  });
  const answer =
    byApi.status === 200
      ? byApi
      : await client.send({
          method: "GET",
          target: `manifests/${tagOf(subject)}`,
          headers,
          expect: [200, 404],
        });
  return answer.status === 200 ? listed.parse(await answer.json()).manifests : [];
}

async function listByTag(client: RegistryClient, subject: Digest, entry: Listed): Promise<void> {
  const earlier = await listReferrers(client, subject);
  if (earlier.some((it) => it.digest === entry.digest)) return;
  const text = encodeIndex([...earlier, entry].map(toDescriptor));
  await putManifest(client, tagOf(subject), { type: mediaTypes.index, text });
}

function toDescriptor({ artifactType, ...rest }: Listed): Parameters<typeof encodeIndex>[0][number] {
  return { ...rest, ...(artifactType !== undefined && { artifactType }) };
}

function tagOf(subject: Digest): string {
  return subject.replace(":", "-");
}

async function putManifest(
  client: RegistryClient,
  reference: string,
  { type, text }: { readonly type: string; readonly text: string },
): Promise<Response> {
  const headers = { "content-type": type };
  return client.send({ method: "PUT", target: `manifests/${reference}`, headers, body: text, expect: [201] });
}

async function putBlob(
  client: RegistryClient,
  text: string,
): Promise<{ readonly digest: Digest; readonly size: number }> {
  const blob = { digest: digestOf(text), size: Buffer.byteLength(text) };
  const head = await client.send({ method: "HEAD", target: `blobs/${blob.digest}`, expect: [200, 404] });
  if (head.status === 200) return blob;
  const started = await client.send({ method: "POST", target: "blobs/uploads/", expect: [202] });
  const finish = new URL(started.headers.get("location") ?? "", started.url);
  finish.searchParams.set("digest", blob.digest);
  const headers = { "content-type": "application/octet-stream" };
  await client.send({ method: "PUT", target: finish.href, headers, body: text, expect: [201] });
  return blob;
}

async function readManifest(client: RegistryClient, wanted: Digest): Promise<string> {
  const headers = { accept: mediaTypes.manifest };
  const answer = await client.send({ method: "GET", target: `manifests/${wanted}`, headers, expect: [200] });
  return checked(await answer.text(), wanted);
}

async function readBlob(client: RegistryClient, wanted: Digest): Promise<string> {
  const answer = await client.send({ method: "GET", target: `blobs/${wanted}`, expect: [200] });
  return checked(await answer.text(), wanted);
}

function checked(text: string, wanted: Digest): string {
  if (digestOf(text) === wanted) return text;
  throw new ImageError("image.checksum", `the registry answered other bytes than ${wanted}`);
}
