// Who reaches whom in every stack, computed by Cyclonus from the rendered policies: exactly these paths, no other.
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import type { StackSettings } from "../../../stacks/settings.ts";
import { onNamedCluster, planStack, STACKS } from "../../kit/plan-stack.ts";
import type { RecordedResource } from "../../kit/record-resources.ts";
import { type Placed, readMatrix } from "./connection-matrix.ts";
import { ensureAnalyser } from "./policy-analyser.ts";

const BUILD_MS = 900_000;
type Matrix = Readonly<Record<string, string>>;

const CHAT = ["chat-1-0-0", "chat-1-1-0"];
const MODELS = {
  local: [...CHAT, "embed-1-0-0"],
  dev: [...CHAT, "assistant-1-0-0"],
  staging: [...CHAT, "assistant-1-0-0"],
  prod: [...CHAT, "assistant-1-0-0"],
};
const DNS = "TCP 53, UDP 53";
/** Its Service, and the node that it runs on: the embedded cluster's, or one of a private network. */
const apiServers = (stack: string): readonly string[] => [
  "10.96.0.1",
  stack === "local" ? "198.18.0.2" : "10.0.0.2",
];
const API_PORTS = "TCP 443, TCP 6443";

/** One path for each of the roles. */
const each = (roles: readonly string[], path: (role: string) => string, ports: string): Matrix =>
  Object.fromEntries(roles.map((role) => [path(role), ports]));

/** What every stack needs, and nothing else. */
const serving = (models: readonly string[]): Matrix => ({
  ...each(models, (model) => `gateway → ${model}`, "TCP 8080"),
  ...each([...models, "gateway", "stray"], (role) => `${role} → kube-system`, DNS),
  "gateway → API server": API_PORTS,
});

/**
 * This machine calls the gateway; the node's address is of the same range as the one this machine has towards it.
 * Stores and monitoring are pods of the same cluster.
 */
const LOCAL: Matrix = {
  ...serving(MODELS.local),
  ...each(
    ["cache", "postgres", "prometheus", "alertmanager", "monitoring"],
    (role) => `${role} → kube-system`,
    DNS,
  ),
  ...each([...MODELS.local, "gateway"], (role) => `prometheus → ${role}`, "TCP 8080"),
  "client → gateway": "TCP 8080",
  "API server → gateway": "TCP 8080 (2 of 4)",
  "gateway → postgres": "TCP 5432",
  "gateway → cache": "TCP 6379",
  "prometheus → alertmanager": "TCP 9093",
};

/** Outside of one machine: pods call the gateway, metrics are scraped, and models fetch their weights. */
const CLOUD: Matrix = {
  ...serving(MODELS.prod),
  ...each([...MODELS.prod, "gateway", "stray"], (role) => `monitoring → ${role}`, "TCP 8080"),
  ...each(MODELS.prod, (model) => `${model} → internet`, "TCP 443"),
  "apps → gateway": "TCP 8080",
};

/** Until the stack names its API server, the gateway is let out to any address on the two ports. */
const ANY_API_SERVER: Matrix = {
  ...CLOUD,
  ...each(
    ["apps", "internet", "metadata service", "monitoring", "neighbour", "other namespace"],
    (peer) => `gateway → ${peer}`,
    API_PORTS,
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
    expect(await matrixOf(await planObjects(stack))).toEqual(EXPECTED[stack]);
  });

  it("is closed in both directions by the default deny alone", async () => {
    const objects = await planObjects(stack);
    const denying = objects.policies.filter(({ metadata: { name } }) => name === "default-deny");
    expect(denying.map(({ metadata }) => metadata.namespace)).toEqual([...objects.spaces]);
    expect(await matrixOf({ ...objects, policies: denying })).toEqual({});
  });

  it("lets the gateway out to the API server alone once the stack names it", async () => {
    const objects = await planObjects(stack, { apiServers: apiServers(stack).map((it) => `${it}/32`) });
    expect(await matrixOf(objects)).toEqual(stack === "local" ? LOCAL : CLOUD);
  });

  it("lets nobody in but the scraper while no client is named", async () => {
    const matrix = await matrixOf(await planObjects(stack, { clients: [], clientNamespaces: [] }));
    const callers = Object.keys(matrix).filter((pair) => pair.endsWith("→ gateway"));
    expect(callers).toEqual([stack === "local" ? "prometheus → gateway" : "monitoring → gateway"]);
  });

  it.each(["allow-dns", "allow-clients-to-gateway", "allow-gateway-to-models", "allow-models-from-gateway"])(
    "loses a path without %s",
    async (policy) => {
      const matrix = await matrixOf(without(await planObjects(stack), policy));
      expect(Object.keys(EXPECTED[stack])).toEqual(expect.arrayContaining(Object.keys(matrix)));
      expect(matrix).not.toEqual(EXPECTED[stack]);
    },
  );

  it("is open in both directions without policies", async () => {
    const matrix = await matrixOf({ ...(await planObjects(stack)), policies: [] });
    expect(matrix["chat-1-0-0 → internet"]).toBe("TCP 1, TCP 65535, UDP 1, UDP 65535, SCTP 1, SCTP 65535");
    expect(matrix["internet → chat-1-0-0"]).toBe(matrix["chat-1-0-0 → internet"]);
  });

  it("shows a rule that lets models talk to each other, replicas of one version included", async () => {
    const objects = await planObjects(stack);
    const matrix = await matrixOf({ ...objects, policies: [...objects.policies, talkative(objects)] });
    const models = MODELS[stack];
    const between = models.flatMap((from) => models.map((to) => [`${from} → ${to}`, "TCP 9000"]));
    expect(matrix).toEqual({ ...EXPECTED[stack], ...Object.fromEntries(between) });
  });
});

describe("the default deny of a stack whose other rules do not name every pod", () => {
  it("is what closes a pod that no rule names", async () => {
    const named = without(await planObjects("local"), "allow-metrics-scrape");
    expect((await matrixOf(named))["internet → stray"]).toBeUndefined();
    const matrix = await matrixOf(without(named, "default-deny"));
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
  /** Those with policies. */
  readonly spaces: ReadonlySet<string>;
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
  const policies = propsOf(({ type }) => type.endsWith(":NetworkPolicy")).map((props) => policy.parse(props));
  return {
    stack,
    namespace: settings.namespace,
    spaces: new Set(policies.map(({ metadata }) => metadata.namespace)),
    policies,
    // Whatever makes pods has a template, so that a new kind of workload can't be overlooked.
    workloads: propsOf(({ props }) => workload.safeParse(props).success).map((it) => workload.parse(it)),
    clients: settings.network.clients,
  };
}

function without(objects: Objects, name: string): Objects {
  const policies = objects.policies.filter(
    ({ metadata }) => metadata.name !== name || metadata.namespace !== objects.namespace,
  );
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
    ...workloads.flatMap(({ metadata, spec }) =>
      [1, 2].map(() => pod(metadata.name, metadata.namespace, spec.template.metadata.labels)),
    ),
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

/** What happens outside of their namespaces is not the policies' business. */
async function matrixOf(objects: Objects): Promise<Record<string, string>> {
  return await readMatrix({
    analyser,
    policies: objects.policies,
    placed: placePeers(objects),
    isJudged: (namespace) => objects.spaces.has(namespace),
  });
}
