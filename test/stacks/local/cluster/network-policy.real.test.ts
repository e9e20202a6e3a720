// The rendered policies against real connections: what the analyser allows is put into a node's packet filter.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { silent } from "../../../../stacks/local/progress.ts";
import type { Peer } from "../../../components/network/policy-analyser.ts";
import { buildProbeImage } from "./probe-image.ts";

const GATEWAY_PORT = 18_082;
const NODE_PORT = 30_080;
const MINUTE = 60_000;
const NAMESPACE = "rampa";
const NEIGHBOUR = "elsewhere";
const MONITORING = "monitoring";
/** Namespace of the pods that are not in the platform's own. */
const ELSEWHERE: Readonly<Record<string, string>> = { neighbour: NEIGHBOUR, prometheus: MONITORING };
/** Where anything here listens: the API server, the probe's two ports, and whatever the name server says it has. */
const PORTS = [443, 6443, 8080, 8082];

// Its own instance beside the developer's; the paths are read when the modules load.
const home = mkdtempSync(join(tmpdir(), "rampa-policy-"));
process.env.RAMPA_HOME = home;
const { ensureCluster, importImage, removeCluster } = await import(
  "../../../../stacks/local/cluster/cluster.ts"
);
const { embeddedApiServers } = await import("../../../../stacks/local/cluster/embedded.ts");
const { findOwned } = await import("../../../../stacks/local/cluster/processes.ts");
const { instanceOf, linkAt, POD_CIDR } = await import("../../../../stacks/local/cluster/instance.ts");
const { readNodeSpec } = await import("../../../../stacks/local/cluster/node-spec.ts");

const { ensureAnalyser, findConnections } = await import("../../../components/network/policy-analyser.ts");
const { planStack } = await import("../../../kit/plan-stack.ts");

const { hash } = instanceOf(home);

beforeAll(async () => {
  await ensureCluster({ use: "embedded", gatewayPort: GATEWAY_PORT, nodePort: NODE_PORT }, silent);
  const probe = buildProbeImage(join(home, "probe"));
  await importImage(probe.tar, probe.reference, silent);
  await applyObjects(probe.reference);
  for (const namespace of [NAMESPACE, MONITORING, NEIGHBOUR]) {
    kubectl("-n", namespace, "wait", "--for=condition=Ready", "pod", "--all", "--timeout=60s");
  }
}, 15 * MINUTE);

afterAll(async () => {
  await removeCluster(silent);
  rmSync(home, { recursive: true, force: true });
}, MINUTE);

type Attempt = { readonly pod: string; readonly url: string; readonly answer: RegExp };

const PROBE = /^probe on /;
/** The API server answered, with a certificate that the probe does not know. */
const CERTIFICATE = /certificate/;

const wanted: readonly Attempt[] = [
  { pod: "gateway", url: "http://chat-1-0-0:8080/", answer: PROBE },
  { pod: "gateway", url: "http://chat-1-1-0:8080/", answer: PROBE },
  { pod: "gateway", url: "https://kubernetes.default/", answer: CERTIFICATE },
  { pod: "prometheus", url: "http://gateway.rampa:8080/", answer: PROBE },
  { pod: "prometheus", url: "http://chat-1-0-0.rampa:8080/", answer: PROBE },
];

const unwanted: readonly Attempt[] = [
  { pod: "gateway", url: "http://chat-1-0-0:8082/", answer: PROBE },
  { pod: "gateway", url: "http://neighbour.elsewhere:8080/", answer: PROBE },
  { pod: "chat-1-0-0", url: "http://chat-1-1-0:8080/", answer: PROBE },
  { pod: "chat-1-0-0", url: "http://gateway:8080/", answer: PROBE },
  { pod: "chat-1-0-0", url: "http://neighbour.elsewhere:8080/", answer: PROBE },
  { pod: "chat-1-1-0", url: "https://kubernetes.default/", answer: CERTIFICATE },
  { pod: "neighbour", url: "http://gateway.rampa:8080/", answer: PROBE },
  { pod: "neighbour", url: "http://chat-1-0-0.rampa:8080/", answer: PROBE },
  { pod: "neighbour", url: "http://stray.rampa:8080/", answer: PROBE },
  { pod: "stray", url: "http://chat-1-0-0:8080/", answer: PROBE },
  { pod: "gateway", url: "http://stray:8080/", answer: PROBE },
  { pod: "gateway", url: "http://cache:8082/", answer: PROBE },
  { pod: "gateway", url: "http://prometheus.monitoring:8080/", answer: PROBE },
  { pod: "prometheus", url: "http://gateway.rampa:8082/", answer: PROBE },
  { pod: "prometheus", url: "http://cache.rampa:8080/", answer: PROBE },
  { pod: "prometheus", url: "https://kubernetes.default/", answer: CERTIFICATE },
];

describe("without a filter", () => {
  it.each([...wanted, ...unwanted])("$pod reaches $url", ({ pod, url, answer }) => {
    expect(inPod(pod, "fetch", url)).toMatch(answer);
  });
});

describe("with a filter that lets through what the policies allow", () => {
  beforeAll(filterPackets, MINUTE);

  it.each(wanted)("$pod reaches $url by its name", ({ pod, url, answer }) => {
    expect(inPod(pod, "fetch", url)).toMatch(answer);
  });

  it.each(unwanted)("$pod does not reach $url, whose name it can resolve", ({ pod, url }) => {
    expect(inPod(pod, "fetch", url)).toMatch(/no route to host/);
  });

  it("the gateway's NodePort answers on 127.0.0.1", async () => {
    const response = await fetch(`http://127.0.0.1:${GATEWAY_PORT}/`, { signal: AbortSignal.timeout(5_000) });
    expect(await response.text()).toMatch(PROBE);
  });
});

/** One pod for each Deployment of the local stack, with its labels; one that no policy names; one next door. */
async function applyObjects(image: string): Promise<void> {
  const { resources } = await planStack("local", { apiServers: embeddedApiServers() });
  const propsOf = (kind: string) =>
    resources.filter((it) => it.type.endsWith(`:${kind}`)).map((it) => it.props);
  const workloads = z.array(workload).parse(propsOf("Deployment"));
  apply([
    ...[NAMESPACE, MONITORING, NEIGHBOUR].map((name) => ({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name },
    })),
    ...workloads.flatMap(({ metadata, spec }) =>
      podAndService({ ...metadata, labels: spec.template.metadata.labels }, image),
    ),
    ...podAndService({ name: "stray", namespace: NAMESPACE, labels: {} }, image),
    ...podAndService({ name: "neighbour", namespace: NEIGHBOUR, labels: GATEWAY_LABELS }, image),
    ...propsOf("NetworkPolicy"),
  ]);
}

const GATEWAY_LABELS = { "app.kubernetes.io/component": "gateway" };
const labels = z.record(z.string(), z.string());
const workload = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string() }),
  spec: z.object({ template: z.object({ metadata: z.object({ labels }) }) }),
});

type PodPlan = { readonly name: string; readonly namespace: string; readonly labels: Record<string, string> };

function podAndService(plan: PodPlan, image: string): readonly object[] {
  const { name, namespace } = plan;
  const selector = { ...plan.labels, probe: name };
  const container = { name: "probe", image, imagePullPolicy: "Never", args: ["serve"] };
  const readinessProbe = { httpGet: { path: "/", port: 8080 }, periodSeconds: 1 };
  const exposed = name === "gateway" ? { type: "NodePort" } : {};
  const ports = [8080, 8082].map((port) => ({
    name: `p${port}`,
    port,
    ...(name === "gateway" && port === 8080 && { nodePort: NODE_PORT }),
  }));
  return [
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, namespace, labels: selector },
      spec: { containers: [{ ...container, readinessProbe }], terminationGracePeriodSeconds: 0 },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name, namespace },
      spec: { ...exposed, selector, ports },
    },
  ];
}

const podList = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ namespace: z.string(), labels: labels.default({}) }),
      spec: z.object({
        containers: z.array(z.object({ ports: z.array(z.object({ containerPort: z.int() })).default([]) })),
      }),
      status: z.object({ podIP: z.string() }),
    }),
  ),
});

/** Judges as a cluster's data plane does: by the pod's own address and port, after Services are translated. */
async function filterPackets(): Promise<void> {
  const { items: pods } = podList.parse(readObjects("pods"));
  const link = readLink();
  const policies = z.object({ items: z.array(z.unknown()) }).parse(readObjects("networkpolicies")).items;
  const listened = pods.flatMap(({ spec }) => spec.containers.flatMap(({ ports }) => ports));
  const peers: readonly Peer[] = [
    ...pods.map(({ metadata, status }) => ({
      IP: status.podIP,
      Internal: {
        Namespace: metadata.namespace,
        NamespaceLabels: { "kubernetes.io/metadata.name": metadata.namespace },
        PodLabels: metadata.labels,
      },
    })),
    { IP: link.node },
    { IP: link.host },
  ];
  const allowed = await findConnections(await ensureAnalyser(), {
    Policies: policies,
    Peers: peers,
    Protocols: ["TCP", "UDP"],
    Ports: [...new Set([...PORTS, ...listened.map(({ containerPort }) => containerPort)])],
  });
  filterLine("-N", "POLICIES");
  filterLine("-A", "POLICIES", "-m", "conntrack", "--ctstate", "ESTABLISHED,RELATED", "-j", "ACCEPT");
  for (const { from, to, protocol, port } of allowed) {
    const ends = ["-s", peers[from]?.IP ?? "", "-d", peers[to]?.IP ?? ""];
    filterLine("-A", "POLICIES", ...ends, "-p", protocol.toLowerCase(), "--dport", `${port}`, "-j", "ACCEPT");
  }
  filterLine("-A", "POLICIES", "-j", "REJECT", "--reject-with", "icmp-host-unreachable");
  filterLine("-I", "FORWARD", "-j", "POLICIES");
  // The API server's address is the node's own, so what pods send there is not forwarded.
  filterLine("-I", "INPUT", "-s", POD_CIDR, "-j", "POLICIES");
}

/** The node's own address, which the API server has, and the host's, which requests to a NodePort come from. */
function readLink() {
  const spec = readNodeSpec(join(home, "cluster", "settings.json"));
  if (spec === undefined) throw new Error("the cluster has no settings");
  return linkAt(spec.linkIndex);
}

function filterLine(...rule: readonly string[]): void {
  const init = findOwned(hash).find(({ innerPid }) => innerPid === 1);
  if (init === undefined) throw new Error("the node has no init");
  execFileSync("nsenter", ["--target", `${init.pid}`, "--net", "iptables", "-w", ...rule]);
}

function readObjects(kind: string): unknown {
  return JSON.parse(kubectl("get", kind, "--all-namespaces", "--output=json"));
}

function apply(items: readonly unknown[]): void {
  const input = JSON.stringify({ apiVersion: "v1", kind: "List", items });
  execFileSync(join(home, "bin", "kubectl"), [...withConfig(), "apply", "-f", "-"], { input });
}

function withConfig(): readonly string[] {
  return ["--kubeconfig", join(home, "cluster", "kubeconfig")];
}

function kubectl(...args: readonly string[]): string {
  const options = { encoding: "utf8", timeout: 2 * MINUTE } as const;
  return execFileSync(join(home, "bin", "kubectl"), [...withConfig(), ...args], options);
}

/** What the probe printed, whether it got an answer or not. */
function inPod(pod: string, ...args: readonly string[]): string {
  const namespace = ELSEWHERE[pod] ?? NAMESPACE;
  const command = [...withConfig(), "-n", namespace, "exec", pod, "--", "/probe", ...args];
  const options = { encoding: "utf8", timeout: MINUTE } as const;
  return spawnSync(join(home, "bin", "kubectl"), command, options).stdout;
}
