// Builds the Pulumi CLI from its Go module, for networks that reach package registries only.
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ensureGo } from "../cluster/go-toolchain.ts";
import type { Progress } from "../progress.ts";
import { runTool } from "./run-tool.ts";

const MODULE = "github.com/pulumi/pulumi/pkg/v3";
const COMMAND = `${MODULE}/cmd/pulumi`;
const VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version";
const DOWNLOAD_TIMEOUT_MS = 10 * 60_000;
const BUILD_TIMEOUT_MS = 40 * 60_000;

/** Leaves `pulumi` in `folder`; the half-built never shows up there. Needs a Go, or the site of its releases. */
export async function buildPulumi(version: string, folder: string, progress: Progress): Promise<void> {
  const go = await ensureGo(`Pulumi ${version}`, progress);
  mkdirSync(folder, { recursive: true });
  const scratch = mkdtempSync(join(folder, ".build-"));
  try {
    writeModule(scratch, version);
    progress.report(`fetching the source of Pulumi ${version}`);
    await runGo({ go, scratch }, ["mod", "download", MODULE], DOWNLOAD_TIMEOUT_MS);
    const packages = (await runGo({ go, scratch }, ["list", "-deps", COMMAND], DOWNLOAD_TIMEOUT_MS)).split(
      "\n",
    ).length;
    await compile({ go, scratch }, version, countingProgress(progress, version, packages));
    renameSync(join(scratch, "pulumi"), join(folder, "pulumi"));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** The tools file is what makes the command a requirement of the scratch module. */
function writeModule(scratch: string, version: string): void {
  writeFileSync(join(scratch, "go.mod"), `module scratch\n\ngo 1.24\n\nrequire ${MODULE} v${version}\n`);
  writeFileSync(join(scratch, "tools.go"), `//go:build tools\n\npackage scratch\n\nimport _ "${COMMAND}"\n`);
}

type Build = { readonly go: string; readonly scratch: string };

async function compile(build: Build, version: string, onLine: (line: string) => void): Promise<void> {
  const flags = ["-trimpath", "-v", "-ldflags", `-s -w -X ${VERSION_VARIABLE}=v${version}`];
  const output = join(build.scratch, "pulumi");
  await runGo(build, ["build", ...flags, "-o", output, COMMAND], BUILD_TIMEOUT_MS, onLine);
}

/** `go build -v` names a package when it starts to compile it; cached ones are not named. */
function countingProgress(progress: Progress, version: string, packages: number): (line: string) => void {
  let compiled = 0;
  const total = packages.toLocaleString("en");
  progress.report(`building Pulumi ${version} (${total} packages)`);
  return (line) => {
    if (line.includes(" ") || line.startsWith("#")) return;
    compiled += 1;
    progress.report(`building Pulumi ${version} (${compiled.toLocaleString("en")} of ${total} packages)`);
  };
}

async function runGo(
  build: Build,
  args: readonly string[],
  timeoutMs: number,
  onLine?: (line: string) => void,
): Promise<string> {
  const env = { GOFLAGS: "-mod=mod", CGO_ENABLED: "0" };
  return runTool({ command: build.go, args, cwd: build.scratch, env, timeoutMs, ...(onLine && { onLine }) });
}
