// Names, addresses and paths of one embedded cluster, derived from its home directory so that two never collide.
import { createHash } from "node:crypto";
import { join } from "node:path";

/** Everything that carries the instance's hash; `linkIndex` picks the /30 between host and node. */
type Instance = {
  readonly hash: string;
  readonly veth: string;
  readonly cgroup: string;
};

export type Link = { readonly cidr: string; readonly host: string; readonly node: string };

/** 198.18.0.0/15 is set aside for benchmarks (RFC 2544) and never routed, so no office network uses it. */
const LINK_BASE = (198 << 24) | (18 << 16);
const LINK_COUNT = 2 ** 15;

export const NODE_NAME = "rampa-local";
/** Pod and Service addresses exist only inside the cluster's network namespace. */
export const POD_CIDR = "10.244.0.0/16";
export const NODE_POD_CIDR = "10.244.0.0/24";
export const SERVICE_CIDR = "10.96.0.0/16";
export const API_SERVICE_IP = "10.96.0.1";
export const DNS_SERVICE_IP = "10.96.0.10";
export const API_PORT = 6443;

export function instanceOf(home: string): Instance {
  const hash = createHash("sha256").update(home).digest("hex").slice(0, 8);
  return { hash, veth: `rmp${hash}`, cgroup: `rampa-${hash}` };
}

/** The first link to try for an instance; callers step on from it when its addresses are taken. */
export function firstLinkIndex(hash: string): number {
  return Number.parseInt(hash, 16) % LINK_COUNT;
}

export function linkAt(index: number): Link {
  const base = (LINK_BASE + (index % LINK_COUNT) * 4) >>> 0;
  return { cidr: `${toDotted(base)}/30`, host: toDotted(base + 1), node: toDotted(base + 2) };
}

/** The first link, from the instance's own onward, whose host address no interface carries. */
export function chooseLinkIndex(hash: string, takenAddresses: readonly string[]): number {
  const first = firstLinkIndex(hash);
  for (let step = 0; step < LINK_COUNT; step++) {
    const index = (first + step) % LINK_COUNT;
    const link = linkAt(index);
    if (!takenAddresses.includes(link.host) && !takenAddresses.includes(link.node)) return index;
  }
  return first;
}

function toDotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");
}

export type Layout = ReturnType<typeof layoutOf>;

/** Where an instance keeps what; see the README for what survives a restart. */
export function layoutOf(home: string) {
  const root = join(home, "cluster");
  return {
    root,
    description: join(root, "cluster.json"),
    kubeconfig: join(root, "kubeconfig"),
    settings: join(root, "settings.json"),
    lock: join(home, "cluster.lock"),
    pki: join(root, "pki"),
    config: join(root, "config"),
    etcd: join(root, "etcd"),
    containerd: join(root, "containerd"),
    kubelet: join(root, "kubelet"),
    images: join(root, "images"),
    registries: join(root, "registries"),
    run: join(root, "run"),
    status: join(root, "run", "parts.json"),
    daemonStatus: join(root, "run", "daemon.json"),
    addons: join(root, "run", "addons.sha256"),
    logs: join(home, "logs"),
  } as const;
}
