// How a stack reaches its cluster: the local one by its description, others by a kubeconfig context or a stack's output.
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { currentContext, type SelectedContext, selectContext } from "./kubeconfig.ts";
import type { StackSettings } from "./settings.ts";
import { StackError } from "./stack-error.ts";

export type ClusterAccess = {
  /** The file that the context was found in; undefined where a stack's output is the only place. */
  readonly file: string | undefined;
  /** Kubeconfig with one context; holds credentials. */
  readonly kubeconfig: string;
  readonly context: string;
  /** Stays the same when certificates or addresses change, so that nothing is replaced for them. */
  readonly identifier: string;
  /** Ranges that the API server's addresses as pods see them are in; undefined where they are not known. */
  readonly apiServers: string[] | undefined;
  readonly modelCachePath: string | undefined;
  /** Whether this machine is the one node, so that its directories can be volumes. */
  readonly isThisMachine: boolean;
};

/** What nobody here knows of a cluster that is not on this machine. */
const ELSEWHERE = { apiServers: undefined, modelCachePath: undefined, isThisMachine: false } as const;

/** The output `kubeconfig` of a stack that makes its own cluster: inside a program and outside of one there are different ways to it. */
export type ReadKubeconfig = (stack: string) => Promise<unknown>;

/** Finds the cluster and checks that a local one answers; throws StackError before anything is registered. */
export async function readClusterAccess(
  { cluster, stack }: Pick<StackSettings, "cluster" | "stack">,
  readKubeconfig: ReadKubeconfig,
): Promise<ClusterAccess> {
  if (cluster.context !== undefined) return await readContext(cluster.context, stack);
  if (cluster.stack !== undefined) return toStackAccess(await readKubeconfig(cluster.stack), cluster.stack);
  if (cluster.use === "aws") return toStackAccess(await readKubeconfig(stack), stack);
  return await readLocal(stack);
}

async function readLocal(stack: string): Promise<ClusterAccess> {
  const { readCluster } = await import("./local/cluster/cluster.ts");
  const local = await readCluster();
  if (local === undefined) {
    throw new StackError("stack.cluster-missing", `stack ${stack}: there is no local cluster`, "npm run up");
  }
  const access = await select([local.kubeconfig], local.context);
  if (access === undefined || !(await answers(access.server))) {
    throw new StackError(
      "stack.cluster-unreachable",
      `stack ${stack}: the local cluster does not answer${access === undefined ? "" : ` at ${access.server}`}`,
      "npm run rampa -- status, then npm run up",
    );
  }
  const { context, modelCachePath } = local;
  const { text: kubeconfig, file } = access;
  const { embeddedApiServers } = await import("./local/cluster/embedded.ts");
  const apiServers = local.kind === "embedded" ? embeddedApiServers() : undefined;
  const identifier = `${local.kind}/${context}`;
  const isThisMachine = local.kind === "embedded";
  return { file, kubeconfig, context, identifier, apiServers, modelCachePath, isThisMachine };
}

async function readContext(context: string, stack: string): Promise<ClusterAccess> {
  const files = (process.env.KUBECONFIG ?? join(homedir(), ".kube", "config")).split(delimiter);
  const access = await select(files, context);
  if (access === undefined) {
    throw new StackError(
      "stack.context-unknown",
      `stack ${stack}: no kubeconfig among ${files.join(", ")} has the context "${context}"`,
      "kubectl config get-contexts",
    );
  }
  const { text: kubeconfig, file } = access;
  const identifier = `context/${context}`;
  return { file, kubeconfig, context, identifier, ...ELSEWHERE };
}

/** Addresses inside another stack's cluster are that stack's to know. */
function toStackAccess(kubeconfig: unknown, base: string): ClusterAccess {
  const context = typeof kubeconfig === "string" ? currentContext(kubeconfig) : undefined;
  if (typeof kubeconfig !== "string" || context === undefined) {
    throw new StackError(
      "stack.base-missing",
      `stack ${base} has no cluster of its own that stands`,
      `npm run up -- --stack ${base}`,
    );
  }
  const identifier = `stack/${base}`;
  return { file: undefined, kubeconfig, context, identifier, ...ELSEWHERE };
}

async function select(
  files: readonly string[],
  context: string,
): Promise<(SelectedContext & { readonly file: string }) | undefined> {
  for (const file of files) {
    // A file of the list may be missing, as for kubectl.
    const text = await readFile(file, "utf8").catch(() => undefined);
    const found = text === undefined ? undefined : selectContext(text, file, context);
    if (found !== undefined) return { ...found, file };
  }
  return undefined;
}

const ANSWER_TIMEOUT_MS = 3_000;

/** Whether something accepts connections there; asking more would need the credentials. */
async function answers(server: string): Promise<boolean> {
  const { hostname, port } = new URL(server);
  return await new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port || 443), timeout: ANSWER_TIMEOUT_MS });
    const end = (result: boolean) => {
      socket.destroy();
      resolve(result);
    };
    socket.once("connect", () => end(true));
    socket.once("timeout", () => end(false));
    socket.once("error", () => end(false));
  });
}
