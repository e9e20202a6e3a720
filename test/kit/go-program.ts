// Builds programs from Go modules through the ordinary client; kept in the cache by version and source.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { runCommand } from "../../stacks/local/cluster/commands.ts";
import { ensureGo } from "../../stacks/local/cluster/go-toolchain.ts";
import { withScratch } from "../../stacks/local/cluster/scratch-folder.ts";
import { architecture } from "../../stacks/local/cluster/versions.ts";
import { paths } from "../../stacks/local/paths.ts";
import { silent } from "../../stacks/local/progress.ts";
import { fetchGoModule } from "./go-module.ts";
import { fetched } from "./obtained-tool.ts";

const FETCH_MS = 5 * 60_000;
const BUILD_MS = 14 * 60_000;

/** Other work on the machine goes first. */
const POLITELY = "-n10";

/** The newest toolchain that a module asks for is fetched like a module. */
const ENVIRONMENT = {
  GOFLAGS: "-mod=mod -buildvcs=false",
  CGO_ENABLED: "0",
  GOTOOLCHAIN: "auto",
  GOWORK: "off",
};

/** Path of a file → its new text, `null` for one to leave out. */
type Changes = Readonly<Record<string, string | null>>;

type Main =
  /** Import path of a command in one of the modules. */
  | { readonly command: string }
  /** Text of a program of our own. */
  | { readonly source: string }
  /** Folder of a command in the first module, built from a copy of it with changes. */
  | { readonly folder: string; readonly changes: Changes };

export type GoProgram = {
  /** Of the executable file. */
  readonly name: string;
  /** Module → version. */
  readonly modules: Readonly<Record<string, string>>;
  readonly main: Main;
};

/** Path of the program. Throws NotObtainable where Go or a module can't be fetched. */
export async function ensureGoProgram(program: GoProgram): Promise<string> {
  const { name } = program;
  const key = createHash("sha256").update(JSON.stringify(program)).digest("hex").slice(0, 12);
  const file = join(paths.cache, "test-go", `${name}-${key}-${architecture()}`, name);
  if (existsSync(file)) return file;
  const go = await fetched("Go", () => ensureGo(name, silent));
  mkdirSync(dirname(file), { recursive: true });
  await withScratch(file, async (scratch) => {
    const build = await prepareBuild(program, scratch);
    const options = { cwd: build.folder, env: { ...process.env, ...ENVIRONMENT } };
    // Brings every module that the program needs, and compiles nothing.
    await fetched(`what ${name} is built from`, () =>
      runCommand(go, ["list", "-deps", build.target], { ...options, deadlineMs: FETCH_MS }),
    );
    const built = join(scratch, "built");
    const args = ["build", "-trimpath", "-ldflags=-s -w", "-o", built, build.target];
    await runCommand("nice", [POLITELY, go, ...args], { ...options, deadlineMs: BUILD_MS });
    renameSync(built, file);
  });
  return file;
}

type Build = { readonly folder: string; readonly target: string };

async function prepareBuild({ modules, main }: GoProgram, scratch: string): Promise<Build> {
  const required = Object.entries(modules).map(([module, version]) => `${module}@${version}`);
  const folders: string[] = [];
  for (const module of required) folders.push(await fetched(module, () => fetchGoModule(module)));
  if ("folder" in main) {
    const folder = join(scratch, "module");
    await copyChanged(folders[0] ?? "", folder, main.changes);
    return { folder, target: `./${main.folder}` };
  }
  const requirements = required.map((it) => `require ${it.replace("@", " ")}`);
  writeFileSync(
    join(scratch, "go.mod"),
    ["module rampa.dev/test", "go 1.24.0", ...requirements, ""].join("\n"),
  );
  if ("source" in main) writeFileSync(join(scratch, "main.go"), main.source);
  return { folder: scratch, target: "command" in main ? main.command : "." };
}

async function copyChanged(from: string, to: string, changes: Changes): Promise<void> {
  await runCommand("cp", ["-R", from, to]);
  // Go keeps its modules read-only.
  await runCommand("chmod", ["-R", "u+w", to]);
  for (const [path, text] of Object.entries(changes)) {
    if (text === null) rmSync(join(to, path));
    else writeFileSync(join(to, path), text);
  }
}
