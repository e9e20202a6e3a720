// ONNX Runtime in the native layer: its JavaScript in one file, and the binding and library of one architecture.
import { join } from "node:path";
import { build } from "esbuild";
import { paths } from "../paths.ts";
import type { Architecture } from "./base-pins.ts";
import { ImageError } from "./image-error.ts";
import type { LayerContent } from "./layer-cache.ts";
import { npmPackages } from "./npm-packages.ts";
import { canonicalJson } from "./oci-documents.ts";
import type { FileSource, TarEntry } from "./tar-archive.ts";

export const ONNX_PACKAGES = ["onnxruntime-node", "onnxruntime-common"] as const;

const home = "app/node_modules/onnxruntime-node";
const folders = { amd64: "x64", arm64: "arm64" } as const satisfies Record<Architecture, string>;
/** The library by the name that the binding links to. */
const BINARIES = ["onnxruntime_binding.node", "libonnxruntime.so.1"];

export async function collectOnnx(architecture: Architecture, version: string): Promise<LayerContent> {
  const { code, inputs } = await bundleBinding();
  const binaries = `bin/napi-v6/linux/${folders[architecture]}`;
  const manifest = { name: "onnxruntime-node", version, main: "./dist/index.js" };
  return {
    entries: [
      file(`${home}/package.json`, Buffer.from(canonicalJson(manifest))),
      file(`${home}/dist/index.js`, code),
      ...BINARIES.map((name) =>
        file(`${home}/${binaries}/${name}`, {
          file: join(paths.checkout, "node_modules/onnxruntime-node", binaries, name),
        }),
      ),
    ],
    components: await npmPackages(inputs),
  };
}

async function bundleBinding(): Promise<{ readonly code: Uint8Array; readonly inputs: readonly string[] }> {
  const result = await build({
    absWorkingDir: paths.checkout,
    entryPoints: ["node_modules/onnxruntime-node/dist/index.js"],
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node24",
    // The binding is found at run time, by a path from this file that names platform and architecture.
    external: ["../bin/*"],
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: "eof",
    metafile: true,
    write: false,
    logLevel: "silent",
  });
  const [output] = result.outputFiles;
  if (output === undefined)
    throw new ImageError("image.native", "esbuild wrote nothing for onnxruntime-node");
  return { code: output.contents, inputs: Object.keys(result.metafile.inputs) };
}

function file(path: string, source: FileSource): TarEntry {
  return { kind: "file", path, mode: 0o644, source };
}
