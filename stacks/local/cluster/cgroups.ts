// The cgroup under which the kubelet keeps its pods: made in every hierarchy, removed leaf first.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

type Hierarchy = {
  readonly mount: string;
  readonly controllers: readonly string[];
  readonly version: 1 | 2;
};

const CONTROLLERS = ["cpu", "cpuacct", "cpuset", "memory", "pids", "devices", "freezer", "blkio", "hugetlb"];

/** The cgroup mounts of /proc/mounts; the old hierarchies and the unified one may stand side by side. */
export function parseHierarchies(mounts: string): readonly Hierarchy[] {
  return mounts.split("\n").flatMap((line): Hierarchy[] => {
    const [, mount, type, options] = line.split(" ");
    if (mount === undefined || options === undefined) return [];
    if (type === "cgroup2") return [{ mount, controllers: [], version: 2 }];
    if (type !== "cgroup") return [];
    const words = options.split(",");
    const controllers = words.filter((word) => CONTROLLERS.includes(word) || word.startsWith("name="));
    return [{ mount, controllers, version: 1 }];
  });
}

export function readHierarchies(): readonly Hierarchy[] {
  return parseHierarchies(readFileSync("/proc/mounts", "utf8"));
}

/** Version 1 as soon as the memory controller is there: the unified mount beside it has no controllers. */
export function cgroupVersionOf(hierarchies: readonly Hierarchy[]): 1 | 2 | undefined {
  if (hierarchies.some((h) => h.version === 1 && h.controllers.includes("memory"))) return 1;
  return hierarchies.some((h) => h.version === 2) ? 2 : undefined;
}

export function makeCgroups(name: string): void {
  const hierarchies = readHierarchies();
  const version = cgroupVersionOf(hierarchies);
  for (const { mount, controllers } of hierarchies.filter((h) => h.version === version)) {
    if (version === 2) passControllersDown(mount);
    const directory = join(mount, name);
    mkdirSync(directory, { recursive: true });
    if (version === 2) passControllersDown(directory);
    if (controllers.includes("cpuset")) inheritCpuset(directory);
  }
}

/** Removes what kubelet and runc left below `name`; a member that is still dying gets up to five seconds. */
export async function removeCgroups(name: string): Promise<readonly string[]> {
  const until = Date.now() + 5_000;
  let left = cgroupDirectories(name);
  while (left.length > 0) {
    for (const directory of left) removeTree(directory);
    left = cgroupDirectories(name);
    if (left.length === 0 || Date.now() > until) break;
    await sleep(50);
  }
  return left;
}

function cgroupDirectories(name: string): readonly string[] {
  return readHierarchies()
    .map((hierarchy) => join(hierarchy.mount, name))
    .filter((directory) => existsSync(directory));
}

function removeTree(directory: string): void {
  for (const entry of listOrEmpty(directory)) removeTree(join(directory, entry));
  try {
    rmdirSync(directory);
  } catch {
    // EBUSY while a process in it is ending: the caller tries again.
  }
}

function listOrEmpty(directory: string): readonly string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch {
    // It went away by itself.
    return [];
  }
}

/** An empty set would leave every process in it without a processor to run on. */
function inheritCpuset(directory: string): void {
  for (const file of ["cpuset.cpus", "cpuset.mems"]) {
    if (readFileSync(join(directory, file), "utf8").trim() !== "") continue;
    writeFileSync(join(directory, file), readFileSync(join(dirname(directory), file), "utf8"));
  }
}

function passControllersDown(directory: string): void {
  const available = readFileSync(join(directory, "cgroup.controllers"), "utf8").trim().split(/\s+/);
  const wanted = available.filter((name) => name !== "").map((name) => `+${name}`);
  if (wanted.length > 0) writeFileSync(join(directory, "cgroup.subtree_control"), wanted.join(" "));
}
