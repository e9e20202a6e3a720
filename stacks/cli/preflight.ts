// Judges the machine before anything on it is changed; the environment's own running parts are no obstacle.
import { portsToCheck } from "../local/cluster/embedded.ts";
import { checkMachine } from "../local/cluster/preflight.ts";
import type { StackSettings } from "../settings.ts";
import { clusterSettingsOf, isForeignCluster } from "./stack-file.ts";

/** Rejects with one ClusterError that holds every problem; a cluster that someone else runs asks nothing of the machine. */
export async function checkLocalMachine(settings: StackSettings): Promise<void> {
  const cluster = clusterSettingsOf(settings);
  if (isForeignCluster(cluster)) return;
  await checkMachine(portsToCheck(cluster));
}
