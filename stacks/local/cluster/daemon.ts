// The host's side of the cluster: keeps the node running and carries loopback ports to it.
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import type { Server } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { forward } from "./forwarder.ts";
import { API_PORT, layoutOf, linkAt } from "./instance.ts";
import { adoptNode, startNode } from "./node-outside.ts";
import { type DaemonState, type NodeSpec, readNodeSpec } from "./node-spec.ts";
import { isAlive } from "./processes.ts";
import { calm, nextRestart, type RestartState } from "./restart-policy.ts";
import { openRotatingLog } from "./rotating-log.ts";

const WATCH_EVERY_MS = 250;

const home = process.argv[2] ?? "";
const layout = layoutOf(home);
const log = openRotatingLog(join(layout.logs, "daemon.log"));
const say = (line: string): void => log.write(`${new Date().toISOString()} ${line}\n`);

await main();

async function main(): Promise<void> {
  const spec = readNodeSpec(layout.settings);
  if (spec === undefined) throw new Error(`no settings in ${layout.settings}`);
  let nodeStarts = 0;
  try {
    await listen(spec);
  } catch (error) {
    // The port was free at the preflight and is taken now; ensureCluster reads this and says so.
    writeState(spec, { listening: false, problem: String(error), nodeStarts });
    process.exit(1);
  }
  let restart: RestartState = calm;
  for (;;) {
    writeState(spec, { listening: true, nodeStarts });
    const began = Date.now();
    await keepNode(spec, () => {
      nodeStarts += 1;
      writeState(spec, { listening: true, nodeStarts });
    });
    const next = nextRestart(restart, Date.now() - began);
    restart = next.state;
    say(`the node ended, next start in ${next.delayMs} ms`);
    await sleep(next.delayMs);
  }
}

function listen(spec: NodeSpec): Promise<readonly Server[]> {
  const { node: host, host: from } = linkAt(spec.linkIndex);
  return Promise.all([
    forward(spec.gatewayPort, { host, port: spec.nodePort, from }),
    forward(spec.apiPort, { host, port: API_PORT, from }),
  ]);
}

/** Returns when the node is gone, whether it was found running or started here. */
async function keepNode(spec: NodeSpec, onStarted: () => void): Promise<void> {
  try {
    const found = await adoptNode(spec);
    const node = found ?? (await startNode(spec));
    say(found === undefined ? `node started, pid ${node.pid}` : `node adopted, pid ${node.pid}`);
    if (found === undefined) onStarted();
    while (isAlive(node)) await sleep(WATCH_EVERY_MS);
  } catch (error) {
    // Whatever kept it from starting is tried again with back-off; ensureCluster gives up by its deadline.
    say(`the node did not start: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function writeState(spec: NodeSpec, change: Omit<DaemonState, "pid" | "gatewayPort" | "nodePort">): void {
  const { gatewayPort, nodePort } = spec;
  const state: DaemonState = { pid: process.pid, gatewayPort, nodePort, ...change };
  mkdirSync(layout.run, { recursive: true });
  writeFileSync(`${layout.daemonStatus}.new`, JSON.stringify(state));
  renameSync(`${layout.daemonStatus}.new`, layout.daemonStatus);
}
