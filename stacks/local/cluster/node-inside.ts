// Prepares the node from inside its fresh namespaces: private mounts, loopback, address, route, forwarding.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { clusterError } from "./cluster-error.ts";
import type { Layout, Link } from "./instance.ts";

/** Directories the parts insist on; ensureCluster makes those the host lacks and removes them again. */
export const REQUIRED_DIRECTORIES = ["/var/lib/kubelet", "/var/lib/cni"] as const;

/**
 * The values the kubelet would write. These settings are not namespaced, so it is shown files that already hold
 * them, and the host keeps its own.
 */
const SHOWN_SETTINGS = {
  "vm/overcommit_memory": "1",
  "vm/panic_on_oom": "0",
  "kernel/panic": "10",
  "kernel/panic_on_oops": "1",
  "kernel/keys/root_maxkeys": "1000000",
  "kernel/keys/root_maxbytes": "25000000",
} as const;

export function mountPrivately(layout: Layout): void {
  run("mount", ["-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run"]);
  run("mount", ["-t", "tmpfs", "-o", "mode=755", "tmpfs", "/var/log"]);
  run("mount", ["-t", "tmpfs", "-o", "mode=755", "tmpfs", "/var/lib/cni"]);
  mkdirSync(layout.kubelet, { recursive: true });
  run("mount", ["--bind", layout.kubelet, "/var/lib/kubelet"]);
  run("mount", ["--make-shared", "/var/lib/kubelet"]);
  mkdirSync("/run/shown", { recursive: true });
  for (const [setting, value] of Object.entries(SHOWN_SETTINGS)) {
    const shown = `/run/shown/${setting.replaceAll("/", ".")}`;
    writeFileSync(shown, `${value}\n`);
    if (existsSync(`/proc/sys/${setting}`)) run("mount", ["--bind", shown, `/proc/sys/${setting}`]);
  }
}

/** Waits for the daemon to hand in `eth0`, then brings it up. */
export async function joinNetwork(link: Link, deadlineMs = 15_000): Promise<void> {
  const until = Date.now() + deadlineMs;
  while (!hasLink("eth0")) {
    if (Date.now() > until) {
      throw clusterError("cluster.link", "the node got no network link", "see the log daemon.log");
    }
    await sleep(20);
  }
  run("ip", ["link", "set", "lo", "up"]);
  run("ip", ["addr", "add", `${link.node}/30`, "dev", "eth0"]);
  run("ip", ["link", "set", "eth0", "up"]);
  run("ip", ["route", "add", "default", "via", link.host]);
  writeFileSync("/proc/sys/net/ipv4/ip_forward", "1\n");
  // On a host that routes for others, its neighbours could otherwise reach NodePorts past the loopback.
  run("iptables", ["-w", "-t", "raw", "-A", "PREROUTING", "-i", "eth0", "!", "-s", link.host, "-j", "DROP"]);
}

function hasLink(name: string): boolean {
  try {
    execFileSync("ip", ["link", "show", name], { stdio: "ignore" });
    return true;
  } catch {
    // `ip` ends with 1 while there is no such link.
    return false;
  }
}

function run(program: string, args: readonly string[]): void {
  execFileSync(program, args, { stdio: ["ignore", "ignore", "inherit"], timeout: 10_000 });
}
