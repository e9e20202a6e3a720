// A throw-away Pulumi project with its own state, run by the project's own engine with the stand-ins.
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { type Engine, ensureEngine } from "../../../../stacks/local/engine/engine.ts";
import type { EnginePlaces } from "../../../../stacks/local/engine/places.ts";
import { paths } from "../../../../stacks/local/paths.ts";
import { silent } from "../../../../stacks/local/progress.ts";

export type TestProject = {
  readonly places: EnginePlaces;
  readonly engine: Engine;
  /** Replaces the stack's config. */
  configure(values: Readonly<Record<string, string>>): void;
  remove(): void;
};

const PROJECT = {
  name: "engine-test",
  runtime: { name: "nodejs", options: { typescript: false } },
  main: "program/index.ts",
  stackConfigDir: "program",
};

/** `stack` is `local`; the engine comes from the shared cache, or is obtained. */
export async function createTestProject(kubeconfig: string): Promise<TestProject> {
  const checkout = mkdtempSync(join(tmpdir(), "rampa-engine-project-"));
  cpSync(join(import.meta.dirname, "program"), join(checkout, "program"), { recursive: true });
  symlinkSync(join(paths.checkout, "node_modules"), join(checkout, "node_modules"));
  writeFileSync(join(checkout, "package.json"), JSON.stringify({ name: "engine-test", type: "module" }));
  writeFileSync(join(checkout, "Pulumi.yaml"), stringify(PROJECT));
  const home = join(checkout, ".rampa");
  const places: EnginePlaces = {
    checkout,
    home,
    bin: join(home, "bin"),
    state: join(home, "state"),
    passphrase: join(home, "passphrase"),
    cache: paths.cache,
  };
  process.env.RAMPA_OFFLINE = "1";
  const engine = await ensureEngine(silent, places);
  const configure = (values: Readonly<Record<string, string>>): void => {
    const own = Object.entries({ kubeconfig, ...values }).map(([key, value]) => [
      `engine-test:${key}`,
      value,
    ]);
    const config = { "pulumi:disable-default-providers": ["*"], ...Object.fromEntries(own) };
    writeFileSync(join(checkout, "program", "Pulumi.local.yaml"), stringify({ config }));
  };
  configure({});
  return { places, engine, configure, remove: () => rmSync(checkout, { recursive: true, force: true }) };
}

/** Files below `folder` whose content has `text` in it. */
export function filesContaining(folder: string, text: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  const files = names.map((name) => join(folder, name)).filter((file) => statSync(file).isFile());
  return files.filter((file) => readFileSync(file).includes(text));
}
