// Judges whether this machine can carry the embedded cluster, before anything on it is changed.
import { existsSync, statfsSync } from "node:fs";
import { createServer } from "node:net";
import { totalmem } from "node:os";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { paths } from "../paths.ts";
import { findOnPath } from "./binaries.ts";
import { cgroupVersionOf, readHierarchies } from "./cgroups.ts";
import { ClusterError, type ClusterProblem } from "./cluster-error.ts";

const PORT_PATIENCE_MS = 1_500;
const GIB = 1024 ** 3;
const SMALLEST_MEMORY_GIB = 3;
/** Kubernetes from source needs about 4 GiB of build cache; a cached start needs room for images and etcd. */
const SMALLEST_DISK_GIB = { cached: 3, fresh: 8 } as const;

export type MachineFacts = {
  readonly platform: string;
  readonly uid: number;
  /** Ports the cluster is to answer on that another program holds. */
  readonly takenPorts: readonly { readonly port: number; readonly setting: string }[];
  readonly disks: readonly { readonly path: string; readonly freeBytes: number }[];
  readonly isCached: boolean;
  readonly memoryBytes: number;
  readonly cgroupVersion: 1 | 2 | undefined;
  readonly missingNamespaces: readonly string[];
  readonly missingTools: readonly string[];
  readonly canInstall: boolean;
};

export type WantedPort = { readonly port: number; readonly setting: string };

/** Throws one ClusterError with every problem. */
export async function checkMachine(ports: readonly WantedPort[]): Promise<void> {
  const [first, ...others] = judgeMachine(await readMachine(ports));
  if (first !== undefined) throw new ClusterError([first, ...others]);
}

/** Pure: facts in, problems out. */
export function judgeMachine(facts: MachineFacts): readonly ClusterProblem[] {
  if (facts.platform !== "linux") {
    return [
      problem(
        "platform",
        `the embedded cluster needs Linux, this is ${facts.platform}`,
        useAnother("Docker"),
      ),
    ];
  }
  return [
    ...(facts.uid === 0
      ? []
      : [
          problem(
            "root",
            `the embedded cluster needs root, this is uid ${facts.uid}`,
            `run with sudo, or ${useAnother("Docker")}`,
          ),
        ]),
    ...facts.takenPorts.map(({ port, setting }) =>
      problem(
        "port-taken",
        `port ${port} on 127.0.0.1 is in use`,
        `end that program, or set ${setting} to a free port`,
      ),
    ),
    ...judgeDisks(facts),
    ...(facts.memoryBytes >= SMALLEST_MEMORY_GIB * GIB
      ? []
      : [
          problem(
            "memory",
            `${inGib(facts.memoryBytes)} GiB of memory, ${SMALLEST_MEMORY_GIB} are needed`,
            useAnother("a bigger machine"),
          ),
        ]),
    ...(facts.cgroupVersion === undefined
      ? [
          problem(
            "cgroups",
            "no cgroup hierarchy with a memory controller is mounted",
            "mount cgroup2 on /sys/fs/cgroup",
          ),
        ]
      : []),
    ...facts.missingNamespaces.map((name) =>
      problem("namespaces", `the kernel has no ${name} namespaces`, useAnother("another kernel")),
    ),
    ...(facts.missingTools.length > 0 && !facts.canInstall
      ? [
          problem(
            "tools",
            `not installed and not installable with apt-get: ${facts.missingTools.join(", ")}`,
            "install them with this system's package manager",
          ),
        ]
      : []),
  ];
}

function judgeDisks(facts: MachineFacts): readonly ClusterProblem[] {
  const wanted = facts.isCached ? SMALLEST_DISK_GIB.cached : SMALLEST_DISK_GIB.fresh;
  return facts.disks
    .filter(({ freeBytes }) => freeBytes < wanted * GIB)
    .map(({ path, freeBytes }) =>
      problem(
        "disk",
        `${inGib(freeBytes)} GiB free at ${path}, ${wanted} are needed`,
        "free some space, or set RAMPA_CACHE_DIR to another disk",
      ),
    );
}

function problem(kind: string, message: string, next: string): ClusterProblem {
  return { code: `cluster.${kind}`, message, next };
}

function useAnother(what: string): string {
  return `use ${what}, or set rampa:local.cluster to the context of a cluster you have`;
}

function inGib(bytes: number): string {
  return (bytes / GIB).toFixed(1);
}

async function readMachine(ports: readonly WantedPort[]): Promise<MachineFacts> {
  const isLinux = process.platform === "linux";
  const tools = ["ip", "iptables", "unshare", "nsenter", "mount"];
  const taken = await Promise.all(
    ports.map(async (wanted) => ((await becomesFree(wanted.port)) ? [] : [wanted])),
  );
  return {
    platform: process.platform,
    uid: process.getuid?.() ?? -1,
    takenPorts: taken.flat(),
    disks: [paths.home, paths.cache].map((path) => ({ path, freeBytes: freeBytesAt(path) })),
    isCached: existsSync(`${paths.cache}/cluster`),
    memoryBytes: totalmem(),
    cgroupVersion: isLinux ? cgroupVersionOf(readHierarchies()) : undefined,
    missingNamespaces: isLinux
      ? ["net", "mnt", "pid"].filter((name) => !existsSync(`/proc/self/ns/${name}`))
      : [],
    missingTools: tools.filter((name) => findOnPath(name) === undefined),
    canInstall: findOnPath("apt-get") !== undefined,
  };
}

/** A forwarder that was just killed has no environment any more but holds its port a moment longer. */
async function becomesFree(port: number): Promise<boolean> {
  const until = Date.now() + PORT_PATIENCE_MS;
  while (!(await isFree(port))) {
    if (Date.now() > until) return false;
    await sleep(50);
  }
  return true;
}

/** Binds the port for a moment: the only answer that cannot be stale. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ host: "127.0.0.1", port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** A free port the system picks; kept by the caller from then on. */
export function pickFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ host: "127.0.0.1", port: 0 }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

/** Of the nearest directory that exists: nothing is made before the machine is judged fit. */
function freeBytesAt(path: string): number {
  if (!existsSync(path)) return freeBytesAt(dirname(path));
  const stats = statfsSync(path);
  return stats.bavail * stats.bsize;
}
