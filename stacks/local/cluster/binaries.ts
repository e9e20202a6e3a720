// Obtains every program of the embedded cluster: from PATH, else the official release, else a registry.
import { accessSync, constants, existsSync, symlinkSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { paths } from "../paths.ts";
import type { Progress } from "../progress.ts";
import { tryCommand } from "./commands.ts";
import { fetchDebianProgram, installDebianPackages } from "./debian.ts";
import { buildGoProgram, type GoProgram } from "./go-build.ts";
import { ensureGo } from "./go-toolchain.ts";
import { CNI_PLUGINS, fetchRelease, KUBE_PARTS, officialRelease } from "./releases.ts";
import { architecture, isAtLeast, oldestAccepted, versions } from "./versions.ts";

export type ClusterBinaries = {
  /** Directory with kube-apiserver, kube-controller-manager, kube-scheduler, kube-proxy, kubelet, kubectl. */
  readonly kube: string;
  readonly coredns: string;
  readonly pause: string;
  readonly etcd: string;
  readonly containerd: string;
  readonly ctr: string;
  readonly runc: string;
  readonly cniDir: string;
  readonly tini: string;
};

const home = (name: string): string => join(paths.cache, "cluster", `${name}-${architecture()}`);

/** Cached by version: a second call only looks whether the files are there. */
export async function ensureClusterBinaries(progress: Progress): Promise<ClusterBinaries> {
  await ensureHostTools(progress);
  const kube = await ensureKube(progress);
  const coredns = await ensureCoredns(progress);
  const pause = await ensurePause(progress);
  const containerdProgram = await ensureProgram(containerd, progress);
  return {
    kube,
    coredns,
    pause,
    etcd: await ensureProgram(etcd, progress),
    containerd: containerdProgram,
    ctr: join(dirname(containerdProgram), "ctr"),
    runc: await ensureProgram(runc, progress),
    cniDir: await ensureCniPlugins(progress),
    tini: await ensureProgram(tini, progress),
  };
}

async function ensureKube(progress: Progress): Promise<string> {
  const directory = home(`kubernetes-${versions.kubernetes}`);
  if (KUBE_PARTS.every((name) => isExecutable(join(directory, name)))) return directory;
  if (await downloadKube(directory, progress)) return directory;
  const all = join(directory, "kube");
  await build("kube", all, progress);
  for (const name of KUBE_PARTS)
    if (!existsSync(join(directory, name))) symlinkSync("kube", join(directory, name));
  return directory;
}

async function downloadKube(directory: string, progress: Progress): Promise<boolean> {
  for (const name of KUBE_PARTS) {
    if (isExecutable(join(directory, name))) continue;
    if ((await fetchRelease(name, directory, progress)) === undefined) return false;
  }
  return true;
}

async function ensureCoredns(progress: Progress): Promise<string> {
  const directory = home(`coredns-${versions.coredns}`);
  const file = join(directory, "coredns");
  if (isExecutable(file) || (await fetchRelease("coredns", directory, progress))) return file;
  await build("coredns", file, progress);
  return file;
}

/** Published as an image only, so it is always built: 15 lines, a second. */
async function ensurePause(progress: Progress): Promise<string> {
  const file = join(home("pause-1"), "pause");
  if (!isExecutable(file)) await build("pause", file, progress);
  return file;
}

async function build(program: GoProgram, file: string, progress: Progress): Promise<void> {
  const go = await ensureGo(program, progress);
  await buildGoProgram(go, program, { file, progress });
}

type ProgramSource = {
  readonly name: "etcd" | "containerd" | "runc" | "tini";
  readonly debianPackage: string;
  readonly isFitting: (program: string) => Promise<boolean>;
  /** Must lie beside the program to count as installed. */
  readonly companions: readonly string[];
};

async function ensureProgram(source: ProgramSource, progress: Progress): Promise<string> {
  const installed = findOnPath(source.name);
  if (installed !== undefined && hasCompanions(installed, source) && (await source.isFitting(installed))) {
    return installed;
  }
  const directory = home(`${source.name}-${versions[source.name]}`);
  const kept = join(directory, officialRelease(source.name).program);
  if (isExecutable(kept)) return kept;
  const released = await fetchRelease(source.name, directory, progress);
  return released ?? (await fetchDebianProgram(source.debianPackage, source.name, progress));
}

const etcd: ProgramSource = {
  name: "etcd",
  debianPackage: "etcd-server",
  companions: [],
  isFitting: reports("--version", /etcd Version: ([\d.]+)/, oldestAccepted.etcd),
};

const containerd: ProgramSource = {
  name: "containerd",
  debianPackage: "containerd",
  companions: ["ctr", "containerd-shim-runc-v2"],
  isFitting: reports("--version", /containerd\S* (?:v)?(\d+\.[\d.]+)/, oldestAccepted.containerd),
};

const runc: ProgramSource = {
  name: "runc",
  debianPackage: "runc",
  companions: [],
  isFitting: reports("--version", /runc version ([\d.]+)/, oldestAccepted.runc),
};

const tini: ProgramSource = {
  name: "tini",
  debianPackage: "tini",
  companions: [],
  isFitting: async () => true,
};

async function ensureCniPlugins(progress: Progress): Promise<string> {
  const complete = (directory: string): boolean =>
    CNI_PLUGINS.every((name) => isExecutable(join(directory, name)));
  const directory = home(`cni-plugins-${versions.cniPlugins}`);
  for (const candidate of ["/usr/lib/cni", "/opt/cni/bin", directory])
    if (complete(candidate)) return candidate;
  if (await fetchRelease("cniPlugins", directory, progress)) return directory;
  return dirname(await fetchDebianProgram("containernetworking-plugins", "ptp", progress));
}

/** What must be installed in the system itself, because it comes with libraries of its own; none is a service. */
async function ensureHostTools(progress: Progress): Promise<void> {
  const tools = {
    ip: "iproute2",
    iptables: "iptables",
    unshare: "util-linux",
    nsenter: "util-linux",
    mount: "mount",
  };
  const missing = Object.entries(tools).filter(([program]) => findOnPath(program) === undefined);
  if (missing.length === 0) return;
  await installDebianPackages([...new Set(missing.map(([, name]) => name))], progress);
}

export function findOnPath(program: string): string | undefined {
  const directories = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  return directories.map((directory) => join(directory, program)).find(isExecutable);
}

function hasCompanions(program: string, source: ProgramSource): boolean {
  return source.companions.every((name) => isExecutable(join(dirname(program), name)));
}

function reports(flag: string, pattern: RegExp, oldest: string): (program: string) => Promise<boolean> {
  return async (program) => {
    const result = await tryCommand(program, [flag], { deadlineMs: 10_000 });
    const version = `${result.stdout}${result.stderr}`.match(pattern)?.[1];
    return version !== undefined && isAtLeast(version, oldest);
  };
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    // Not there, or not for us to run.
    return false;
  }
}
