// Reaches a gateway that answers inside its cluster only: a port on 127.0.0.1, carried there by the API server.
import { type AddressInfo, createServer, type Socket } from "node:net";
import { KubeConfig, PortForward } from "@kubernetes/client-node";
import { z } from "zod";
import { LABELS, PORTS } from "../../components/contract/labels.ts";
import { connectApi } from "../local/cluster/kubernetes-api.ts";
import type { StackSettings } from "../settings.ts";
import { CliError } from "./cli-error.ts";
import { rampaCommand } from "./next-command.ts";
import { findCluster, type StackCluster } from "./stack-cluster.ts";

const podList = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string() }),
      status: z.object({
        conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]),
      }),
    }),
  ),
});

/** Hands `use` a base URL that answers on this machine, for as long as it runs. */
export async function withGateway<T>(
  settings: StackSettings,
  baseUrl: string,
  use: (baseUrl: string) => Promise<T>,
): Promise<T> {
  if (settings.local !== undefined) return await use(baseUrl);
  const cluster = await findCluster(settings);
  if (cluster === undefined) throw unreachable(settings, "there is no cluster");
  const tunnel = await openTunnel(cluster, settings);
  try {
    return await use(`http://127.0.0.1:${tunnel.port}${new URL(baseUrl).pathname}`);
  } finally {
    tunnel.close();
  }
}

type Tunnel = { readonly port: number; close(): void };

/** Each connection that is accepted becomes one to a ready pod of the gateway. */
async function openTunnel(cluster: StackCluster, settings: StackSettings): Promise<Tunnel> {
  const { namespace } = settings;
  const pod = await findPod(cluster, settings);
  const config = new KubeConfig();
  config.loadFromFile(cluster.kubeconfig);
  config.setCurrentContext(cluster.context);
  const forwarder = new PortForward(config);
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on("error", () => socket.destroy()).once("close", () => open.delete(socket));
    forwarder.portForward(namespace, pod, [PORTS.http.number], socket, null, socket).then(
      (channel) => {
        if (typeof channel === "function") return;
        channel.onclose = () => void socket.destroy();
        socket.once("close", () => channel.close());
      },
      () => socket.destroy(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  // A TCP server's address is an object, never a pipe's name.
  const { port } = server.address() as AddressInfo;
  const close = (): void => {
    server.close();
    for (const socket of open) socket.destroy();
  };
  return { port, close };
}

async function findPod(cluster: StackCluster, settings: StackSettings): Promise<string> {
  const api = await connectApi(cluster.kubeconfig, cluster.context);
  const selector = encodeURIComponent(`${LABELS.component}=gateway`);
  const answer = await api.get(`/api/v1/namespaces/${settings.namespace}/pods?labelSelector=${selector}`);
  const pods = podList.safeParse(answer.body).data?.items ?? [];
  const ready = pods.find(({ status }) =>
    status.conditions.some(({ type, status: state }) => type === "Ready" && state === "True"),
  );
  if (ready === undefined) throw unreachable(settings, `no pod of it is ready in ${settings.namespace}`);
  return ready.metadata.name;
}

function unreachable({ stack }: StackSettings, reason: string): CliError {
  const message = `the gateway cannot be reached: ${reason}`;
  return new CliError("cli.gateway-unreachable", message, rampaCommand("status", stack));
}
