// Judges the machine before anything on it is changed; the environment's own running parts are no obstacle.
import { clusterStatus } from "../local/cluster/cluster.ts";
import { checkMachine } from "../local/cluster/preflight.ts";
import type { StackSettings } from "../settings.ts";
import { clusterSettingsOf, isForeignCluster } from "./stack-file.ts";

/** Rejects with one ClusterError that holds every problem; a cluster that someone else runs asks nothing of the machine. */
export async function checkLocalMachine(settings: StackSettings): Promise<void> {
  const cluster = clusterSettingsOf(settings);
  if (isForeignCluster(cluster)) return;
  const parts = await clusterStatus();
  const holdsPort = parts.some(({ part, pid }) => part === "forwarder" && pid !== undefined);
  await checkMachine(holdsPort ? [] : [{ port: cluster.gatewayPort, setting: "rampa:local.gatewayPort" }]);
}
