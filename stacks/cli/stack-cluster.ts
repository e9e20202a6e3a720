// The cluster that a stack lies in, as the verbs need it: the local one, a context of the user's, or another stack's.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type ClusterAccess, readClusterAccess } from "../cluster-access.ts";
import { clusterStatus, type PartStatus, readCluster } from "../local/cluster/cluster.ts";
import { foreignStatus } from "../local/cluster/cluster-status.ts";
import { checkoutPlaces } from "../local/engine/places.ts";
import { readCheckpoint, stateFilesOf } from "../local/engine/state-files.ts";
import { paths } from "../local/paths.ts";
import { silent } from "../local/progress.ts";
import type { StackSettings } from "../settings.ts";

export type StackCluster = {
  /** Path of the kubeconfig. */
  readonly kubeconfig: string;
  readonly context: string;
};

/** Throws StackError where the cluster is not to be found, or the local one does not answer. */
export async function requireCluster(settings: StackSettings): Promise<ClusterAccess> {
  return await readClusterAccess(settings, readKubeconfigOutput);
}

/** Undefined where there is no local cluster. Throws StackError for a context that is named nowhere, or not found. */
export async function findCluster(settings: StackSettings): Promise<StackCluster | undefined> {
  if (!isNamed(settings)) return await readCluster();
  const access = await requireCluster(settings);
  return { kubeconfig: access.file ?? (await keepKubeconfig(access, settings)), context: access.context };
}

/** What works of it, part by part. */
export async function clusterParts(settings: StackSettings): Promise<readonly PartStatus[]> {
  const cluster = isNamed(settings) ? await findCluster(settings) : undefined;
  return cluster === undefined
    ? await clusterStatus()
    : await foreignStatus(cluster.kubeconfig, cluster.context);
}

function isNamed({ cluster }: StackSettings): boolean {
  return cluster.context !== undefined || cluster.use === "aws" || cluster.use === "stack";
}

/** Undefined where that stack has not been deployed from this checkout. */
async function readKubeconfigOutput(stack: string): Promise<unknown> {
  if (readCheckpoint(stateFilesOf(checkoutPlaces, stack)) === undefined) return undefined;
  // Loaded for such stacks alone: `status` of the others shall answer at once.
  const { ensureEngine } = await import("../local/engine/engine.ts");
  const { openStack, readOutputs } = await import("../local/engine/stack.ts");
  const handle = await openStack(await ensureEngine(silent), stack);
  return (await readOutputs(handle)).kubeconfig;
}

/** As a file, which kubectl and the clients of the verbs read; one a cluster, by the stack that made it. */
async function keepKubeconfig(
  { kubeconfig }: ClusterAccess,
  { cluster, stack }: StackSettings,
): Promise<string> {
  const folder = join(paths.home, "clusters");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, `${cluster.stack ?? stack}.kubeconfig`);
  await writeFile(file, kubeconfig, { mode: 0o600 });
  return file;
}
