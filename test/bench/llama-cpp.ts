// Builds llama.cpp's own benchmark from the source that the engine's package carries, linked to the very libraries our server loads.
import { execFile } from "node:child_process";
import { mkdir, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { paths } from "../../stacks/local/paths.ts";

const run = promisify(execFile);
const BUILD_TIMEOUT_MS = 5 * 60_000;
const PACKAGES = join(paths.checkout, "node_modules");
const LIBRARIES = ["libllama-common.so", "libllama.v0.5.0.so", "libggml.v0.5.0.so", "libggml-base.so"];

export type LlamaBench = {
  readonly program: string;
  /** The folder to run it in and to find libraries in: it looks for its kernels there. */
  readonly libraries: string;
};

/** `llama-batched-bench`; building it needs git and a C++ compiler. */
export async function buildLlamaBench(): Promise<LlamaBench> {
  const platform = `linux-${process.arch}`;
  const libraries = join(PACKAGES, "@node-llama-cpp", platform, "bins", platform);
  const folder = join(paths.cache, "bench", "llama.cpp");
  const source = join(folder, "source");
  const program = join(folder, "llama-batched-bench");
  if (await exists(program)) return { program, libraries };
  await mkdir(folder, { recursive: true });
  if (!(await exists(source))) {
    const bundle = join(PACKAGES, "node-llama-cpp/llama/gitRelease.bundle");
    await run("git", ["clone", "--quiet", bundle, `${source}.part`], { timeout: BUILD_TIMEOUT_MS });
    await rename(`${source}.part`, source);
  }
  const includes = ["include", "ggml/include", "common"].map((name) => `-I${join(source, name)}`);
  const files = ["batched-bench.cpp", "main.cpp"].map((name) => join(source, "tools/batched-bench", name));
  const objects = LIBRARIES.map((name) => join(libraries, name));
  const link = ["-o", `${program}.part`, ...objects];
  await run("g++", ["-O2", "-std=c++17", ...includes, ...files, ...link], { timeout: BUILD_TIMEOUT_MS });
  await rename(`${program}.part`, program);
  return { program, libraries };
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
