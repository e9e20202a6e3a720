// The versions of everything the local cluster is made of; the only place to change them.

export const versions = {
  kubernetes: "1.34.4",
  coredns: "1.13.1",
  gatewayApi: "1.4.1",
  etcd: "3.5.21",
  containerd: "1.7.29",
  runc: "1.3.4",
  cniPlugins: "1.6.2",
  tini: "0.19.0",
  kind: "0.30.0",
  /** Fetched only where no Go is installed: for pause and for the definitions of the Gateway API. */
  go: "1.24.9",
} as const;

/** What an installed program must at least be to be used instead of fetching one. */
export const oldestAccepted = {
  etcd: "3.4.0",
  containerd: "1.6.0",
  runc: "1.1.0",
  go: "1.24.0",
} as const;

/** The architecture names of Go, Debian and the release pages. */
export function architecture(): "amd64" | "arm64" {
  return process.arch === "arm64" ? "arm64" : "amd64";
}

/** Numeric comparison of dotted versions; missing fields count as 0. */
export function isAtLeast(version: string, oldest: string): boolean {
  const parse = (text: string): number[] => text.split(".").map((field) => Number.parseInt(field, 10) || 0);
  const [have, want] = [parse(version), parse(oldest)];
  for (let i = 0; i < Math.max(have.length, want.length); i++) {
    const difference = (have[i] ?? 0) - (want[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
