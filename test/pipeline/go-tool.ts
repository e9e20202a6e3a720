// A command-line tool built from its Go module by the ordinary client, kept in the cache by version.
import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "../../stacks/local/cluster/commands.ts";
import { ensureGo } from "../../stacks/local/cluster/go-toolchain.ts";
import { withScratch } from "../../stacks/local/cluster/scratch-folder.ts";
import { paths } from "../../stacks/local/paths.ts";
import { silent } from "../../stacks/local/progress.ts";

export type GoTool = {
  readonly name: string;
  readonly module: string;
  readonly version: string;
  /** Import path of the program. */
  readonly program: string;
};

const BUILD_WITHIN_MS = 14 * 60_000;

export const cosign: GoTool = {
  name: "cosign",
  module: "github.com/sigstore/cosign/v3",
  version: "v3.1.3",
  program: "github.com/sigstore/cosign/v3/cmd/cosign",
};

export const actionlint: GoTool = {
  name: "actionlint",
  module: "github.com/rhysd/actionlint",
  version: "v1.7.12",
  program: "github.com/rhysd/actionlint/cmd/actionlint",
};

/** The folder that holds the program under its name. */
export async function ensureGoTool({ name, module, version, program }: GoTool): Promise<string> {
  const folder = join(paths.cache, "test-go", `${name}-${version}`);
  const file = join(folder, name);
  if (existsSync(file)) return folder;
  const go = await ensureGo(name, silent);
  mkdirSync(folder, { recursive: true });
  await withScratch(file, async (scratch) => {
    writeFileSync(
      join(scratch, "go.mod"),
      `module rampa.dev/${name}\n\ngo 1.24.0\n\nrequire ${module} ${version}\n`,
    );
    writeFileSync(join(scratch, "tool.go"), `//go:build tool\n\npackage tool\n\nimport _ "${program}"\n`);
    const env = {
      ...process.env,
      GOFLAGS: "-mod=mod",
      CGO_ENABLED: "0",
      GOTOOLCHAIN: "auto",
      GOWORK: "off",
    };
    const built = join(scratch, name);
    const args = ["build", "-trimpath", "-ldflags", "-s -w", "-o", built, program];
    await runCommand(go, args, { cwd: scratch, env, deadlineMs: BUILD_WITHIN_MS });
    renameSync(built, file);
  });
  return folder;
}
