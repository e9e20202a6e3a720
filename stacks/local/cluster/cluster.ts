// The local cluster as the rest of the local stack sees it: ensure, read, status, remove, images.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { z } from "zod";
import { paths } from "../paths.ts";
import type { Progress } from "../progress.ts";
import { ensureGatewayDefinitions } from "./addons-apply.ts";
import { clusterError } from "./cluster-error.ts";
import { withClusterLock } from "./cluster-lock.ts";
import { embeddedStatus, foreignStatus, type PartStatus } from "./cluster-status.ts";
import { EMBEDDED_CONTEXT, isEmbeddedRunning, startEmbedded } from "./embedded.ts";
import { removeEmbedded } from "./embedded-remove.ts";
import { collectImages } from "./image-collection.ts";
import { hasImageBy, importBy, requireEmbeddedCtr } from "./image-import.ts";
import { instanceOf, layoutOf } from "./instance.ts";
import { findKind, isDockerRunning, KIND_MODELS, kindCtr, kindName, removeKind, startKind } from "./kind.ts";
import { connectApi } from "./kubernetes-api.ts";
import { findOwned } from "./processes.ts";

export type { PartStatus } from "./cluster-status.ts";

const cluster = z.strictObject({
  kind: z.enum(["embedded", "kind", "context"]),
  kubeconfig: z.string(),
  context: z.string(),
  modelCachePath: z.string().optional(),
});

export type Cluster = {
  readonly kind: "embedded" | "kind" | "context";
  /** Path of the file. */
  readonly kubeconfig: string;
  readonly context: string;
  /** Where the node sees `paths.models`; undefined on a cluster that is not on this machine. */
  readonly modelCachePath: string | undefined;
};

export type ClusterSettings = {
  readonly use: "auto" | "embedded" | "kind" | "context";
  readonly context?: string;
  /** Port on 127.0.0.1 that reaches `nodePort`. */
  readonly gatewayPort: number;
  readonly nodePort: number;
};

const layout = layoutOf(paths.home);

/** Idempotent: quick when the cluster runs, starts again what died; throws ClusterError with every problem. */
export async function ensureCluster(settings: ClusterSettings, progress: Progress): Promise<Cluster> {
  const kind = await chooseKind(settings, progress);
  const known = await readCluster();
  if (known?.kind === kind && kind === "embedded" && (await isEmbeddedRunning(settings))) return known;
  if (known !== undefined && known.kind !== kind) {
    throw clusterError(
      "cluster.kind-changed",
      `the local cluster is of kind ${known.kind}, wanted is ${kind}`,
      "npm run down, then npm run up",
    );
  }
  return await withClusterLock(layout.lock, progress, async () => {
    const started = await start(kind, settings, progress);
    writeFileSync(layout.description, JSON.stringify(started, null, 2), { mode: 0o600 });
    return started;
  });
}

/** From the description alone: no process is asked, nothing is changed. */
export async function readCluster(): Promise<Cluster | undefined> {
  if (!existsSync(layout.description)) return undefined;
  try {
    const { modelCachePath, ...rest } = cluster.parse(JSON.parse(readFileSync(layout.description, "utf8")));
    return { ...rest, modelCachePath };
  } catch {
    // Cut off by a full disk or a kill: ensureCluster writes it anew.
    return undefined;
  }
}

export async function clusterStatus(): Promise<readonly PartStatus[]> {
  const known = await readCluster();
  if (known === undefined) {
    const next = "npm run up";
    return [{ part: "cluster", ok: false, detail: "there is no local cluster", next, logFile: undefined }];
  }
  return known.kind === "embedded"
    ? await embeddedStatus()
    : await foreignStatus(known.kubeconfig, known.context);
}

/** Leaves links, mounts, rules, processes and cgroups as they were; a context of the user's is only forgotten. */
export async function removeCluster(progress: Progress): Promise<void> {
  const known = await readCluster();
  await withClusterLock(layout.lock, progress, async () => {
    if (known?.kind === "kind") await removeKind(progress);
    if (existsSync(layout.settings) || findOwned(instanceOf(paths.home).hash).length > 0) {
      await removeEmbedded(progress);
    }
    rmSync(layout.root, { recursive: true, force: true });
  });
}

/** `reference` is what pods will say: `repository@sha256:…` or `repository:tag`. Older ones that nothing uses go. */
export async function importImage(layoutTar: string, reference: string, progress: Progress): Promise<void> {
  const known = await requireCluster();
  progress.report(`importing ${reference}`);
  if (known.kind === "context") {
    throw clusterError(
      "cluster.import-unsupported",
      `images cannot be imported into the cluster of context ${known.context}`,
      "push the image to a registry that cluster can pull from",
    );
  }
  const ctr = known.kind === "embedded" ? requireEmbeddedCtr(paths.home) : kindCtr;
  await importBy(ctr, layoutTar, reference);
  await collectImages(ctr, await connectApi(known.kubeconfig, known.context), reference);
}

/** False on a cluster whose images cannot be listed from here. */
export async function hasImage(reference: string): Promise<boolean> {
  const known = await requireCluster();
  if (known.kind === "embedded") return await hasImageBy(requireEmbeddedCtr(paths.home), reference);
  return known.kind === "kind" && (await hasImageBy(kindCtr, reference));
}

async function requireCluster(): Promise<Cluster> {
  const known = await readCluster();
  if (known !== undefined) return known;
  throw clusterError("cluster.not-running", "there is no local cluster", "npm run up");
}

/** A context the user names wins, then what is already there, then Docker, then our own. */
async function chooseKind(settings: ClusterSettings, progress: Progress): Promise<Cluster["kind"]> {
  if (settings.use !== "auto") return settings.use;
  if (settings.context !== undefined) return "context";
  const known = await readCluster();
  if (known !== undefined && known.kind !== "context") return known.kind;
  return (await isDockerRunning()) && (await findKind(progress)) !== undefined ? "kind" : "embedded";
}

async function start(kind: Cluster["kind"], settings: ClusterSettings, progress: Progress): Promise<Cluster> {
  mkdirSync(layout.root, { recursive: true, mode: 0o700 });
  if (kind === "embedded") {
    await startEmbedded(settings, progress);
    const { kubeconfig } = layout;
    return { kind, kubeconfig, context: EMBEDDED_CONTEXT, modelCachePath: paths.models };
  }
  if (kind === "kind") {
    mkdirSync(paths.models, { recursive: true });
    await startKind(settings, progress);
    const context = `kind-${kindName}`;
    await ensureGatewayDefinitions(await connectApi(layout.kubeconfig, context), progress);
    return { kind, kubeconfig: layout.kubeconfig, context, modelCachePath: KIND_MODELS };
  }
  return await useContext(settings.context, progress);
}

async function useContext(wanted: string | undefined, progress: Progress): Promise<Cluster> {
  const files = (process.env.KUBECONFIG ?? join(homedir(), ".kube", "config")).split(delimiter);
  const kubeconfig = files.find((file) => existsSync(file) && hasContext(file, wanted));
  if (wanted === undefined || kubeconfig === undefined) {
    throw clusterError(
      "cluster.context-unknown",
      `no kubeconfig among ${files.join(", ")} has the context ${wanted ?? "(none named)"}`,
      "kubectl config get-contexts lists those there are; name one in rampa:local.context",
    );
  }
  const api = await connectApi(kubeconfig, wanted);
  const ready = await api.get("/readyz");
  if (ready.status !== 200) {
    throw clusterError(
      "cluster.context-unreachable",
      `the cluster of context ${wanted} does not answer: ${String(ready.body).slice(0, 200)}`,
      `kubectl --context ${wanted} get --raw /readyz`,
    );
  }
  await ensureGatewayDefinitions(api, progress);
  return { kind: "context", kubeconfig, context: wanted, modelCachePath: undefined };
}

function hasContext(file: string, wanted: string | undefined): boolean {
  const config = new KubeConfig();
  config.loadFromFile(file);
  return config.getContexts().some((context) => context.name === wanted);
}
