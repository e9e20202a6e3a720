// A cluster that exists before the stack does: an embedded one of its own home, known by a kubeconfig context only.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EMBEDDED_CONTEXT } from "../../stacks/local/cluster/embedded.ts";
import { instanceOf, layoutOf, linkAt, POD_CIDR } from "../../stacks/local/cluster/instance.ts";
import { readNodeSpec } from "../../stacks/local/cluster/node-spec.ts";
import { findNodeInits } from "../../stacks/local/cluster/processes.ts";
import { paths } from "../../stacks/local/paths.ts";

const NODE_PORT = 30_080;
const START_WITHIN_MS = 15 * 60_000;
const KUBECTL_WITHIN_MS = 120_000;

export type NamedCluster = {
  readonly home: string;
  /** Holds one context. */
  readonly kubeconfig: string;
  readonly context: string;
  /** Address of this machine as nodes and pods of the cluster reach it; no other machine does. */
  readonly hostAddress: string;
  kubectl(...args: readonly string[]): string;
  /** Lets the node pull from `registry`, as its pods' images name it, through the port `port` of this machine's loopback. */
  admitRegistry(registry: string, port: number): Promise<void>;
  remove(): Promise<void>;
};

export async function startNamedCluster(context: string, gatewayPort: number): Promise<NamedCluster> {
  const home = mkdtempSync(join(tmpdir(), "rampa-named-"));
  const layout = layoutOf(home);
  const settings = JSON.stringify({ use: "embedded", gatewayPort, nodePort: NODE_PORT });
  runInHome(home, `await ensureCluster(${settings}, { report() {} })`);
  const kubeconfig = join(home, "named.kubeconfig");
  const text = readFileSync(layout.kubeconfig, "utf8").replaceAll(EMBEDDED_CONTEXT, context);
  writeFileSync(kubeconfig, text, { mode: 0o600 });
  const hostAddress = letPodsReachHost(home);
  const doors: (() => void)[] = [];
  return {
    home,
    kubeconfig,
    context,
    hostAddress,
    kubectl: (...args) =>
      execFileSync(join(home, "bin", "kubectl"), ["--kubeconfig", kubeconfig, ...args], {
        encoding: "utf8",
        timeout: KUBECTL_WITHIN_MS,
      }),
    async admitRegistry(registry, port) {
      const door = await openDoor(hostAddress, port);
      doors.push(door.close);
      const folder = join(layout.registries, registry);
      mkdirSync(folder, { recursive: true });
      const server = `http://${hostAddress}:${door.port}`;
      writeFileSync(join(folder, "hosts.toml"), `server = "${server}"\n[host."${server}"]\n`);
    },
    async remove() {
      for (const close of doors) close();
      runInHome(home, "await removeCluster({ report() {} })");
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** In a process of its own, as the cluster's modules learn their home when they load. */
function runInHome(home: string, statement: string): void {
  const module = JSON.stringify(join(paths.checkout, "stacks/local/cluster/cluster.ts"));
  const program = `import { ensureCluster, removeCluster } from ${module};\n${statement};`;
  execFileSync(process.execPath, ["--input-type=module", "--eval", program], {
    env: { ...process.env, RAMPA_HOME: home },
    stdio: ["ignore", "inherit", "inherit"],
    timeout: START_WITHIN_MS,
  });
}

/** What a cloud's router does: pods leave the node of the cluster at `home` under its address. Returns the host's own. */
export function letPodsReachHost(home: string): string {
  const spec = readNodeSpec(layoutOf(home).settings);
  const [init] = findNodeInits(instanceOf(home).hash);
  if (spec === undefined || init === undefined) throw new Error("the cluster has no node");
  const { host } = linkAt(spec.linkIndex);
  const rule = ["-t", "nat", "-A", "POSTROUTING", "-s", POD_CIDR, "-d", `${host}/32`, "-j", "MASQUERADE"];
  execFileSync("nsenter", ["--target", `${init.pid}`, "--net", "iptables", "-w", ...rule]);
  return host;
}

/** Carries connections to a free port of `address` on to `port` of the loopback. */
async function openDoor(address: string, port: number): Promise<{ port: number; close: () => void }> {
  const server = createServer((socket) => {
    const inner = connect(port, "127.0.0.1");
    socket.on("error", () => inner.destroy());
    inner.on("error", () => socket.destroy());
    socket.pipe(inner).pipe(socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, address, resolve);
  });
  // A TCP server's address is an object, never a pipe's name.
  return { port: (server.address() as AddressInfo).port, close: () => void server.close() };
}
