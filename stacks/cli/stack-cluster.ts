// The cluster that a stack lies in, as the verbs that look at it need it: the local one, or a context of the user's.
import { readClusterAccess } from "../cluster-access.ts";
import { clusterStatus, type PartStatus, readCluster } from "../local/cluster/cluster.ts";
import { foreignStatus } from "../local/cluster/cluster-status.ts";
import type { StackSettings } from "../settings.ts";

export type StackCluster = {
  /** Path of the kubeconfig. */
  readonly kubeconfig: string;
  readonly context: string;
};

/** Undefined where there is no local cluster. Throws StackError for a context that is named nowhere, or not found. */
export async function findCluster(settings: StackSettings): Promise<StackCluster | undefined> {
  if (!isNamed(settings)) return await readCluster();
  const { file: kubeconfig, context } = await readClusterAccess(settings);
  return { kubeconfig, context };
}

/** What works of it, part by part. */
export async function clusterParts(settings: StackSettings): Promise<readonly PartStatus[]> {
  const cluster = isNamed(settings) ? await findCluster(settings) : undefined;
  return cluster === undefined
    ? await clusterStatus()
    : await foreignStatus(cluster.kubeconfig, cluster.context);
}

function isNamed({ cluster }: StackSettings): boolean {
  return cluster.context !== undefined || cluster.use === "aws";
}
