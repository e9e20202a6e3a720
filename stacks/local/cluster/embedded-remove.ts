// Takes the embedded cluster away: processes first, then what only they kept in use.
import { lstatSync, readlinkSync, rmSync } from "node:fs";
import { join } from "node:path";
import { paths } from "../paths.ts";
import type { Progress } from "../progress.ts";
import { removeCgroups } from "./cgroups.ts";
import { clusterError } from "./cluster-error.ts";
import { instanceOf, layoutOf } from "./instance.ts";
import { removeMountPoints } from "./mount-points.ts";
import { awaitVethGone } from "./node-outside.ts";
import { endProcess, findDaemon, findNodeInits, findOwned } from "./processes.ts";

const layout = layoutOf(paths.home);
const instance = instanceOf(paths.home);

/** Mounts, bridges, addresses and rules lie in the node's namespaces and end with its init. */
export async function removeEmbedded(progress: Progress): Promise<void> {
  progress.report("ending the cluster's processes");
  const daemon = findDaemon(instance.hash);
  if (daemon !== undefined) await endProcess(daemon);
  for (const init of findNodeInits(instance.hash)) await endProcess(init);
  for (const left of findOwned(instance.hash)) await endProcess(left);
  await awaitVethGone(instance.veth);
  progress.report("removing cgroups and files");
  const cgroups = await removeCgroups(instance.cgroup);
  removeKubectl();
  rmSync(layout.root, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  removeMountPoints();
  if (cgroups.length === 0) return;
  throw clusterError(
    "cluster.cgroups-left",
    `could not be removed: ${cgroups.join(", ")}`,
    "a process is still in them: cat cgroup.procs there names it",
  );
}

function removeKubectl(): void {
  const link = join(paths.bin, "kubectl");
  const isOurs =
    lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() &&
    readlinkSync(link).startsWith(paths.cache);
  if (isOurs) rmSync(link);
}
