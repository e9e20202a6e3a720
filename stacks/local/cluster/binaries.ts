// Obtains every program of the embedded cluster: from PATH, else the official release, else a registry.
import { accessSync, chmodSync, constants, existsSync, symlinkSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { paths } from "../paths.ts";
import type { Progress } from "../progress.ts";
import { tryCommand } from "./commands.ts";
import { fetchDebianProgram, installDebianPackages } from "./debian.ts";
import { download, downloadArchive, type Release } from "./downloads.ts";
import { buildGoProgram, type GoProgram } from "./go-build.ts";
import { ensureGo } from "./go-toolchain.ts";
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

const KUBE_PARTS = "kube-apiserver kube-controller-manager kube-scheduler kube-proxy kubelet kubectl".split(
  " ",
);
const home = (name: string): string => join(paths.cache, "cluster", `${name}-${architecture()}`);

/** Cached by version: a second call only looks whether the files are there. */
export async function ensureClusterBinaries(progress: Progress): Promise<ClusterBinaries> {
  await ensureHostTools(progress);
  const kube = await ensureKube(progress);
  const coredns = await ensureCoredns(progress);
  const pause = await ensurePause(progress);
  const etcd = await ensureProgram(etcdSource(), progress);
  const containerd = await ensureProgram(containerdSource(), progress);
  const runc = await ensureProgram(runcSource(), progress);
  const cniDir = await ensureCniPlugins(progress);
  const tini = await ensureProgram(tiniSource(), progress);
  return {
    kube,
    coredns,
    pause,
    etcd,
    containerd,
    ctr: join(dirname(containerd), "ctr"),
    runc,
    cniDir,
    tini,
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
  const root = `https://dl.k8s.io/release/v${versions.kubernetes}/bin/linux/${architecture()}`;
  for (const name of KUBE_PARTS) {
    const url = `${root}/${name}`;
    const file = join(directory, name);
    if (isExecutable(file)) continue;
    if (!(await download({ url, checksumUrl: `${url}.sha256` }, file, progress))) return false;
    chmodSync(file, 0o755);
  }
  return true;
}

async function ensureCoredns(progress: Progress): Promise<string> {
  const directory = home(`coredns-${versions.coredns}`);
  const file = join(directory, "coredns");
  if (isExecutable(file)) return file;
  const name = `coredns_${versions.coredns}_linux_${architecture()}.tgz`;
  const url = `https://github.com/coredns/coredns/releases/download/v${versions.coredns}/${name}`;
  const release = { url, checksumUrl: `${url}.sha256`, members: ["coredns"] };
  if (!(await downloadArchive(release, directory, progress))) await build("coredns", file, progress);
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
  readonly name: string;
  readonly debianPackage: string;
  readonly directory: string;
  readonly release: Release & ({ readonly members: readonly string[] } | { readonly members?: never });
  /** Where the program lies below `directory` once the release is unpacked. */
  readonly member: string;
  readonly isFitting: (program: string) => Promise<boolean>;
  /** Must lie beside the program to count as installed. */
  readonly companions: readonly string[];
};

async function ensureProgram(source: ProgramSource, progress: Progress): Promise<string> {
  const installed = findOnPath(source.name);
  if (installed !== undefined && hasCompanions(installed, source) && (await source.isFitting(installed))) {
    return installed;
  }
  const file = join(source.directory, source.member);
  if (isExecutable(file)) return file;
  if (await fetchRelease(source, file, progress)) return file;
  return await fetchDebianProgram(source.debianPackage, source.name, progress);
}

async function fetchRelease(source: ProgramSource, file: string, progress: Progress): Promise<boolean> {
  const { members, ...release } = source.release;
  if (members !== undefined)
    return await downloadArchive({ ...release, members }, source.directory, progress);
  if (!(await download(release, file, progress))) return false;
  chmodSync(file, 0o755);
  return true;
}

function etcdSource(): ProgramSource {
  const root = `etcd-v${versions.etcd}-linux-${architecture()}`;
  const base = `https://github.com/etcd-io/etcd/releases/download/v${versions.etcd}`;
  return {
    name: "etcd",
    debianPackage: "etcd-server",
    directory: home(`etcd-${versions.etcd}`),
    release: { url: `${base}/${root}.tar.gz`, checksumUrl: `${base}/SHA256SUMS`, members: [`${root}/etcd`] },
    member: `${root}/etcd`,
    companions: [],
    isFitting: reports("--version", /etcd Version: ([\d.]+)/, oldestAccepted.etcd),
  };
}

function containerdSource(): ProgramSource {
  const base = `https://github.com/containerd/containerd/releases/download/v${versions.containerd}`;
  const url = `${base}/containerd-static-${versions.containerd}-linux-${architecture()}.tar.gz`;
  return {
    name: "containerd",
    debianPackage: "containerd",
    directory: home(`containerd-${versions.containerd}`),
    release: { url, checksumUrl: `${url}.sha256sum`, members: ["bin"] },
    member: "bin/containerd",
    companions: ["ctr", "containerd-shim-runc-v2"],
    isFitting: reports("--version", /containerd\S* (?:v)?(\d+\.[\d.]+)/, oldestAccepted.containerd),
  };
}

function runcSource(): ProgramSource {
  const base = `https://github.com/opencontainers/runc/releases/download/v${versions.runc}`;
  return {
    name: "runc",
    debianPackage: "runc",
    directory: home(`runc-${versions.runc}`),
    release: { url: `${base}/runc.${architecture()}`, checksumUrl: `${base}/runc.sha256sum` },
    member: "runc",
    companions: [],
    isFitting: reports("--version", /runc version ([\d.]+)/, oldestAccepted.runc),
  };
}

function tiniSource(): ProgramSource {
  const url = `https://github.com/krallin/tini/releases/download/v${versions.tini}/tini-static-${architecture()}`;
  return {
    name: "tini",
    debianPackage: "tini",
    directory: home(`tini-${versions.tini}`),
    release: { url, checksumUrl: `${url}.sha256sum` },
    member: "tini",
    companions: [],
    isFitting: async () => true,
  };
}

async function ensureCniPlugins(progress: Progress): Promise<string> {
  const complete = (directory: string): boolean =>
    ["ptp", "host-local", "loopback"].every((name) => isExecutable(join(directory, name)));
  const directory = home(`cni-plugins-${versions.cniPlugins}`);
  for (const candidate of ["/usr/lib/cni", "/opt/cni/bin", directory])
    if (complete(candidate)) return candidate;
  const base = `https://github.com/containernetworking/plugins/releases/download/v${versions.cniPlugins}`;
  const url = `${base}/cni-plugins-linux-${architecture()}-v${versions.cniPlugins}.tgz`;
  const release = { url, checksumUrl: `${url}.sha256`, members: ["."] };
  if ((await downloadArchive(release, directory, progress)) && complete(directory)) return directory;
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
