// Finds a Go that compiles the cluster's modules, or takes the official release.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { paths } from "../paths.ts";
import type { Progress } from "../progress.ts";
import { clusterError } from "./cluster-error.ts";
import { tryCommand } from "./commands.ts";
import { fetchRelease } from "./releases.ts";
import { architecture, isAtLeast, oldestAccepted, versions } from "./versions.ts";

/** Throws `cluster.go-missing` with the name of what would have been built. */
export async function ensureGo(wantedFor: string, progress: Progress): Promise<string> {
  const result = await tryCommand("go", ["env", "GOVERSION"], { deadlineMs: 10_000 });
  const version = result.stdout.trim().replace(/^go/, "");
  if (result.code === 0 && isAtLeast(version, oldestAccepted.go)) return "go";
  const directory = join(paths.cache, "cluster", `go-${versions.go}-${architecture()}`);
  const kept = join(directory, "go", "bin", "go");
  const go = existsSync(kept) ? kept : await fetchRelease("go", directory, progress);
  if (go !== undefined) return go;
  throw clusterError(
    "cluster.go-missing",
    `${wantedFor} can neither be downloaded nor built: there is no Go ${oldestAccepted.go} or newer on PATH`,
    "install Go and run the command again",
  );
}
