// What works and what does not, part by part, with the next command and the log to read.
import { connect } from "node:net";
import { join } from "node:path";
import { paths } from "../paths.ts";
import { isDnsAvailable, isNodeReady } from "./addons-apply.ts";
import { instanceOf, type Layout, layoutOf } from "./instance.ts";
import { connectApi, type KubernetesApi } from "./kubernetes-api.ts";
import { readDaemonState, readNodeSpec, readPartStates } from "./node-spec.ts";
import { findDaemon, findNodeInits, findOwned, type OwnedProcess } from "./processes.ts";

export type PartStatus = {
  readonly part: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly next: string | undefined;
  readonly logFile: string | undefined;
  readonly pid?: number;
};

const UP = "npm run up";

/** Forwarder, node, every part inside it, then what they give together. */
export async function embeddedStatus(): Promise<readonly PartStatus[]> {
  const layout = layoutOf(paths.home);
  const owned = findOwned(instanceOf(paths.home).hash);
  const api = await connectApi(layout.kubeconfig, "rampa-local");
  return [
    forwarderStatus(layout),
    nodeStatus(layout),
    ...partStatuses(layout, owned),
    ...(await apiStatuses(api, layout)),
    await gatewayPortStatus(layout),
  ];
}

/** For clusters that someone else runs: does the API answer? */
export async function foreignStatus(kubeconfig: string, context: string): Promise<readonly PartStatus[]> {
  const api = await connectApi(kubeconfig, context);
  return [await readyzStatus(api, `kubectl --context ${context} get --raw /readyz`, undefined)];
}

function forwarderStatus(layout: Layout): PartStatus {
  const daemon = findDaemon(instanceOf(paths.home).hash);
  const state = readDaemonState(layout.daemonStatus);
  const spec = readNodeSpec(layout.settings);
  const ok = daemon !== undefined && state?.pid === daemon.pid && state.listening;
  return {
    part: "forwarder",
    ok,
    detail: ok
      ? `127.0.0.1:${spec?.gatewayPort} and :${spec?.apiPort}, ${state.nodeStarts} node starts`
      : (state?.problem ?? "not running"),
    next: ok ? undefined : UP,
    logFile: join(layout.logs, "daemon.log"),
    ...(daemon === undefined ? {} : { pid: daemon.pid }),
  };
}

function nodeStatus(layout: Layout): PartStatus {
  const init = findNodeInits(instanceOf(paths.home).hash)[0];
  return {
    part: "node",
    ok: init !== undefined,
    detail: init === undefined ? "its namespaces are gone" : "namespaces stand",
    next: init === undefined ? UP : undefined,
    logFile: join(layout.logs, "supervisor.log"),
    ...(init === undefined ? {} : { pid: init.pid }),
  };
}

function partStatuses(layout: Layout, owned: readonly OwnedProcess[]): readonly PartStatus[] {
  return (readPartStates(layout.status)?.parts ?? []).map((state): PartStatus => {
    const inside = owned.find((p) => p.role === "node" && p.innerPid === state.innerPid);
    const ok = state.state === "running" && inside !== undefined;
    const restarts = state.restarts === 0 ? "" : `, ${state.restarts} restarts`;
    const exit = state.lastExit === undefined ? "" : `, last ended with ${state.lastExit}`;
    const logFile = join(layout.logs, `${state.part}.log`);
    return {
      part: state.part,
      ok,
      detail: `${inside === undefined ? "not running" : state.state}${restarts}${exit}`,
      next: ok ? undefined : `tail -n 40 ${logFile}`,
      logFile,
      ...(inside === undefined ? {} : { pid: inside.pid }),
    };
  });
}

async function apiStatuses(api: KubernetesApi, layout: Layout): Promise<readonly PartStatus[]> {
  const log = join(layout.logs, "kube-apiserver.log");
  const readyz = await readyzStatus(api, `tail -n 40 ${log}`, log);
  if (!readyz.ok) return [readyz];
  const [node, dns] = await Promise.all([isNodeReady(api), isDnsAvailable(api)]);
  return [
    readyz,
    {
      ...verdict("node-ready", node, "kubectl describe node rampa-local"),
      logFile: join(layout.logs, "kubelet.log"),
    },
    { ...verdict("dns", dns, "kubectl -n kube-system describe pod -l k8s-app=kube-dns"), logFile: undefined },
  ];
}

async function readyzStatus(
  api: KubernetesApi,
  next: string,
  logFile: string | undefined,
): Promise<PartStatus> {
  const answer = await api.get("/readyz");
  const ok = answer.status === 200;
  const failed = typeof answer.body === "string" ? answer.body.slice(0, 200) : `status ${answer.status}`;
  return { part: "api", ok, detail: ok ? "ready" : failed, next: ok ? undefined : next, logFile };
}

function verdict(part: string, ok: boolean, next: string): Omit<PartStatus, "logFile"> {
  return { part, ok, detail: ok ? "ready" : "not ready", next: ok ? undefined : next };
}

/** Only that the forwarder listens: whether a gateway answers behind it is the platform's to say. */
async function gatewayPortStatus(layout: Layout): Promise<PartStatus> {
  const port = readNodeSpec(layout.settings)?.gatewayPort ?? 0;
  const ok = await accepts(port);
  return {
    part: "gateway-port",
    ok,
    detail: ok ? `127.0.0.1:${port} accepts` : `127.0.0.1:${port} refuses`,
    next: ok ? undefined : UP,
    logFile: join(layout.logs, "daemon.log"),
  };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.setTimeout(2_000, () => socket.destroy());
    socket.once("connect", () => {
      resolve(true);
      socket.destroy();
    });
    // A reset means that it was accepted and that nothing answers behind it yet.
    socket.once("error", (error) => resolve("code" in error && error.code === "ECONNRESET"));
    socket.once("close", () => resolve(false));
  });
}
