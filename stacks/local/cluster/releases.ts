// Where the official release of every program of the cluster lies, as its project publishes it.
import { chmodSync } from "node:fs";
import { join } from "node:path";
import type { Progress } from "../progress.ts";
import { download, downloadArchive, type Release } from "./downloads.ts";
import { architecture, versions } from "./versions.ts";

export const KUBE_PARTS = [
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kube-proxy",
  "kubelet",
  "kubectl",
] as const;
export const CNI_PLUGINS = ["ptp", "host-local", "loopback"] as const;

export type ReleasedProgram =
  | (typeof KUBE_PARTS)[number]
  | "coredns"
  | "etcd"
  | "containerd"
  | "runc"
  | "cniPlugins"
  | "tini"
  | "kind"
  | "go";

type OfficialRelease = Release & {
  /** What to take out of an archive; left out where the release is the program itself. */
  readonly members?: readonly string[];
  /** The program's place in the folder that the release goes to. */
  readonly program: string;
};

/** The program's path below `folder` once its release is there; undefined when it is out of reach from here. */
export async function fetchRelease(
  name: ReleasedProgram,
  folder: string,
  progress: Progress,
): Promise<string | undefined> {
  const { members, program, ...release } = officialRelease(name);
  const file = join(folder, program);
  if (members === undefined) {
    if (!(await download(release, file, progress))) return undefined;
    chmodSync(file, 0o755);
    return file;
  }
  return (await downloadArchive({ ...release, members }, folder, progress)) ? file : undefined;
}

export function officialRelease(name: ReleasedProgram): OfficialRelease {
  const arch = architecture();
  switch (name) {
    case "coredns": {
      const url = `${github("coredns/coredns", versions.coredns)}/coredns_${versions.coredns}_linux_${arch}.tgz`;
      return { url, checksumUrl: `${url}.sha256`, members: ["coredns"], program: "coredns" };
    }
    case "etcd": {
      const [base, root] = [github("etcd-io/etcd", versions.etcd), `etcd-v${versions.etcd}-linux-${arch}`];
      const program = `${root}/etcd`;
      return {
        url: `${base}/${root}.tar.gz`,
        checksumUrl: `${base}/SHA256SUMS`,
        members: [program],
        program,
      };
    }
    case "containerd": {
      const base = github("containerd/containerd", versions.containerd);
      const url = `${base}/containerd-static-${versions.containerd}-linux-${arch}.tar.gz`;
      const program = "bin/containerd";
      return { url, checksumUrl: `${url}.sha256sum`, members: ["bin"], program };
    }
    case "runc": {
      const base = github("opencontainers/runc", versions.runc);
      return { url: `${base}/runc.${arch}`, checksumUrl: `${base}/runc.sha256sum`, program: "runc" };
    }
    case "cniPlugins": {
      const base = github("containernetworking/plugins", versions.cniPlugins);
      const url = `${base}/cni-plugins-linux-${arch}-v${versions.cniPlugins}.tgz`;
      const members = CNI_PLUGINS.map((plugin) => `./${plugin}`);
      return { url, checksumUrl: `${url}.sha256`, members, program: "ptp" };
    }
    case "tini":
      return sums(`${github("krallin/tini", versions.tini)}/tini-static-${arch}`, "tini");
    case "kind":
      return sums(`${github("kubernetes-sigs/kind", versions.kind)}/kind-linux-${arch}`, "kind");
    case "go": {
      const url = `https://dl.google.com/go/go${versions.go}.linux-${arch}.tar.gz`;
      return { url, checksumUrl: `${url}.sha256`, members: ["go"], program: "go/bin/go" };
    }
    default: {
      const url = `https://dl.k8s.io/release/v${versions.kubernetes}/bin/linux/${arch}/${name}`;
      return { url, checksumUrl: `${url}.sha256`, program: name };
    }
  }
}

const github = (repository: string, version: string): string =>
  `https://github.com/${repository}/releases/download/v${version}`;

const sums = (url: string, program: string): OfficialRelease => ({
  url,
  checksumUrl: `${url}.sha256sum`,
  program,
});
