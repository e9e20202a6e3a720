// Bundles the serving runtime into one ES module, dist/rampa.mjs, whose bytes depend on the sources only.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { build, type Metafile, type Plugin } from "esbuild";

export type Bundle = {
  /** Absolute path of the module; its source map lies beside it. */
  readonly path: string;
  readonly bytes: number;
  readonly digest: `sha256:${string}`;
};

export type BundleWithInputs = Bundle & { readonly metafile: Metafile };

const checkoutOfThisFile = resolve(import.meta.dirname, "..");

/** Bundled CommonJS packages ask for Node's modules by `require`, which an ES module has to make. */
const BANNER = 'import{createRequire}from"node:module";const require=createRequire(import.meta.url);';

/**
 * The model engine stays outside, installed beside the bundle in the image. A static import of an external package
 * would be lifted to the top of the one module and load the engine in every role, even where it is not installed.
 * So its imports go to a module that awaits `import()`, which runs when the model role is first asked for.
 * (`require` does not do: the engine has a top-level await.)
 */
const engineOnDemand: Plugin = {
  name: "engine-on-demand",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node-llama-cpp$/ }, ({ path, kind }) =>
      kind === "dynamic-import" ? { path, external: true } : { path, namespace: "engine" },
    );
    onResolve({ filter: /^(@node-llama-cpp\/|onnxruntime-node$)/ }, ({ path }) => ({ path, external: true }));
    onLoad({ filter: /.*/, namespace: "engine" }, async ({ path }) => {
      const names = Object.keys(await import("node-llama-cpp")).join(", ");
      return { contents: `export const { ${names} } = await import(${JSON.stringify(path)});`, loader: "js" };
    });
  },
};

/** Builds the bundle of a checkout. Where the checkout lies does not show in it. */
export async function buildBundle(checkout: string = checkoutOfThisFile): Promise<Bundle> {
  const { path, bytes, digest } = await buildBundleWithInputs(checkout);
  return { path, bytes, digest };
}

/** The same, with esbuild's account of what went into it. */
export async function buildBundleWithInputs(checkout: string): Promise<BundleWithInputs> {
  const path = join(checkout, "dist/rampa.mjs");
  const { metafile } = await build({
    absWorkingDir: checkout,
    entryPoints: ["serving/main.ts"],
    outfile: path,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node24",
    minify: true,
    sourcemap: "linked",
    sourcesContent: false,
    legalComments: "none",
    charset: "utf8",
    banner: { js: BANNER },
    plugins: [engineOnDemand],
    // Paths inside node_modules stay relative to the checkout even where it is a link to elsewhere.
    preserveSymlinks: true,
    // A tsconfig above or below must not change the output.
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
    metafile: true,
    logLevel: "error",
  });
  const content = await readFile(path);
  const hash = createHash("sha256").update(content).digest("hex");
  return { path, bytes: content.length, digest: `sha256:${hash}`, metafile };
}

async function main(args: readonly string[]): Promise<void> {
  const bundle = await buildBundle();
  if (args.includes("--json")) process.stdout.write(`${JSON.stringify(bundle)}\n`);
  else process.stdout.write(`${bundle.path}\n${(bundle.bytes / 1e6).toFixed(2)} MB\n${bundle.digest}\n`);
}

if (import.meta.main) await main(process.argv.slice(2));
