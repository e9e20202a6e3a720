// A Python with pinned packages from PyPI, for clients and peers of other languages; kept in the cache.
import { execFileSync } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { paths } from "../../stacks/local/paths.ts";

const INSTALL_WITHIN_MS = 300_000;

/** Path of a Python interpreter that has these packages, e.g. `["openai==3.52.0"]`. */
export function ensurePython(packages: readonly string[]): string {
  const folder = join(paths.cache, "test-python", packages.join("_").replaceAll(/[^\w.=-]/g, "_"));
  const python = join(folder, "bin/python");
  if (existsSync(join(folder, "complete"))) return python;
  rmSync(folder, { recursive: true, force: true });
  const options = { stdio: "pipe", timeout: INSTALL_WITHIN_MS } as const;
  execFileSync("python3", ["-m", "venv", folder], options);
  execFileSync(
    python,
    ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...packages],
    options,
  );
  writeFileSync(join(folder, "complete"), "");
  return python;
}
