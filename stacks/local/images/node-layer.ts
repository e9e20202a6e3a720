// The layer with the Node binary: the running one when its checksum is the pinned one, else from npm.

import { createReadStream } from "node:fs";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createGunzip } from "node:zlib";
import type { Progress } from "../progress.ts";
import { type Architecture, nodePin } from "./base-pins.ts";
import { digestOfFile } from "./blob-store.ts";
import { ImageError } from "./image-error.ts";
import type { LayerContent } from "./layer-cache.ts";
import { readTar } from "./read-tar.ts";
import { runTool } from "./tool.ts";

export type NodeSource = {
  readonly cache: string;
  readonly architecture: Architecture;
  readonly progress: Progress;
};

const DOWNLOAD_DEADLINE_MS = 300_000;

export async function collectNode(source: NodeSource): Promise<LayerContent> {
  const sha256 = nodePin.sha256[source.architecture];
  const file = await obtainNode(source, `sha256:${sha256}`);
  const purl = `pkg:generic/node@${nodePin.version}?arch=${source.architecture}`;
  return {
    entries: [{ kind: "file", path: "usr/bin/node", mode: 0o755, source: { file } }],
    components: [
      { type: "application", name: "node", version: nodePin.version, purl, license: "MIT", sha256 },
    ],
  };
}

async function obtainNode(source: NodeSource, wanted: string): Promise<string> {
  if ((await digestOfFile(process.execPath)) === wanted) return process.execPath;
  const kept = join(source.cache, "node", `${nodePin.version}-${source.architecture}`);
  const known = await digestOfFile(kept).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (known === wanted) return kept;
  await downloadNode(source, kept, wanted);
  return kept;
}

async function downloadNode(source: NodeSource, target: string, wanted: string): Promise<void> {
  const spec = `${nodePin.npmPackage[source.architecture]}@${nodePin.version}`;
  source.progress.report(`base: ${spec} from npm`);
  await mkdir(dirname(target), { recursive: true });
  const folder = await mkdtemp(`${target}.draft-`);
  try {
    const args = ["pack", "--silent", "--pack-destination", folder, spec];
    const packed = await runTool("npm", args, { deadlineMs: DOWNLOAD_DEADLINE_MS });
    if (!packed.ok) throw new ImageError("image.node", `npm pack ${spec}: ${packed.stderr.trim()}`);
    const draft = join(folder, "node");
    await unpackBinary(join(folder, packed.stdout.trim()), draft);
    const got = await digestOfFile(draft);
    if (got !== wanted) throw new ImageError("image.checksum", `${spec} has ${got}, pinned is ${wanted}`);
    await rename(draft, target);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function unpackBinary(archive: string, target: string): Promise<void> {
  const tar = createReadStream(archive).pipe(createGunzip());
  const [binary] = await readTar(tar, (header, content) =>
    header.name === "package/bin/node" ? content : undefined,
  );
  if (binary === undefined) throw new ImageError("image.node", `${archive} holds no package/bin/node`);
  await writeFile(target, binary);
}
