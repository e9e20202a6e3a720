// Layers to image with tiny layers: reproducible in any folder, one changed layer a changed bundle, cached work.
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  encodeImage,
  type ImageDocuments,
  imageFiles,
  removeOtherImages,
  writeLayout,
} from "../../../../stacks/local/images/assemble-image.ts";
import { blobPath, digestOf, digestOfFile } from "../../../../stacks/local/images/blob-store.ts";
import { type BuiltLayer, cachedLayer } from "../../../../stacks/local/images/layer-cache.ts";
import { npmComponent } from "../../../../stacks/local/images/sbom.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "rampa-image-"));
});
afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

let packed = 0;
async function tinyLayer(cache: string, title: string, content: string): Promise<BuiltLayer> {
  return await cachedLayer({ cache, title, inputs: { content } }, async () => {
    packed += 1;
    return {
      entries: [{ kind: "file", path: `app/${title}`, mode: 0o644, source: Buffer.from(content) }],
      components: [npmComponent(title, "1.0.0")],
    };
  });
}

async function tinyImage(cache: string, bundle: string): Promise<ImageDocuments> {
  const layers = [await tinyLayer(cache, "base", "fixed"), await tinyLayer(cache, "rampa", bundle)];
  return await encodeImage({
    cache,
    repository: "rampa.local/serving",
    about: { title: "tiny", version: "0.1.0", licenses: "Apache-2.0", facts: { bundle: digestOf(bundle) } },
    program: { environment: ["PATH=/usr/bin"], entrypoint: ["tiny"], workingDirectory: "/" },
    architecture: "amd64",
    layers,
  });
}

async function layerDigests(cache: string, image: ImageDocuments): Promise<string[]> {
  const manifest = JSON.parse(await readFile(blobPath(cache, image.manifest.digest), "utf8"));
  return manifest.layers.map(({ digest }: { digest: string }) => digest);
}

describe("encodeImage", () => {
  it("gives one digest and one archive in two folders that share nothing", async () => {
    const archives = await Promise.all(
      ["one", "two"].map(async (name) => {
        const cache = join(root, name);
        const image = await tinyImage(cache, "v1");
        const files = imageFiles(join(root, `${name}-out`), image.manifest.digest);
        await writeLayout(cache, image, files);
        return { manifest: image.manifest.digest, archive: await digestOfFile(files.archive) };
      }),
    );
    expect(archives[1]).toEqual(archives[0]);
  });

  it("changes one layer and the digest when only the bundle changes", async () => {
    const [before, after] = [await tinyImage(root, "v1"), await tinyImage(root, "v2")];
    const [old, fresh] = [await layerDigests(root, before), await layerDigests(root, after)];
    expect(after.manifest.digest).not.toBe(before.manifest.digest);
    expect(fresh[0]).toBe(old[0]);
    expect(fresh[1]).not.toBe(old[1]);
  });

  it("lists what is inside, and the manifest names the list by digest", async () => {
    const image = await tinyImage(root, "v1");
    const sbom = JSON.parse(await readFile(blobPath(root, image.sbom.digest), "utf8"));
    const manifest = JSON.parse(await readFile(blobPath(root, image.manifest.digest), "utf8"));
    expect(sbom.components.map(({ name }: { name: string }) => name)).toEqual(["base", "rampa"]);
    expect(sbom.metadata.component).toMatchObject({
      name: "tiny",
      properties: [{ name: "rampa:bundle", value: digestOf("v1") }],
    });
    expect(manifest.annotations).toEqual({
      "org.opencontainers.image.licenses": "Apache-2.0",
      "org.opencontainers.image.title": "tiny",
      "org.opencontainers.image.version": "0.1.0",
      "rampa.dev/bundle": digestOf("v1"),
      "rampa.dev/sbom": image.sbom.digest,
    });
  });
});

describe("writeLayout", () => {
  it("holds every blob that its documents name, under its digest", async () => {
    const image = await tinyImage(root, "v1");
    const files = imageFiles(join(root, "out"), image.manifest.digest);
    await writeLayout(root, image, files);
    const names = await readdir(join(files.layout, "blobs", "sha256"));
    for (const name of names) {
      const path = join(files.layout, "blobs", "sha256", name);
      expect(await digestOfFile(path)).toBe(`sha256:${name}`);
    }
    expect(names).toHaveLength(7);
  });

  it("makes room by removing the images of earlier bundles and nothing else", async () => {
    const out = join(root, "out");
    const [before, after] = [await tinyImage(root, "v1"), await tinyImage(root, "v2")];
    for (const image of [before, after])
      await writeLayout(root, image, imageFiles(out, image.manifest.digest));
    await writeFile(join(out, "mine.txt"), "");
    await removeOtherImages(out, imageFiles(out, after.manifest.digest));
    expect((await readdir(out)).sort()).toEqual([after.manifest.digest.slice(7, 23), "mine.txt"].sort());
  });
});

describe("cachedLayer", () => {
  it("packs a layer once for the same inputs", async () => {
    packed = 0;
    const first = await tinyLayer(root, "base", "same");
    expect(await tinyLayer(root, "base", "same")).toEqual(first);
    expect(packed).toBe(1);
  });

  it("packs again when the blob is gone or the record is cut off", async () => {
    const first = await tinyLayer(root, "base", "lost");
    packed = 0;
    await rm(blobPath(root, first.digest));
    expect(await tinyLayer(root, "base", "lost")).toEqual(first);
    for (const record of await readdir(join(root, "layers")))
      await writeFile(join(root, "layers", record), '[{"dig');
    expect(await tinyLayer(root, "base", "lost")).toEqual(first);
    expect(packed).toBe(2);
  });
});
