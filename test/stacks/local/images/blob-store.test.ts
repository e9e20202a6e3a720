// Blobs: named by content, compressed the same way every time, linked between layouts.
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  blobPath,
  hasBlob,
  linkBlob,
  putBytes,
  putLayer,
  putStream,
} from "../../../../stacks/local/images/blob-store.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "rampa-blobs-"));
});
afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

const sha256 = (bytes: Uint8Array) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

describe("putLayer", () => {
  it("names the compressed and the plain bytes by their own SHA-256", async () => {
    const plain = Buffer.from("layer ".repeat(10_000));
    const layer = await putLayer(root, Readable.from([plain]));
    const packed = await readFile(blobPath(root, layer.digest));
    expect(layer.diffId).toBe(sha256(plain));
    expect(layer.digest).toBe(sha256(packed));
    expect(layer.size).toBe(packed.length);
    expect(gunzipSync(packed).equals(plain)).toBe(true);
  });

  it("writes a gzip header without time and name, so that the digest repeats", async () => {
    const one = await putLayer(root, Readable.from([Buffer.from("same")]));
    const other = await putLayer(root, Readable.from([Buffer.from("sa"), Buffer.from("me")]));
    expect(other).toEqual(one);
    const header = (await readFile(blobPath(root, one.digest))).subarray(3, 8);
    expect(header).toEqual(Buffer.alloc(5));
  });

  it("leaves no draft behind when its input fails", async () => {
    const failing = Readable.from(
      (async function* () {
        yield Buffer.from("a");
        throw new Error("input broke");
      })(),
    );
    await expect(putLayer(root, failing)).rejects.toThrow("input broke");
    expect(await readdir(join(root, "blobs"))).toEqual(["sha256"]);
    expect(await readdir(join(root, "blobs", "sha256"))).toEqual([]);
  });
});

describe("blobs", () => {
  it("are present only with their whole size", async () => {
    const blob = await putBytes(root, "content");
    expect(await hasBlob(root, blob)).toBe(true);
    expect(await hasBlob(root, { ...blob, size: blob.size + 1 })).toBe(false);
  });

  it("get the same name from a stream as from bytes", async () => {
    expect(await putStream(root, Readable.from([Buffer.from("content")]))).toEqual(
      await putBytes(root, "content"),
    );
  });

  it("are shared between layouts instead of copied", async () => {
    const blob = await putBytes(root, "content");
    const other = join(root, "other");
    await linkBlob(root, other, blob);
    const [here, there] = await Promise.all([root, other].map((home) => stat(blobPath(home, blob.digest))));
    expect(there?.ino).toBe(here?.ino);
  });
});
