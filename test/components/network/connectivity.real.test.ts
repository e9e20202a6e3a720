// Who reaches whom in every stack, computed by Cyclonus from the rendered policies: exactly these paths, no other.
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import type { StackSettings } from "../../../stacks/settings.ts";
import { onNamedCluster, planStack, STACKS } from "../../kit/plan-stack.ts";
import type { RecordedResource } from "../../kit/record-resources.ts";
import { ensureAnalyser, findConnections, type Peer } from "./policy-analyser.ts";

const BUILD_MS = 900_000;
const MODELS = ["chat-1-0-0", "chat-1-1-0"] as const;
const DNS = "TCP 53, UDP 53";
/** Its Service, and the node that it runs on: the embedded cluster's, or one of a private network. */
const apiServers = (stack: string): readonly string[] => [
  "10.96.0.1",
  stack === "local" ? "198.18.0.2" : "10.0.0.2",
];
const API_PORTS = "TCP 443, TCP 6443";

/** What every stack needs, and nothing else. */
const SERVING: Readonly<Record<string, string>> = {
  "gateway → chat-1-0-0": "TCP 8080",
  "gateway → chat-1-1-0": "TCP 8080",
  "gateway → API server": API_PORTS,
  "gateway → kube-system": DNS,
  "chat-1-0-0 → kube-system": DNS,
  "chat-1-1-0 → kube-system": DNS,
  "stray → kube-system": DNS,
};

/** This machine calls the gateway; the node's address is of the same range as the one this machine has towards it. */
const LOCAL = {
  ...SERVING,
  "client → gateway": "TCP 8080",
  "API server → gateway": "TCP 8080 (2 of 4)",
};

/** Outside of one machine: pods call the gateway, metrics are scraped, and models fetch their weights. */
const CLOUD: Readonly<Record<string, string>> = {
  ...SERVING,
  "apps → gateway": "TCP 8080",
  "monitoring → gateway": "TCP 8080",
  "monitoring → chat-1-0-0": "TCP 8080",
  "monitoring → chat-1-1-0": "TCP 8080",
  "monitoring → stray": "TCP 8080",
  "chat-1-0-0 → internet": "TCP 443",
  "chat-1-1-0 → internet": "TCP 443",
};

/** Until the stack names its API server, the gateway is let out to any address on the two ports. */
const ANY_API_SERVER: Readonly<Record<string, string>> = {
  ...CLOUD,
  ...Object.fromEntries(
    ["apps", "internet", "metadata service", "monitoring", "neighbour", "other namespace"].map((peer) => [
      `gateway → ${peer}`,
      API_PORTS,
    ]),
  ),
  "gateway → kube-system": "TCP 53, TCP 443, TCP 6443, UDP 53",
};

const EXPECTED = { local: LOCAL, dev: ANY_API_SERVER, staging: ANY_API_SERVER, prod: ANY_API_SERVER };

let analyser = "";

beforeAll(async () => {
  analyser = await ensureAnalyser();
}, BUILD_MS);

describe.each(STACKS)("stack %s", (stack) => {
  it("lets through the paths that serving needs, and no other port, protocol or peer", async () => {
    expect(await readMatrix(await planObjects(stack))).toEqual(EXPECTED[stack]);
  });

  it("is closed in both directions by the default deny alone", async () => {
    const objects = await planObjects(stack);
    const denying = objects.policies.filter(({ metadata: { name } }) => name === "default-deny");
    expect(denying).toHaveLength(1);
    expect(await readMatrix({ ...objects, policies: denying })).toEqual({});
  });

  it("lets the gateway out to the API server alone once the stack names it", async () => {
    const objects = await planObjects(stack, { apiServers: apiServers(stack).map((it) => `${it}/32`) });
    expect(await readMatrix(objects)).toEqual(stack === "local" ? LOCAL : CLOUD);
  });

  it("lets nobody in but the scraper while no client is named", async () => {
    const matrix = await readMatrix(await planObjects(stack, { clients: [], clientNamespaces: [] }));
    const callers = Object.keys(matrix).filter((pair) => pair.endsWith("→ gateway"));
    expect(callers).toEqual(stack === "local" ? [] : ["monitoring → gateway"]);
  });

  it.each(["allow-dns", "allow-clients-to-gateway", "allow-gateway-to-models", "allow-models-from-gateway"])(
    "loses a path without %s",
    async (policy) => {
      const matrix = await readMatrix(without(await planObjects(stack), policy));
      expect(Object.keys(EXPECTED[stack])).toEqual(expect.arrayContaining(Object.keys(matrix)));
      expect(matrix).not.toEqual(EXPECTED[stack]);
    },
  );

  it("is open in both directions without policies", async () => {
    const matrix = await readMatrix({ ...(await planObjects(stack)), policies: [] });
    expect(matrix["chat-1-0-0 → internet"]).toBe("TCP 1, TCP 65535, UDP 1, UDP 65535, SCTP 1, SCTP 65535");
    expect(matrix["internet → chat-1-0-0"]).toBe(matrix["chat-1-0-0 → internet"]);
  });

  it("shows a rule that lets models talk to each other, replicas of one version included", async () => {
    const objects = await planObjects(stack);
    const matrix = await readMatrix({ ...objects, policies: [...objects.policies, talkative(objects)] });
    const between = MODELS.flatMap((from) => MODELS.map((to) => [`${from} → ${to}`, "TCP 9000"]));
    expect(matrix).toEqual({ ...EXPECTED[stack], ...Object.fromEntries(between) });
  });
});

describe("the default deny of a stack whose other rules do not name every pod", () => {
  it("is what closes a pod that no rule names", async () => {
    const matrix = await readMatrix(without(await planObjects("local"), "default-deny"));
    expect(matrix["internet → stray"]).toContain("TCP 1, ");
    expect(matrix["internet → chat-1-0-0"]).toBeUndefined();
  });
});

const labels = z.record(z.string(), z.string());
const metadata = z.looseObject({ name: z.string(), namespace: z.string() });
const policy = z.looseObject({
  kind: z.literal("NetworkPolicy"),
  metadata,
  spec: z.looseObject({ podSelector: z.unknown() }),
});
const workload = z.looseObject({
  metadata,
  spec: z.looseObject({ template: z.looseObject({ metadata: z.looseObject({ labels }) }) }),
});

type Policy = z.output<typeof policy>;

type Objects = {
  readonly stack: string;
  readonly namespace: string;
  readonly policies: readonly Policy[];
  readonly workloads: readonly z.output<typeof workload>[];
  /** Ranges that clients of the gateway come from. */
  readonly clients: readonly string[];
};

async function planObjects(stack: string, network: Partial<StackSettings["network"]> = {}): Promise<Objects> {
  const change = (it: StackSettings) => onNamedCluster({ ...it, network: { ...it.network, ...network } });
  const { resources, settings } = await planStack(stack, { change });
  const propsOf = (found: (resource: RecordedResource) => boolean) =>
    resources.filter((it) => it.type.startsWith("kubernetes:") && found(it)).map(({ props }) => props);
  return {
    stack,
    namespace: settings.namespace,
    policies: propsOf(({ type }) => type.endsWith(":NetworkPolicy")).map((props) => policy.parse(props)),
    // Whatever makes pods has a template, so that a new kind of workload can't be overlooked.
    workloads: propsOf(({ props }) => workload.safeParse(props).success).map((it) => workload.parse(it)),
    clients: settings.network.clients,
  };
}

function without(objects: Objects, name: string): Objects {
  const policies = objects.policies.filter((it) => it.metadata.name !== name);
  expect(policies).toHaveLength(objects.policies.length - 1);
  return { ...objects, policies };
}

function talkative({ namespace }: Objects): Policy {
  const models = { matchLabels: { "app.kubernetes.io/component": "model" } };
  const ports = [{ protocol: "TCP", port: 9000 }];
  return {
    kind: "NetworkPolicy",
    metadata: { name: "allow-talk", namespace },
    spec: {
      podSelector: models,
      policyTypes: ["Ingress", "Egress"],
      ingress: [{ from: [{ podSelector: models }], ports }],
      egress: [{ to: [{ podSelector: models }], ports }],
    },
  };
}

type Placed = { readonly role: string; readonly peer: Peer };

/** Two pods of every workload and of one that no policy names, pods of other namespaces, and addresses outside. */
function placePeers({ stack, namespace, workloads, clients }: Objects): readonly Placed[] {
  let last = 0;
  const pod = (role: string, space: string, podLabels: Readonly<Record<string, string>>): Placed => {
    last += 1;
    const own = { "kubernetes.io/metadata.name": space };
    const Internal = { Namespace: space, NamespaceLabels: own, PodLabels: podLabels };
    return { role, peer: { IP: `10.244.0.${last}`, Internal } };
  };
  const twice = (role: string, podLabels: Readonly<Record<string, string>>) =>
    [1, 2].map(() => pod(role, namespace, podLabels));
  return [
    ...workloads.flatMap((it) => twice(it.metadata.name, it.spec.template.metadata.labels)),
    ...twice("stray", { app: "stray" }),
    pod("kube-system", "kube-system", { "k8s-app": "kube-dns" }),
    pod("monitoring", "monitoring", {}),
    pod("apps", "apps", {}),
    // As a neighbour would try it: with the labels of the gateway.
    pod("other namespace", "elsewhere", { "app.kubernetes.io/component": "gateway" }),
    ...apiServers(stack).map((IP) => ({ role: "API server", peer: { IP } })),
    { role: "neighbour", peer: { IP: "10.0.0.7" } },
    { role: "internet", peer: { IP: "203.0.113.10" } },
    { role: "metadata service", peer: { IP: "169.254.169.254" } },
    ...clients.map((range) => ({ role: "client", peer: { IP: range.replace(/0\/\d+$/, "7") } })),
  ];
}

/** "from → to" → "PROTOCOL PORT, …"; asked at every port a policy names, beside it, and at both ends of the range. */
async function readMatrix(objects: Objects): Promise<Record<string, string>> {
  const placed = placePeers(objects);
  const connections = await findConnections(analyser, {
    Policies: objects.policies,
    Peers: placed.map(({ peer }) => peer),
    Protocols: ["TCP", "UDP", "SCTP"],
    Ports: portsToAsk(objects.policies),
  });
  const counts = new Map<string, Map<string, number>>();
  const isInside = (place: number): boolean => placed[place]?.peer.Internal?.Namespace === objects.namespace;
  // What happens outside of the namespace is not its policies' business.
  for (const { from, to, protocol, port } of connections.filter(
    (it) => isInside(it.from) || isInside(it.to),
  )) {
    const pair = `${placed[from]?.role} → ${placed[to]?.role}`;
    const found = counts.get(pair) ?? new Map<string, number>();
    const target = `${protocol} ${port}`;
    counts.set(pair, found.set(target, (found.get(target) ?? 0) + 1));
  }
  return Object.fromEntries(
    [...counts].map(([pair, targets]) => [
      pair,
      [...targets].map(([target, count]) => nameTarget(target, count, countPairs(placed, pair))).join(", "),
    ]),
  );
}

/** A path that only some replicas or ranges of a role have is told apart from one that all have. */
function nameTarget(target: string, count: number, all: number): string {
  return count === all ? target : `${target} (${count} of ${all})`;
}

function countPairs(placed: readonly Placed[], pair: string): number {
  const [from, to] = pair.split(" → ");
  const sources = placed.filter(({ role }) => role === from).length;
  const targets = placed.filter(({ role }) => role === to).length;
  return from === to ? sources * (targets - 1) : sources * targets;
}

/** Between two ports that policies name, one is judged as the other. */
function portsToAsk(policies: readonly Policy[]): readonly number[] {
  const named = new Set<number>([1, 65_535]);
  const visit = (value: unknown, key: string): void => {
    if (key === "port" || key === "endPort") {
      const port = z.int().parse(value);
      for (const near of [port - 1, port, port + 1]) named.add(near);
    } else if (typeof value === "object" && value !== null) {
      for (const [name, each] of Object.entries(value)) visit(each, name);
    }
  };
  visit(policies, "");
  return [...named].toSorted((a, b) => a - b);
}
