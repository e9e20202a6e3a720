// Programs of this machine inside the network of an embedded cluster's node, where names and addresses are the cluster's.
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  API_PORT,
  DNS_SERVICE_IP,
  instanceOf,
  layoutOf,
  linkAt,
} from "../../stacks/local/cluster/instance.ts";
import { readNodeSpec } from "../../stacks/local/cluster/node-spec.ts";
import { findNodeInits } from "../../stacks/local/cluster/processes.ts";

const START_MS = 60_000;
const STOP_MS = 5_000;

export type NodeHost = {
  /** Where processes inside the node are reached from pods and Services. */
  readonly address: string;
  /** The administrator's, for use inside the node. */
  readonly kubeconfig: string;
  start(name: string, command: readonly string[], env?: Readonly<Record<string, string>>): NodeProcess;
  /** Ends all that it started and still runs. */
  stop(): Promise<void>;
};

export type NodeProcess = {
  /** What it has printed so far. */
  output(): string;
  /** Resolves once it has printed the text; throws, with the last lines, when it ended before or took too long. */
  printed(text: string): Promise<void>;
  stop(): Promise<void>;
};

/** `home` is the cluster's; files are written into `folder`. */
export function openNode(home: string, folder: string): NodeHost {
  const layout = layoutOf(home);
  const spec = readNodeSpec(layout.settings);
  const [init] = findNodeInits(instanceOf(home).hash);
  if (spec === undefined || init === undefined) throw new Error(`no cluster runs in ${home}`);
  mkdirSync(folder, { recursive: true });
  const kubeconfig = join(folder, "kubeconfig");
  const given = readFileSync(layout.kubeconfig, "utf8");
  writeFileSync(kubeconfig, given.replaceAll(`127.0.0.1:${spec.apiPort}`, `127.0.0.1:${API_PORT}`), {
    mode: 0o600,
  });
  const names = join(folder, "resolv.conf");
  writeFileSync(names, `nameserver ${DNS_SERVICE_IP}\nsearch svc.cluster.local cluster.local\n`);
  const children: ChildProcess[] = [];
  return {
    address: linkAt(spec.linkIndex).node,
    kubeconfig,
    start(name, command, env = {}) {
      const file = join(folder, `${name}.log`);
      const log = openSync(file, "w");
      const inside = ["--target", `${init.pid}`, "--net", "unshare", "--mount", "sh", "-c"];
      const script = 'mount --bind "$0" /etc/resolv.conf && exec "$@"';
      // Each of them replaces the one before, so that signals reach the command.
      const child = spawn("nsenter", [...inside, script, names, ...command], {
        stdio: ["ignore", log, log],
        env: { PATH: process.env.PATH, HOME: folder, KUBECONFIG: kubeconfig, ...env },
      });
      closeSync(log);
      children.push(child);
      const output = (): string => readFileSync(file, "utf8");
      return { output, printed: (text) => awaitText(child, output, text), stop: () => stop(child) };
    },
    async stop() {
      await Promise.all(children.map(stop));
    },
  };
}

const isRunning = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode === null && signalCode === null;

async function awaitText(child: ChildProcess, output: () => string, text: string): Promise<void> {
  const deadlineMs = performance.now() + START_MS;
  while (!output().includes(text)) {
    if (!isRunning(child) || performance.now() > deadlineMs) {
      throw new Error(`no "${text}" from ${child.spawnargs.at(-1)}: ${output().slice(-2_000)}`);
    }
    await sleep(100);
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (!isRunning(child)) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  await ended;
  clearTimeout(timer);
}
