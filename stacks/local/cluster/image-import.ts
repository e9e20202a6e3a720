// Brings an image from a layout tar into containerd, under the name the kubelet asks for.
import { clusterError } from "./cluster-error.ts";
import { runCommand, tryCommand } from "./commands.ts";
import { instanceOf, layoutOf } from "./instance.ts";
import { readNodeSpec } from "./node-spec.ts";
import { CONTAINERD_SOCKET } from "./part-configs.ts";
import { findNodeInits } from "./processes.ts";

const IMPORT_DEADLINE_MS = 300_000;

/** A command line that runs `ctr` for the images of Kubernetes, wherever the node is. */
export type Ctr = readonly [program: string, ...args: string[]];

export async function hasImageBy(ctr: Ctr, reference: string): Promise<boolean> {
  const listed = await run(ctr, ["images", "list", "-q", `name==${reference}`]);
  return listed.split("\n").includes(reference);
}

/**
 * `--digests` names the image `repository@sha256:…`, which is what the kubelet resolves a pinned reference by;
 * a reference with a tag gets a second name.
 */
export async function importBy(ctr: Ctr, layoutTar: string, reference: string): Promise<void> {
  const repository = repositoryOf(reference);
  const before = new Set(await namesOf(ctr, repository));
  await run(ctr, ["images", "import", "--digests", "--base-name", repository, "-"], layoutTar);
  const names = await namesOf(ctr, repository);
  if (names.includes(reference)) return;
  const imported = names.filter((name) => name.includes("@sha256:"));
  const source = imported.find((name) => !before.has(name)) ?? imported.at(-1);
  if (reference.includes("@") || source === undefined) {
    throw clusterError(
      "cluster.image-digest",
      `${layoutTar} does not hold ${reference}; it holds ${imported.join(", ") || "no image"}`,
      "build the image again and use the digest the build reports",
    );
  }
  await run(ctr, ["images", "tag", "--force", source, reference]);
}

export function repositoryOf(reference: string): string {
  const name = reference.split("@")[0] ?? reference;
  return name.replace(/:[^:/]+$/, "");
}

async function namesOf(ctr: Ctr, repository: string): Promise<readonly string[]> {
  const names = (await run(ctr, ["images", "list", "-q"])).split("\n");
  return names.filter((name) => name !== "" && repositoryOf(name) === repository);
}

async function run([program, ...args]: Ctr, more: readonly string[], inputFile?: string): Promise<string> {
  return await runCommand(program, [...args, ...more], {
    deadlineMs: IMPORT_DEADLINE_MS,
    ...(inputFile === undefined ? {} : { inputFile }),
  });
}

/** `ctr` inside the embedded node, where containerd's socket lies; undefined while there is no node. */
function embeddedCtr(home: string): Ctr | undefined {
  const init = findNodeInits(instanceOf(home).hash)[0];
  const spec = readNodeSpec(layoutOf(home).settings);
  if (init === undefined || spec === undefined) return undefined;
  const enter = ["--target", String(init.pid), "--mount", "--net", "--pid", "--"];
  return ["nsenter", ...enter, spec.binaries.ctr, "--address", CONTAINERD_SOCKET, "--namespace", "k8s.io"];
}

export function requireEmbeddedCtr(home: string): Ctr {
  const ctr = embeddedCtr(home);
  if (ctr !== undefined) return ctr;
  throw clusterError("cluster.not-running", "the local cluster does not run", "npm run up");
}

/** True once the embedded node's containerd answers. */
export async function isContainerdReady(home: string): Promise<boolean> {
  const ctr = embeddedCtr(home);
  if (ctr === undefined) return false;
  const [program, ...args] = ctr;
  return (
    (await tryCommand(program, [...args, "--timeout", "2s", "version"], { deadlineMs: 5_000 })).code === 0
  );
}
