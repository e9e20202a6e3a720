// `rampa status`: per part what works, what is wrong and the next command; the endpoints with their weights.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { clusterStatus, readCluster } from "../local/cluster/cluster.ts";
import { connectApi } from "../local/cluster/kubernetes-api.ts";
import { paths } from "../local/paths.ts";
import type { StackSettings } from "../settings.ts";
import { isGatewayReady } from "./gateway-client.ts";
import { type OutputOptions, print } from "./output.ts";
import { type PlatformObjects, readObjects } from "./platform-objects.ts";
import { localBaseUrl, readStack } from "./stack-file.ts";
import { renderStatus, type StatusView, viewStatus } from "./status-view.ts";

export type StatusOptions = OutputOptions & { readonly stack: string };

export async function runStatus(options: StatusOptions): Promise<number> {
  const view = await readStatus(await readStack(options.stack));
  print(options, view, renderStatus(view));
  return view.ok ? 0 : 1;
}

export async function readStatus(settings: StackSettings): Promise<StatusView> {
  const { namespace } = settings;
  const baseUrl = localBaseUrl(settings);
  const [cluster, objects, ready] = await Promise.all([
    clusterStatus(),
    readPlatform(namespace),
    isGatewayReady(baseUrl),
  ]);
  const hasEngine = existsSync(join(paths.bin, "pulumi"));
  return viewStatus({ namespace, baseUrl, hasEngine, cluster, objects, isGatewayReady: ready });
}

async function readPlatform(namespace: string): Promise<PlatformObjects | undefined> {
  const cluster = await readCluster();
  if (cluster === undefined) return undefined;
  const api = await connectApi(cluster.kubeconfig, cluster.context);
  const reachable = (await api.get("/readyz")).status === 200;
  return reachable ? readObjects(api, namespace) : undefined;
}
