// `rampa down`: destroys what the stack deployed, then the local cluster; caches of tools and models stay.
import { rmSync } from "node:fs";
import { readCluster, removeCluster } from "../local/cluster/cluster.ts";
import { connectApi } from "../local/cluster/kubernetes-api.ts";
import { paths } from "../local/paths.ts";
import type { Progress } from "../local/progress.ts";
import type { StackSettings } from "../settings.ts";
import { withChangeLock } from "./change-lock.ts";
import type { OutputOptions } from "./output.ts";
import { destroyPlatform, forgetPlatform } from "./platform-stack.ts";
import { chooseDisplay, runSteps, type Step } from "./run-steps.ts";
import { readStack } from "./stack-file.ts";
import { renderShares } from "./step-lines.ts";

export type DownOptions = OutputOptions & { readonly stack: string; readonly purge?: boolean };

export async function runDown(options: DownOptions): Promise<number> {
  const settings = await readStack(options.stack);
  await withChangeLock("down", async () => {
    const steps = await planDown(options, settings);
    const times = await runSteps(steps, chooseDisplay(options.json === true));
    process.stdout.write(
      options.json ? `${JSON.stringify({ steps: times })}\n` : `\n${renderShares(times)}\n`,
    );
    if (options.purge) rmSync(paths.home, { recursive: true, force: true });
  });
  return 0;
}

async function planDown({ stack, purge }: DownOptions, settings: StackSettings): Promise<readonly Step[]> {
  const step = (title: string, run: (progress: Progress) => Promise<void>): Step => ({ title, run });
  const destroy: Step = {
    ...step("Remove the platform", (progress) => destroyPlatform(settings, progress)),
    stopsInOrder: true,
  };
  if (settings.environment !== "local") return [destroy];
  const remove = step("Remove the cluster", (progress) => removeCluster(progress));
  const forget = step("Forget the platform", () => forgetPlatform(stack));
  switch (chooseWay(await lookAtCluster(), purge === true)) {
    case "destroy":
      return [destroy, remove];
    case "forget":
      return [remove, forget];
    case "drop":
      return [remove];
  }
}

export type ClusterSight = { readonly isForeign: boolean; readonly answers: boolean };

/**
 * A cluster of someone else keeps what is not destroyed through its API. Our own takes everything with it, so a
 * purge, or an API that is dead, needs no engine: `drop` leaves the state to the purge, `forget` removes it.
 */
export function chooseWay(cluster: ClusterSight, purge: boolean): "destroy" | "forget" | "drop" {
  if (cluster.isForeign) return "destroy";
  if (purge) return "drop";
  return cluster.answers ? "destroy" : "forget";
}

async function lookAtCluster(): Promise<ClusterSight> {
  const cluster = await readCluster();
  if (cluster === undefined) return { isForeign: false, answers: false };
  const isForeign = cluster.kind === "context";
  try {
    const api = await connectApi(cluster.kubeconfig, cluster.context);
    return { isForeign, answers: (await api.get("/readyz")).status === 200 };
  } catch (error) {
    // The kubeconfig went with a cluster that was removed half.
    if (error instanceof Error && "code" in error && error.code === "ENOENT")
      return { isForeign, answers: false };
    throw error;
  }
}
