// Runs inside the node's namespaces: starts the parts in order, restarts what ends, writes their state.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { get as httpGet, type IncomingMessage } from "node:http";
import { Agent, get as httpsGet } from "node:https";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { layoutOf, linkAt } from "./instance.ts";
import { joinNetwork, mountPrivately } from "./node-inside.ts";
import { type NodeSpec, type PartStates, readNodeSpec } from "./node-spec.ts";
import { type Part, type PartName, type Probe, planParts } from "./parts.ts";
import { calm, nextRestart, type RestartState } from "./restart-policy.ts";
import { openRotatingLog } from "./rotating-log.ts";

type PartState = PartStates["parts"][number];

const PROBE_EVERY_MS = 60;
const PROBE_DEADLINE_MS = 2_000;

const home = process.argv[2] ?? "";
const layout = layoutOf(home);
const log = openRotatingLog(join(layout.logs, "supervisor.log"));
const states = new Map<PartName, PartState>();
const answered = new Set<PartName>();
const startedAt = Date.now();
let readyAt: number | undefined;
let probeAgent: Agent | undefined;

await main();

async function main(): Promise<void> {
  const spec = readNodeSpec(layout.settings);
  if (spec === undefined) throw new Error(`no settings in ${layout.settings}`);
  mkdirSync(layout.run, { recursive: true });
  mountPrivately(layout);
  const link = linkAt(spec.linkIndex);
  await joinNetwork(link);
  probeAgent = createProbeAgent();
  const parts = planParts(spec.binaries, layout, link.node);
  for (const part of parts) states.set(part.name, { part: part.name, state: "waiting", restarts: 0 });
  writeStates();
  const environment = partEnvironment(spec);
  await Promise.all(parts.map((part) => keepRunning(part, environment)));
}

function createProbeAgent(): Agent {
  const pki = (file: string): Buffer => readFileSync(join(layout.pki, file));
  return new Agent({ ca: pki("ca.crt"), cert: pki("supervisor.crt"), key: pki("supervisor.key") });
}

async function keepRunning(part: Part, environment: NodeJS.ProcessEnv): Promise<void> {
  while (!part.after.every((name) => answered.has(name))) await sleep(20);
  const output = openRotatingLog(join(layout.logs, `${part.name}.log`));
  let restart: RestartState = calm;
  for (;;) {
    const began = Date.now();
    const child = spawn(part.program, part.args, { stdio: ["ignore", "pipe", "pipe"], env: environment });
    output.follow(child.stdout);
    output.follow(child.stderr);
    note(part.name, { state: "starting", ...(child.pid === undefined ? {} : { innerPid: child.pid }) });
    void watchUntilReady(part, child);
    const exit = await ended(child);
    const next = nextRestart(restart, Date.now() - began);
    restart = next.state;
    const restarts = (states.get(part.name)?.restarts ?? 0) + 1;
    note(part.name, { state: "backoff", lastExit: exit, restarts });
    log.write(`${new Date().toISOString()} ${part.name} ended (${exit}), next start in ${next.delayMs} ms\n`);
    await sleep(next.delayMs);
  }
}

async function watchUntilReady(part: Part, child: ChildProcess): Promise<void> {
  while (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
    if (await answers(part)) {
      answered.add(part.name);
      if (part.name === "kube-apiserver") readyAt ??= Date.now();
      note(part.name, { state: "running" });
      return;
    }
    await sleep(PROBE_EVERY_MS);
  }
}

function ended(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(signal ?? `status ${code}`));
  });
}

function answers(part: Part): Promise<boolean> {
  return new Promise((resolve) => {
    const request = openProbe(part.probe, resolve);
    request.setTimeout(PROBE_DEADLINE_MS, () => request.destroy());
    request.once("error", () => resolve(false));
    request.once("close", () => resolve(false));
  });
}

function openProbe(probe: Probe, resolve: (isReady: boolean) => void) {
  if (probe.kind === "socket") {
    const socket = connect(probe.path, () => {
      resolve(true);
      socket.destroy();
    });
    return socket;
  }
  const onAnswer = (response: IncomingMessage): void => {
    response.resume();
    resolve(response.statusCode === 200);
  };
  if (probe.kind === "http") return httpGet(probe.url, { agent: false }, onAnswer);
  // Scheduler and controller-manager sign for themselves on loopback; nothing is sent to them but this question.
  const options = probe.signedBy === "itself" ? { rejectUnauthorized: false } : { agent: probeAgent };
  return httpsGet(probe.url, options, onAnswer);
}

/** `innerPid` is left out while the part does not run; what else is not named stays as it was. */
function note(name: PartName, change: Partial<PartState>): void {
  const { innerPid: _, ...before } = states.get(name) ?? {
    part: name,
    state: "waiting" as const,
    restarts: 0,
  };
  const innerPid = change.state === "running" ? states.get(name)?.innerPid : change.innerPid;
  states.set(name, { ...before, ...change, ...(innerPid === undefined ? {} : { innerPid }) });
  writeStates();
}

function writeStates(): void {
  const text = JSON.stringify({ startedAt, ...(readyAt ? { readyAt } : {}), parts: [...states.values()] });
  writeFileSync(`${layout.status}.new`, text);
  renameSync(`${layout.status}.new`, layout.status);
}

/** containerd looks its shim and runc up on PATH; nothing else of the caller's environment reaches a part. */
function partEnvironment(spec: NodeSpec): NodeJS.ProcessEnv {
  const { containerd, runc } = spec.binaries;
  const directories = [dirname(containerd), dirname(runc), "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
  return {
    PATH: [...new Set(directories)].join(":"),
    HOME: layout.root,
    RAMPA_CLUSTER_INSTANCE: spec.hash,
    RAMPA_CLUSTER_ROLE: "node",
  };
}
