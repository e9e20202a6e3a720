// Everything that `rampa render` writes for a stack, as files and as objects.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { renderStack } from "../../stacks/cli/render.ts";
import { STACKS } from "../kit/plan-stack.ts";

const manifest = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string() }),
});
export type Manifest = z.output<typeof manifest>;

export type Rendered = {
  /** `<stack>/<path in the rendered folder>`. */
  readonly path: string;
  readonly text: string;
  readonly object: Manifest;
};

/** The manifests of every stack. Charts are Helm's to render, so they are left out. */
export async function renderAll(): Promise<readonly Rendered[]> {
  return (await Promise.all(STACKS.map(renderManifests))).flat();
}

async function renderManifests(stack: string): Promise<readonly Rendered[]> {
  const files = (await renderStack(stack)).filter(({ path }) => !path.startsWith("charts/"));
  return files.map(({ path, text }) => ({
    path: `${stack}/${path}`,
    text,
    object: manifest.parse(parse(text)),
  }));
}

/** Writes them below `folder`, as `rampa render` would. */
export function writeRendered(folder: string, files: readonly Pick<Rendered, "path" | "text">[]): void {
  for (const { path, text } of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}
