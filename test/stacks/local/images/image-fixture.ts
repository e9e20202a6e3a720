// A real image around a small program, and the ordinary tools that judge it.
import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { digestOf } from "../../../../stacks/local/images/blob-store.ts";
import type { Bundle } from "../../../../stacks/local/images/runtime-image.ts";

/** Loads the native libraries the way the runtime does and prints what it found. */
export const probeProgram = [
  'import { getLlama } from "node-llama-cpp";',
  'const llama = await getLlama({ build: "never", gpu: false });',
  'const { default: ort } = await import("onnxruntime-node");',
  "const [onnx] = ort.listSupportedBackends();",
  "console.log(JSON.stringify({ onnx: onnx.name, uid: process.getuid(), node: process.version, build: llama.buildType }));",
  "await llama.dispose();",
].join("\n");

export async function writeBundle(folder: string, program: string): Promise<Bundle> {
  const path = join(folder, "rampa.mjs");
  await writeFile(path, program);
  return { path, digest: digestOf(program), modules: ["node_modules/zod/index.js", "serving/main.ts"] };
}

export type Ran = { readonly status: number | null; readonly stdout: string; readonly stderr: string };

export function run(program: string, ...args: readonly string[]): Ran {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    encoding: "utf8",
    timeout: 120_000,
    maxBuffer: 64 * 1024 * 1024,
  });
  return { status, stdout, stderr: error === undefined ? stderr : error.message };
}

/** Runs a program in an unpacked image: own mounts, no network, read-only root, /tmp alone writable, uid 65532. */
export function runUnpacked(root: string, ...command: readonly string[]): Ran {
  const script = [
    'set -e; cd "$1"; shift',
    'mount --bind . . && cd "$PWD"',
    "mkdir -p proc dev",
    "mount -t proc proc proc; mount -t tmpfs -o mode=755 dev dev; touch dev/null dev/urandom",
    "mount --bind /dev/null dev/null; mount --bind /dev/urandom dev/urandom",
    "mount -t tmpfs -o uid=65532,mode=700 tmp tmp",
    "mount -o remount,bind,ro .",
    'exec chroot --userspec=65532:65532 . "$@"',
  ].join("\n");
  return run("unshare", "--mount", "--net", "--pid", "--fork", "sh", "-c", script, "sh", root, ...command);
}

/** Installs what is missing of the named Debian packages, each with the program it is wanted for. */
export function ensureDebianPackages(wanted: Readonly<Record<string, string>>): void {
  const missing = Object.entries(wanted).filter(
    ([, program]) => run("sh", "-c", `command -v ${program}`).status !== 0,
  );
  if (missing.length === 0) return;
  const names = missing.map(([name]) => name);
  const install = () => run("apt-get", "install", "-y", "-q", "--no-install-recommends", ...names);
  if (install().status === 0) return;
  run("apt-get", "update", "-q");
  const second = install();
  if (second.status !== 0) throw new Error(`apt-get install ${names.join(" ")}: ${second.stderr}`);
}
