// Starts the node from the host: certificates, configurations, cgroup, namespaces, and the link into them.
import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { planLeaves, writeCertificates } from "./certificates.ts";
import { cgroupVersionOf, makeCgroups, readHierarchies, removeCgroups } from "./cgroups.ts";
import { clusterError } from "./cluster-error.ts";
import { runCommand, tryCommand } from "./commands.ts";
import { API_SERVICE_IP, instanceOf, type Layout, layoutOf, linkAt } from "./instance.ts";
import type { NodeSpec } from "./node-spec.ts";
import { renderConfigs } from "./part-configs.ts";
import {
  childrenOf,
  endProcess,
  findNodeInits,
  INSTANCE_VARIABLE,
  type OwnedProcess,
  ROLE_VARIABLE,
} from "./processes.ts";

const LOG_LIMIT_BYTES = 1024 * 1024;

/** The running node of this instance, if exactly one runs and its link stands; anything else is ended first. */
export async function adoptNode(spec: NodeSpec): Promise<OwnedProcess | undefined> {
  const inits = findNodeInits(spec.hash);
  const [only] = inits;
  if (only !== undefined && inits.length === 1 && (await hasVeth(instanceOf(spec.home).veth))) return only;
  for (const init of inits) await endProcess(init);
  return undefined;
}

export async function startNode(spec: NodeSpec): Promise<OwnedProcess> {
  const layout = layoutOf(spec.home);
  await awaitVethGone(instanceOf(spec.home).veth);
  await writeNodeFiles(spec, layout);
  // What the last node's pods left: the kubelet would look at each dead group for three seconds.
  await removeCgroups(instanceOf(spec.home).cgroup);
  makeCgroups(instanceOf(spec.home).cgroup);
  const holder = spawnHolder(spec, layout);
  const init = await awaitInit(spec, holder);
  await linkNode(spec, init);
  return init;
}

async function hasVeth(veth: string): Promise<boolean> {
  return (await tryCommand("ip", ["link", "show", veth])).code === 0;
}

async function writeNodeFiles(spec: NodeSpec, layout: Layout): Promise<void> {
  const nodeIp = linkAt(spec.linkIndex).node;
  for (const directory of [layout.config, layout.run, layout.logs, layout.etcd, layout.containerd]) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  }
  await writeCertificates(layout.pki, planLeaves(nodeIp, API_SERVICE_IP));
  const files = renderConfigs({
    layout,
    cgroup: instanceOf(spec.home).cgroup,
    nodeIp,
    cniDir: spec.binaries.cniDir,
    runc: spec.binaries.runc,
    snapshotter: await chooseSnapshotter(layout),
    cgroupVersion: cgroupVersionOf(readHierarchies()) ?? 2,
    encryptionKey: readFileSync(join(layout.pki, "encryption.key"), "utf8"),
  });
  for (const [name, text] of Object.entries(files)) {
    const file = join(layout.config, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { mode: 0o600 });
  }
}

/** overlayfs cannot lie on overlayfs, which is what a checkout inside a container often lies on. */
async function chooseSnapshotter(layout: Layout): Promise<"overlayfs" | "native"> {
  const type = await tryCommand("stat", ["-f", "-c", "%T", layout.containerd]);
  return /overlay|nfs|fuse|v9fs/.test(type.stdout) ? "native" : "overlayfs";
}

function spawnHolder(spec: NodeSpec, layout: Layout): number {
  const file = join(layout.logs, "node.log");
  const log = openSync(file, "a", 0o600);
  if (readFileSync(file).length > LOG_LIMIT_BYTES) writeFileSync(file, "");
  const supervisor = join(import.meta.dirname, "supervisor.ts");
  const holder = spawn(
    "unshare",
    [
      ..."--net --mount --pid --fork --mount-proc --propagation private --".split(" "),
      ...[spec.binaries.tini, "--", process.execPath, supervisor, spec.home],
    ],
    {
      detached: true,
      stdio: ["ignore", log, log],
      env: { ...process.env, [INSTANCE_VARIABLE]: spec.hash, [ROLE_VARIABLE]: "node" },
      cwd: "/",
    },
  );
  closeSync(log);
  holder.once("error", () => {});
  if (holder.pid === undefined) {
    throw clusterError("cluster.unshare", "unshare could not be started", "install util-linux");
  }
  holder.unref();
  return holder.pid;
}

async function awaitInit(spec: NodeSpec, holder: number): Promise<OwnedProcess> {
  const until = Date.now() + 5_000;
  while (Date.now() < until) {
    const children = childrenOf(holder);
    const init = findNodeInits(spec.hash).find((process) => children.includes(process.pid));
    if (init !== undefined) return init;
    await sleep(10);
  }
  throw clusterError("cluster.namespace", "the node's namespaces did not come up", "see the log node.log");
}

async function linkNode(spec: NodeSpec, init: OwnedProcess): Promise<void> {
  const { veth } = instanceOf(spec.home);
  const peer = ["peer", "name", "eth0", "netns", String(init.pid)];
  await runCommand("ip", ["link", "add", veth, "type", "veth", ...peer]);
  await runCommand("ip", ["addr", "add", `${linkAt(spec.linkIndex).host}/30`, "dev", veth]);
  await runCommand("ip", ["link", "set", veth, "up"]);
}

/** A dead namespace takes its end of the link with it, a moment after its last process. */
export async function awaitVethGone(veth: string): Promise<void> {
  const until = Date.now() + 3_000;
  while (await hasVeth(veth)) {
    if (Date.now() > until) {
      await tryCommand("ip", ["link", "delete", veth]);
      return;
    }
    await sleep(30);
  }
}
