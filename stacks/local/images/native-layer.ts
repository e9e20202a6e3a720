// The layer with the engines: node-llama-cpp and ONNX Runtime, their JavaScript bundled, and nothing that builds.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { build, type Metafile, type Plugin } from "esbuild";
import { z } from "zod";
import { paths } from "../paths.ts";
import type { Architecture } from "./base-pins.ts";
import { ImageError } from "./image-error.ts";
import type { LayerContent } from "./layer-cache.ts";
import { npmPackages, readPackage } from "./npm-packages.ts";
import { canonicalJson } from "./oci-documents.ts";
import { collectOnnx, ONNX_PACKAGES } from "./onnx-files.ts";
import type { SbomComponent } from "./sbom.ts";
import type { FileSource, TarEntry } from "./tar-archive.ts";

const prebuilt = { amd64: "linux-x64", arm64: "linux-arm64" } as const satisfies Record<Architecture, string>;
const home = "app/node_modules/node-llama-cpp";
/**
 * The bundled code sits one folder deeper than its sources' root because node-llama-cpp looks for its own
 * files relative to the running module: `../llama` from its config, `../../package.json` for its version.
 */
const code = `${home}/dist/bundle`;
const DATA_FILES = [
  "binariesGithubRelease.json",
  "llama.cpp.info.json",
  "grammars/json.gbnf",
  "grammars/json_arr.gbnf",
];
/** node-llama-cpp forks this file to try a binary before loading it, and insists on its name. */
const PROBE = "testBindingBinary";

const lockfile = z.object({
  packages: z.record(
    z.string(),
    z.object({ version: z.string().optional(), integrity: z.string().optional() }),
  ),
});

/** What decides the layer: the versions and checksums of the installed packages it is made of. */
export async function nativeInputs(architecture: Architecture): Promise<unknown> {
  const lock = lockfile.parse(JSON.parse(await readFile(join(paths.checkout, "package-lock.json"), "utf8")));
  const names = ["node-llama-cpp", `@node-llama-cpp/${prebuilt[architecture]}`, ...ONNX_PACKAGES, "esbuild"];
  return await Promise.all(
    names.map(async (name) => {
      const locked = lock.packages[`node_modules/${name}`];
      const { version } = await installed(name);
      if (locked?.version !== version) throw staleInstall(name, version, locked?.version);
      return { name, version, integrity: locked.integrity };
    }),
  );
}

export async function collectNative(architecture: Architecture): Promise<LayerContent> {
  const platform = `@node-llama-cpp/${prebuilt[architecture]}`;
  const bundled = await bundleLibrary();
  const components = await npmPackages(Object.keys(bundled.inputs));
  const onnx = await collectOnnx(architecture, (await installed("onnxruntime-node")).version);
  return {
    entries: [
      ...bundled.entries,
      manifestEntry(await installed("node-llama-cpp")),
      ...DATA_FILES.map((file) =>
        plainFile(`${home}/dist/llama/${file}`, { file: installedPath(`node-llama-cpp/llama/${file}`) }),
      ),
      ...["node-llama-cpp", platform].map((name) =>
        plainFile(`app/node_modules/${name}/LICENSE`, { file: installedPath(`${name}/LICENSE`) }),
      ),
      ...(await platformEntries(platform)),
      ...onnx.entries,
    ],
    components: [
      ...components,
      ...onnx.components,
      ...(await npmPackages([`node_modules/${platform}/package.json`])),
      await llamaComponent(),
    ],
  };
}

/** What the prebuilt libraries were compiled from; vulnerabilities are reported against this name. */
async function llamaComponent(): Promise<SbomComponent> {
  const file = installedPath("node-llama-cpp/llama/binariesGithubRelease.json");
  const { release } = z.object({ release: z.string() }).parse(JSON.parse(await readFile(file, "utf8")));
  const purl = `pkg:github/ggml-org/llama.cpp@${release}`;
  return { type: "library", name: "llama.cpp", version: release, purl, license: "MIT" };
}

type Bundled = { readonly entries: readonly TarEntry[]; readonly inputs: Metafile["inputs"] };

async function bundleLibrary(): Promise<Bundled> {
  const root = "node_modules/node-llama-cpp/dist";
  const [library, probe] = await Promise.all([
    bundleFile(`${root}/index.js`, [externalProbe]),
    bundleFile(`${root}/bindings/utils/${PROBE}.js`, []),
  ]);
  return {
    entries: [plainFile(`${code}/index.js`, library.text), plainFile(`${code}/${PROBE}.js`, probe.text)],
    inputs: { ...library.inputs, ...probe.inputs },
  };
}

const externalProbe: Plugin = {
  name: "external-probe",
  setup({ onResolve }) {
    onResolve({ filter: new RegExp(`/${PROBE}\\.js$`) }, () => ({ path: `./${PROBE}.js`, external: true }));
  },
};

async function bundleFile(
  entry: string,
  plugins: Plugin[],
): Promise<{ readonly text: Uint8Array; readonly inputs: Metafile["inputs"] }> {
  const result = await build({
    absWorkingDir: paths.checkout,
    entryPoints: [entry],
    plugins,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node24",
    external: ["@node-llama-cpp/*", "@reflink/*", "electron"],
    // CommonJS packages inside the bundle call `require`, which an ES module does not have.
    banner: {
      js: 'import { createRequire as toRequire } from "node:module"; const require = toRequire(import.meta.url);',
    },
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: "eof",
    metafile: true,
    write: false,
    logLevel: "silent",
  });
  const [output] = result.outputFiles;
  if (output === undefined) throw new ImageError("image.native", `esbuild wrote nothing for ${entry}`);
  return { text: output.contents, inputs: result.metafile.inputs };
}

/** Only what resolution needs: the original names install scripts and a command line that are not here. */
function manifestEntry(manifest: { readonly version: string }): TarEntry {
  const content = {
    name: "node-llama-cpp",
    version: manifest.version,
    type: "module",
    exports: { ".": "./dist/bundle/index.js" },
  };
  return plainFile(`${home}/package.json`, Buffer.from(canonicalJson(content)));
}

async function platformEntries(platform: string): Promise<TarEntry[]> {
  const folder = installedPath(platform);
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  return files
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name).slice(folder.length + 1))
    .filter((file) => /^(bins\/.+|dist\/.+\.js|package\.json)$/.test(file))
    .map((file) => plainFile(`app/node_modules/${platform}/${file}`, { file: join(folder, file) }));
}

function plainFile(path: string, source: FileSource): TarEntry {
  return { kind: "file", path, mode: 0o644, source };
}

function installedPath(path: string): string {
  return join(paths.checkout, "node_modules", path);
}

async function installed(name: string): Promise<{ readonly version: string }> {
  const manifest = await readPackage(installedPath(name));
  if (manifest !== undefined) return manifest;
  throw new ImageError("image.native", `the package ${name} is not installed. Next: npm ci`);
}

function staleInstall(name: string, got: string, want: string | undefined): ImageError {
  const wanted = want === undefined ? "not listed" : `${want}`;
  return new ImageError(
    "image.native",
    `node_modules has ${name} ${got}, package-lock.json has ${wanted}. Next: npm ci`,
  );
}
