// What the daemon and the node's supervisor need to know, written once by ensureCluster and read at every start.
import { readFileSync } from "node:fs";
import { z } from "zod";

const nodeSpec = z.strictObject({
  home: z.string(),
  hash: z.string(),
  gatewayPort: z.int(),
  nodePort: z.int(),
  /** Free port on loopback chosen once and kept, so that kubeconfigs stay valid. */
  apiPort: z.int(),
  linkIndex: z.int(),
  binaries: z.strictObject({
    kube: z.string(),
    coredns: z.string(),
    pause: z.string(),
    etcd: z.string(),
    containerd: z.string(),
    ctr: z.string(),
    runc: z.string(),
    cniDir: z.string(),
    tini: z.string(),
  }),
});

export type NodeSpec = z.output<typeof nodeSpec>;

export function readNodeSpec(file: string): NodeSpec | undefined {
  const text = readTextOrUndefined(file);
  if (text === undefined) return undefined;
  return nodeSpec.safeParse(parseJsonOrUndefined(text)).data;
}

const partState = z.strictObject({
  part: z.string(),
  state: z.enum(["waiting", "starting", "running", "backoff"]),
  innerPid: z.int().optional(),
  restarts: z.int(),
  lastExit: z.string().optional(),
});
const partStates = z.strictObject({
  startedAt: z.number(),
  readyAt: z.number().optional(),
  parts: z.array(partState),
});

/** The supervisor's view of its parts; `readyAt` is when the API server first answered /readyz. */
export type PartStates = z.output<typeof partStates>;

export function readPartStates(file: string): PartStates | undefined {
  return partStates.safeParse(parseJsonOrUndefined(readTextOrUndefined(file) ?? "")).data;
}

const daemonState = z.strictObject({
  pid: z.int(),
  listening: z.boolean(),
  problem: z.string().optional(),
  nodeStarts: z.int(),
  gatewayPort: z.int(),
  nodePort: z.int(),
});

export type DaemonState = z.output<typeof daemonState>;

export function readDaemonState(file: string): DaemonState | undefined {
  return daemonState.safeParse(parseJsonOrUndefined(readTextOrUndefined(file) ?? "")).data;
}

function readTextOrUndefined(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // Missing means: not started yet, or already removed.
    return undefined;
  }
}

function parseJsonOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Half-written by a process that was killed: the same as missing.
    return undefined;
  }
}
