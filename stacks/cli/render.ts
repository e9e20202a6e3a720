// `rampa render`: every Kubernetes manifest of a stack as one YAML file an object; needs no cloud, cluster or engine.
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { planStacks } from "../../policies/harness/plan-stacks.ts";
import { paths } from "../local/paths.ts";
import { type RenderedFile, toManifestFiles } from "../render/manifest-files.ts";
import { CliError } from "./cli-error.ts";
import { type OutputOptions, print } from "./output.ts";
import { readStack } from "./stack-file.ts";

export type RenderOptions = OutputOptions & { readonly stack: string; readonly out: string };

/** Lists what the last render wrote, so that the next one removes what is no longer in the stack, and only that. */
const LIST_FILE = ".rendered";

export async function runRender(options: RenderOptions): Promise<number> {
  await readStack(options.stack);
  const files = await renderStack(options.stack);
  const folder = resolve(options.out);
  await refuseForeignFolder(folder);
  await replaceFiles(folder, files);
  const written = files.map(({ path }) => path);
  print(
    options,
    { stack: options.stack, out: folder, files: written },
    `${written.length} files in ${folder}`,
  );
  return 0;
}

/** The manifests of a stack of this checkout; throws CliError where it cannot be planned. */
export async function renderStack(stack: string): Promise<readonly RenderedFile[]> {
  const [planned] = await planStacks(paths.checkout, [stack]);
  if (planned?.record.kind !== "planned") {
    const reason = planned?.record.reason ?? "planning gave no result";
    throw new CliError("cli.plan-failed", `stack ${stack} cannot be planned: ${reason}`, "npm run policy");
  }
  return toManifestFiles(planned.record.resources);
}

async function refuseForeignFolder(folder: string): Promise<void> {
  const entries = await readdir(folder).catch((): string[] => []);
  if (entries.length === 0 || entries.includes(LIST_FILE)) return;
  throw new CliError(
    "cli.usage",
    `--out: got ${folder}, which holds other files, want a new or empty folder, or one of an earlier render`,
    "name another folder",
  );
}

async function replaceFiles(folder: string, files: readonly RenderedFile[]): Promise<void> {
  const list = join(folder, LIST_FILE);
  const before = await readFile(list, "utf8").catch(() => "");
  const paths = files.map(({ path }) => path);
  for (const path of before.split("\n").filter((it) => isOwn(it) && !paths.includes(it))) {
    await rm(join(folder, path), { force: true });
  }
  // First the list: whatever ends the writing, the next render knows what is its own.
  await mkdir(folder, { recursive: true });
  await writeFile(list, `${paths.join("\n")}\n`);
  for (const { path, text } of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

/** A line of the list that can only mean a file inside the folder. */
function isOwn(path: string): boolean {
  return /^[a-z0-9-]+\/[^/]+\.yaml$/.test(path);
}
