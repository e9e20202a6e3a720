// `rampa status`: per part what works, what is wrong and the next command; the endpoints with their weights.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { PORTS } from "../../components/contract/labels.ts";
import { gatewayBaseUrl } from "../gateway-url.ts";
import { connectApi, type KubernetesApi } from "../local/cluster/kubernetes-api.ts";
import { paths } from "../local/paths.ts";
import { standaloneStackOf } from "../monitoring-settings.ts";
import type { StackSettings } from "../settings.ts";
import { isGatewayReady } from "./gateway-client.ts";
import { type OutputOptions, print } from "./output.ts";
import { isAvailable, readObjects } from "./platform-objects.ts";
import { clusterParts, findCluster } from "./stack-cluster.ts";
import { readStack } from "./stack-file.ts";
import { renderStatus, type StatusFacts, type StatusView, viewStatus } from "./status-view.ts";

export type StatusOptions = OutputOptions & { readonly stack: string };

export async function runStatus(options: StatusOptions): Promise<number> {
  const view = await readStatus(await readStack(options.stack));
  print(options, view, renderStatus(view));
  return view.ok ? 0 : 1;
}

export async function readStatus(settings: StackSettings): Promise<StatusView> {
  const { stack, namespace } = settings;
  const baseUrl = gatewayBaseUrl(settings);
  const [cluster, platform] = await Promise.all([clusterParts(settings), readPlatform(settings)]);
  const hasEngine = existsSync(join(paths.bin, "pulumi"));
  return viewStatus({ stack, namespace, baseUrl, hasEngine, cluster, ...platform });
}

type Platform = Pick<StatusFacts, "objects" | "isGatewayReady" | "prometheus">;

async function readPlatform(settings: StackSettings): Promise<Platform> {
  const cluster = await findCluster(settings);
  if (cluster === undefined) return { objects: undefined, isGatewayReady: false, prometheus: undefined };
  const api = await connectApi(cluster.kubeconfig, cluster.context);
  const reachable = (await api.get("/readyz")).status === 200;
  const [objects, ready, prometheus] = await Promise.all([
    reachable ? readObjects(api, settings.namespace) : undefined,
    settings.local === undefined
      ? isReadyThrough(api, settings.namespace)
      : isGatewayReady(gatewayBaseUrl(settings)),
    reachable ? readPrometheus(api, settings) : undefined,
  ]);
  return { objects, isGatewayReady: ready, prometheus };
}

async function readPrometheus(
  api: KubernetesApi,
  settings: StackSettings,
): Promise<StatusFacts["prometheus"]> {
  const namespace = standaloneStackOf(settings)?.namespace;
  if (namespace === undefined) return undefined;
  return { namespace, isReady: await isAvailable(api, namespace, "prometheus") };
}

/** Asked through the API server, for a gateway that answers inside its cluster only. */
async function isReadyThrough(api: KubernetesApi, namespace: string): Promise<boolean> {
  const service = `/api/v1/namespaces/${namespace}/services/gateway:${PORTS.http.name}`;
  return (await api.get(`${service}/proxy/readyz`)).status === 200;
}
