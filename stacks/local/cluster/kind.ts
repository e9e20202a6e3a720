// The cluster by kind, where Docker runs: same outward shape, kept small because kind does the work.
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { paths } from "../paths.ts";
import type { Progress } from "../progress.ts";
import { findOnPath } from "./binaries.ts";
import { clusterError } from "./cluster-error.ts";
import { runCommand, tryCommand } from "./commands.ts";
import type { Ctr } from "./image-import.ts";
import { instanceOf, layoutOf } from "./instance.ts";
import { fetchRelease } from "./releases.ts";
import { architecture, versions } from "./versions.ts";

const CREATE_DEADLINE_MS = 600_000;

/** Where the node of a kind cluster sees `paths.models`. */
export const KIND_MODELS = "/var/lib/rampa/models";

export const kindName = instanceOf(paths.home).cgroup;

/** A running engine, not only the command. */
export async function isDockerRunning(): Promise<boolean> {
  return (await tryCommand("docker", ["info"], { deadlineMs: 5_000 })).code === 0;
}

export async function findKind(progress: Progress): Promise<string | undefined> {
  const installed = findOnPath("kind");
  if (installed !== undefined) return installed;
  const folder = join(paths.cache, "cluster", `kind-${versions.kind}-${architecture()}`);
  const kept = join(folder, "kind");
  return existsSync(kept) ? kept : await fetchRelease("kind", folder, progress);
}

export function kindConfig(gatewayPort: number, nodePort: number): object {
  return {
    kind: "Cluster",
    apiVersion: "kind.x-k8s.io/v1alpha4",
    nodes: [
      {
        role: "control-plane",
        extraPortMappings: [
          { containerPort: nodePort, hostPort: gatewayPort, listenAddress: "127.0.0.1", protocol: "TCP" },
        ],
        extraMounts: [{ hostPath: paths.models, containerPath: KIND_MODELS, readOnly: true }],
      },
    ],
  };
}

export async function startKind(
  settings: { readonly gatewayPort: number; readonly nodePort: number },
  progress: Progress,
): Promise<void> {
  const kind = await requireKind(progress);
  const { root, kubeconfig } = layoutOf(paths.home);
  const clusters = (await runCommand(kind, ["get", "clusters"])).split("\n");
  if (clusters.includes(kindName)) {
    // Docker does not start a stopped node again by itself after a reboot.
    await runCommand("docker", ["start", `${kindName}-control-plane`]);
    await runCommand(kind, ["export", "kubeconfig", "--name", kindName, "--kubeconfig", kubeconfig]);
    return;
  }
  const config = join(root, "kind.yaml");
  writeFileSync(config, stringify(kindConfig(settings.gatewayPort, settings.nodePort)));
  const create = ["create", "cluster", "--name", kindName, "--config", config, "--kubeconfig", kubeconfig];
  await runCommand(kind, [...create, "--wait", "120s"], {
    deadlineMs: CREATE_DEADLINE_MS,
    onLine: (line) => progress.report(`kind: ${line.trim()}`),
  });
}

export async function removeKind(progress: Progress): Promise<void> {
  const kind = await requireKind(progress);
  await runCommand(kind, ["delete", "cluster", "--name", kindName], { deadlineMs: CREATE_DEADLINE_MS });
}

/**
 * containerd's own client in the node rather than `kind load image-archive`, which gives a layout without names
 * a made-up one, so that no pod finds it.
 */
export const kindCtr: Ctr = [
  "docker",
  ..."exec --interactive".split(" "),
  `${kindName}-control-plane`,
  ..."ctr --namespace k8s.io".split(" "),
];

async function requireKind(progress: Progress): Promise<string> {
  const kind = await findKind(progress);
  if (kind !== undefined) return kind;
  const next = "install kind, or set rampa:local.cluster to embedded";
  throw clusterError("cluster.kind-missing", "kind is not installed and cannot be downloaded", next);
}
