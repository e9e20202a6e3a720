// The embedded cluster: brings it up, finds it running, takes it away.
import { spawn } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stringify } from "yaml";
import { paths } from "../paths.ts";
import type { Progress } from "../progress.ts";
import { ensureAddons, ensureBaseImages, isAddonsCurrent } from "./addons-apply.ts";
import { type ClusterBinaries, ensureClusterBinaries } from "./binaries.ts";
import { clusterError } from "./cluster-error.ts";
import { withSystemPrograms } from "./commands.ts";
import { API_SERVICE_IP, chooseLinkIndex, instanceOf, layoutOf, linkAt } from "./instance.ts";
import { connectApi } from "./kubernetes-api.ts";
import { makeMountPoints } from "./mount-points.ts";
import { type NodeSpec, readDaemonState, readNodeSpec, readPartStates } from "./node-spec.ts";
import { checkMachine, isFree, pickFreePort, type WantedPort } from "./preflight.ts";
import { endProcess, findDaemon, INSTANCE_VARIABLE, ROLE_VARIABLE } from "./processes.ts";

export const EMBEDDED_CONTEXT = "rampa-local";
const API_DEADLINE_MS = 120_000;
const DAEMON_DEADLINE_MS = 15_000;

const layout = layoutOf(paths.home);
const instance = instanceOf(paths.home);

type EmbeddedSettings = { readonly gatewayPort: number; readonly nodePort: number };

/** True when nothing needs doing: forwarder, API server and node answer and the add-ons are this version's. */
export async function isEmbeddedRunning(settings: EmbeddedSettings): Promise<boolean> {
  const spec = readNodeSpec(layout.settings);
  if (spec === undefined || !hasSettings(spec, settings) || !existsSync(layout.kubeconfig)) return false;
  if (findDaemon(instance.hash) === undefined || !readDaemonState(layout.daemonStatus)?.listening)
    return false;
  const api = await connectApi(layout.kubeconfig, EMBEDDED_CONTEXT);
  return (await api.get("/readyz")).status === 200 && (await isAddonsCurrent(layout, api));
}

/** Idempotent; the caller holds the cluster lock. */
export async function startEmbedded(settings: EmbeddedSettings, progress: Progress): Promise<void> {
  await checkMachine(portsToCheck(settings));
  const binaries = await ensureClusterBinaries(progress);
  const spec = await writeSpec(settings, binaries);
  makeMountPoints();
  await ensureDaemon(spec, progress);
  linkKubectl(binaries);
  await Promise.all([awaitApi(spec, progress), ensureBaseImages(layout, binaries, progress)]);
  await ensureAddons(layout, progress);
}

/** Ports that have to be free; one that our own forwarder holds is not taken. */
export function portsToCheck(settings: Pick<EmbeddedSettings, "gatewayPort">): readonly WantedPort[] {
  const spec = readNodeSpec(layout.settings);
  const isOurs = findDaemon(instance.hash) !== undefined && spec?.gatewayPort === settings.gatewayPort;
  return isOurs ? [] : [{ port: settings.gatewayPort, setting: "rampa:local.gatewayPort" }];
}

async function writeSpec(settings: EmbeddedSettings, binaries: ClusterBinaries): Promise<NodeSpec> {
  const before = readNodeSpec(layout.settings);
  const addresses = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map((a) => a.address));
  const hasDaemon = findDaemon(instance.hash) !== undefined;
  const keepsApiPort = before !== undefined && (hasDaemon || (await isFree(before.apiPort)));
  const spec: NodeSpec = {
    home: paths.home,
    hash: instance.hash,
    gatewayPort: settings.gatewayPort,
    nodePort: settings.nodePort,
    apiPort: keepsApiPort ? before.apiPort : await pickFreePort(),
    linkIndex: before?.linkIndex ?? chooseLinkIndex(instance.hash, addresses),
    binaries,
  };
  mkdirSync(layout.root, { recursive: true, mode: 0o700 });
  mkdirSync(paths.models, { recursive: true });
  writeFileSync(layout.settings, JSON.stringify(spec, null, 2), { mode: 0o600 });
  return spec;
}

function hasSettings(spec: NodeSpec, settings: EmbeddedSettings): boolean {
  return spec.gatewayPort === settings.gatewayPort && spec.nodePort === settings.nodePort;
}

/** A daemon with other ports is replaced; the node below it goes on and is adopted. */
async function ensureDaemon(spec: NodeSpec, progress: Progress): Promise<void> {
  const running = findDaemon(instance.hash);
  const state = readDaemonState(layout.daemonStatus);
  if (running !== undefined) {
    const isSame = state?.pid === running.pid && state.listening;
    if (isSame && state.gatewayPort === spec.gatewayPort && state.nodePort === spec.nodePort) return;
    await endProcess(running);
  }
  progress.report("starting the forwarder and the node");
  rmSync(layout.daemonStatus, { force: true });
  const pid = spawnDaemon(spec);
  const until = Date.now() + DAEMON_DEADLINE_MS;
  while (Date.now() < until) {
    const now = readDaemonState(layout.daemonStatus);
    if (now?.pid === pid && now.listening) return;
    if (now?.problem !== undefined) break;
    await sleep(30);
  }
  const reason = readDaemonState(layout.daemonStatus)?.problem ?? "no word within 15 s";
  const next = `see ${join(layout.logs, "daemon.log")}, then npm run up`;
  throw clusterError("cluster.daemon", `the forwarder did not start: ${reason}`, next);
}

function spawnDaemon(spec: NodeSpec): number {
  mkdirSync(layout.logs, { recursive: true });
  const log = openSync(join(layout.logs, "daemon.log"), "a", 0o600);
  const child = spawn(process.execPath, [join(import.meta.dirname, "daemon.ts"), spec.home], {
    detached: true,
    stdio: ["ignore", log, log],
    cwd: "/",
    env: daemonEnvironment(spec),
  });
  closeSync(log);
  child.unref();
  return child.pid ?? 0;
}

/** Only what it needs: it outlives the command that starts it, and that one's environment may hold secrets. */
function daemonEnvironment(spec: NodeSpec): NodeJS.ProcessEnv {
  const { PATH, HOME } = process.env;
  return {
    ...withSystemPrograms({ PATH }),
    HOME,
    RAMPA_HOME: spec.home,
    RAMPA_CACHE_DIR: paths.cache,
    [INSTANCE_VARIABLE]: spec.hash,
    [ROLE_VARIABLE]: "daemon",
  };
}

async function awaitApi(spec: NodeSpec, progress: Progress): Promise<void> {
  const until = Date.now() + API_DEADLINE_MS;
  while (Date.now() < until) {
    if (existsSync(join(layout.pki, "admin.crt"))) {
      writeKubeconfig(spec);
      const api = await connectApi(layout.kubeconfig, EMBEDDED_CONTEXT);
      if ((await api.get("/readyz")).status === 200) return;
    }
    progress.report(`waiting for the API server (${waitingParts()})`);
    await sleep(100);
  }
  throw clusterError(
    "cluster.not-ready",
    `the API server did not answer within ${API_DEADLINE_MS / 1000} s (${waitingParts()})`,
    `npm run rampa -- status names the part; the logs are in ${layout.logs}, first daemon.log and kube-apiserver.log`,
  );
}

function waitingParts(): string {
  const parts = readPartStates(layout.status)?.parts ?? [];
  const waiting = parts
    .filter((part) => part.state !== "running")
    .map((part) => `${part.part} ${part.state}`);
  return waiting.join(", ") || "the node is starting";
}

/** Ranges of the API server's addresses as pods see them, its Service's and the node's; undefined before the first start. */
export function embeddedApiServers(): string[] | undefined {
  const spec = readNodeSpec(layout.settings);
  return spec && [API_SERVICE_IP, linkAt(spec.linkIndex).node].map((address) => `${address}/32`);
}

/** Certificates inside, so that the file works from anywhere; rewritten because they are renewed at each start. */
function writeKubeconfig(spec: NodeSpec): void {
  const data = (file: string): string => readFileSync(join(layout.pki, file)).toString("base64");
  const name = EMBEDDED_CONTEXT;
  const server = `https://127.0.0.1:${spec.apiPort}`;
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": name,
    clusters: [{ name, cluster: { server, "certificate-authority-data": data("ca.crt") } }],
    users: [
      {
        name,
        user: { "client-certificate-data": data("admin.crt"), "client-key-data": data("admin.key") },
      },
    ],
    contexts: [{ name, context: { cluster: name, user: name } }],
  };
  writeFileSync(layout.kubeconfig, stringify(config), { mode: 0o600 });
}

function linkKubectl(binaries: ClusterBinaries): void {
  mkdirSync(paths.bin, { recursive: true });
  const link = join(paths.bin, "kubectl");
  rmSync(link, { force: true });
  symlinkSync(join(binaries.kube, "kubectl"), link);
}
