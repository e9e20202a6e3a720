// Builds programs from Go modules through the ordinary client; kept in the cache by version and source.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "../../stacks/local/cluster/commands.ts";
import { ensureGo } from "../../stacks/local/cluster/go-toolchain.ts";
import { architecture } from "../../stacks/local/cluster/versions.ts";
import { paths } from "../../stacks/local/paths.ts";
import { silent } from "../../stacks/local/progress.ts";
import { fetchGoModule } from "./go-module.ts";
import { fetched } from "./obtained-tool.ts";

const BUILD_MS = 600_000;

export type GoProgram = {
  readonly name: string;
  /** Module → version. */
  readonly modules: Readonly<Record<string, string>>;
  /** Import path of a command in one of the modules, or the text of a program of our own. */
  readonly main: { readonly command: string } | { readonly source: string };
};

/** Path of the program. Throws NotObtainable where Go or a module can't be fetched. */
export async function ensureGoProgram(program: GoProgram): Promise<string> {
  const { name, modules, main } = program;
  const key = createHash("sha256").update(JSON.stringify(program)).digest("hex").slice(0, 12);
  const directory = join(paths.cache, "test", `${name}-${key}-${architecture()}`);
  const file = join(directory, name);
  if (existsSync(file)) return file;
  const go = await fetched("Go", () => ensureGo(name, silent));
  const required = Object.entries(modules).map(([module, version]) => `${module}@${version}`);
  for (const module of required) await fetched(module, () => fetchGoModule(module));
  mkdirSync(directory, { recursive: true });
  const requirements = required.map((it) => `require ${it.replace("@", " ")}`);
  writeFileSync(
    join(directory, "go.mod"),
    ["module rampa.dev/test", "go 1.24.0", ...requirements, ""].join("\n"),
  );
  if ("source" in main) writeFileSync(join(directory, "main.go"), main.source);
  const env = { ...process.env, GOFLAGS: "-mod=mod", CGO_ENABLED: "0", GOTOOLCHAIN: "local", GOWORK: "off" };
  const target = "command" in main ? main.command : ".";
  const args = ["build", "-trimpath", "-ldflags=-s -w", "-o", `${file}.part`, target];
  await runCommand(go, args, { cwd: directory, env, deadlineMs: BUILD_MS });
  renameSync(`${file}.part`, file);
  return file;
}
