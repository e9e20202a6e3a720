// Reads the limits of this process's control group from the kernel's files, versions 1 and 2.
import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { chooseThreads, cpuLimit, groupAncestors } from "../../core/schedule/cpu-limit.ts";

/** The kernel's file trees; tests lay their own. */
export type KernelFiles = { readonly cgroupRoot: string; readonly selfCgroup: string };

export const KERNEL_FILES: KernelFiles = { cgroupRoot: "/sys/fs/cgroup", selfCgroup: "/proc/self/cgroup" };

/** Threads for `auto`: never more than the CPU limit of any group around this process. */
export async function detectThreads(
  files = KERNEL_FILES,
  available = availableParallelism(),
): Promise<number> {
  const folders = await groupFolders(files, ["", "cpu", "cpu,cpuacct"], "cpu");
  const limits = await Promise.all(
    folders.map(async (folder) =>
      cpuLimit({
        cpuMax: await readText(join(folder, "cpu.max")),
        cfsQuotaUs: await readText(join(folder, "cpu.cfs_quota_us")),
        cfsPeriodUs: await readText(join(folder, "cpu.cfs_period_us")),
      }),
    ),
  );
  return chooseThreads(limits, available);
}

/** The tightest memory limit in bytes, if any; version 1 prints a huge number for none. */
export async function detectMemoryLimit(files = KERNEL_FILES): Promise<number | undefined> {
  const folders = await groupFolders(files, ["", "memory"], "memory");
  const texts = await Promise.all(
    folders.flatMap((folder) => [
      readText(join(folder, "memory.max")),
      readText(join(folder, "memory.limit_in_bytes")),
    ]),
  );
  const limits = texts
    .map((text) => Number(text?.trim() || Number.NaN))
    .filter((bytes) => Number.isSafeInteger(bytes) && bytes > 0);
  return limits.length === 0 ? undefined : Math.min(...limits);
}

async function groupFolders(
  files: KernelFiles,
  mounts: readonly string[],
  controller: string,
): Promise<readonly string[]> {
  const listed = ((await readText(files.selfCgroup)) ?? "").split("\n").flatMap((line) => {
    const [, controllers = "", path = ""] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    return controllers === "" || controllers.split(",").includes(controller) ? [path] : [];
  });
  const paths = [...new Set(["/", ...listed.flatMap(groupAncestors)])];
  return mounts.flatMap((mount) => paths.map((path) => join(files.cgroupRoot, mount, path)));
}

function readText(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch(() => undefined);
}
