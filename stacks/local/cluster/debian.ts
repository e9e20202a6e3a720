// Takes programs from Debian packages: unpacked into the cache, so that no service of theirs ever starts.
import { existsSync, readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { paths } from "../paths.ts";
import type { Progress } from "../progress.ts";
import { clusterError } from "./cluster-error.ts";
import { runCommand, tryCommand } from "./commands.ts";
import { withScratch } from "./scratch-folder.ts";

const APT_DEADLINE_MS = 300_000;
const PLACES = ["usr/bin", "usr/sbin", "usr/lib/cni", "sbin", "bin"];

/** Path of `program` from `name`, fetched with apt's own client and not installed. */
export async function fetchDebianProgram(name: string, program: string, progress: Progress): Promise<string> {
  const directory = join(paths.cache, "cluster", "debian", name);
  if (!existsSync(directory)) await unpackPackage(name, directory, progress);
  const found = PLACES.map((place) => join(directory, place, program)).find((file) => existsSync(file));
  if (found !== undefined) return found;
  throw clusterError(
    "cluster.package",
    `the package ${name} holds no ${program}`,
    `install ${program} and try again`,
  );
}

/** For programs that need libraries beside them; recommended packages stay out, and no service is started. */
export async function installDebianPackages(names: readonly string[], progress: Progress): Promise<void> {
  progress.report(`installing ${names.join(", ")}`);
  const install = ["install", "--yes", "--no-install-recommends", ...names];
  const options = {
    deadlineMs: APT_DEADLINE_MS,
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  };
  if ((await tryCommand("apt-get", install, options)).code === 0) return;
  await runCommand("apt-get", ["update"], options);
  await runCommand("apt-get", install, options);
}

async function unpackPackage(name: string, directory: string, progress: Progress): Promise<void> {
  progress.report(`fetching the Debian package ${name}`);
  await withScratch(directory, async (scratch) => {
    const options = { cwd: scratch, deadlineMs: APT_DEADLINE_MS };
    const fetch = ["-o", "APT::Sandbox::User=root", "download", name];
    if ((await tryCommand("apt-get", fetch, options)).code !== 0) {
      await runCommand("apt-get", ["update"], options);
      await runCommand("apt-get", fetch, options);
    }
    const archive = readdirSync(scratch).find((file) => file.endsWith(".deb")) ?? "";
    await runCommand("dpkg-deb", ["--extract", join(scratch, archive), join(scratch, "out")], options);
    if (!existsSync(directory)) renameSync(join(scratch, "out"), directory);
  });
}
