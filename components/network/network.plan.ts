// Settings of the isolation → the list of policies, each one allowed path.
import { LABELS, PORTS } from "../contract/labels.ts";
import { POD_IDENTITY_AGENT } from "../contract/pod-identity.ts";
import { standardLabels } from "../kit/ownership.ts";
import { type NetworkSettings, PRIVATE_RANGES } from "./network.args.ts";

/** The other end of a path. */
export type PeerPlan =
  | { readonly kind: "pods"; readonly labels: Readonly<Record<string, string>> }
  | { readonly kind: "namespace"; readonly name: string }
  | { readonly kind: "range"; readonly cidr: string; readonly except?: readonly string[] };

export type PortPlan = { readonly protocol: "TCP" | "UDP"; readonly port: number };

/** `peers` has at least one: Kubernetes takes a rule without any as open to everybody. */
export type RulePlan = { readonly peers: readonly PeerPlan[]; readonly ports: readonly PortPlan[] };

export type PolicyPlan = {
  readonly name: string;
  /** Labels of the pods it is about; all pods when empty. */
  readonly pods: Readonly<Record<string, string>>;
  readonly directions: readonly ("Ingress" | "Egress")[];
  readonly ingress: readonly RulePlan[];
  readonly egress: readonly RulePlan[];
  /** Why its pods may call every address; undefined where they may not. */
  readonly reason?: string;
};

export type NetworkPlan = {
  readonly labels: Readonly<Record<string, string>>;
  readonly policies: readonly PolicyPlan[];
};

const GATEWAY = { [LABELS.component]: "gateway" };
const MODEL = { [LABELS.component]: "model" };
const HTTP: readonly PortPlan[] = [{ protocol: "TCP", port: PORTS.http.number }];
export const DNS: readonly PortPlan[] = [
  { protocol: "UDP", port: 53 },
  { protocol: "TCP", port: 53 },
];
/** 443 is the Service, 6443 the address behind it: some data planes judge before, some after translation. */
export const API_SERVER: readonly PortPlan[] = [
  { protocol: "TCP", port: 443 },
  { protocol: "TCP", port: 6443 },
];

const ANYWHERE = ["0.0.0.0/0", "::/0"];

/** Public addresses, neither the private network nor the cloud's metadata service. */
export const INTERNET: PeerPlan = {
  kind: "range",
  cidr: "0.0.0.0/0",
  except: [...PRIVATE_RANGES, "169.254.0.0/16", "127.0.0.0/8"],
};

/** Decides which paths are open; the first policy closes everything that no other one opens. */
export function planNetwork(settings: NetworkSettings): NetworkPlan {
  return {
    labels: standardLabels(settings.ownership, { name: "network", instance: "isolation" }),
    policies: [
      { name: "default-deny", pods: {}, directions: ["Ingress", "Egress"], ingress: [], egress: [] },
      egress("allow-dns", {}, { peers: [{ kind: "namespace", name: "kube-system" }], ports: DNS }),
      ...planClients(settings),
      egress("allow-gateway-to-models", GATEWAY, { peers: [{ kind: "pods", labels: MODEL }], ports: HTTP }),
      ingress("allow-models-from-gateway", MODEL, {
        peers: [{ kind: "pods", labels: GATEWAY }],
        ports: HTTP,
      }),
      planApiServer(settings),
      ...planProviders(settings),
      ...planScrape(settings.monitoringNamespace),
      ...planArtefacts(settings),
      ...planCredentials(settings),
    ],
  };
}

/** Nobody is let in who is not named. */
function planClients({ clients, clientNamespaces }: NetworkSettings): PolicyPlan[] {
  const namespaces = clientNamespaces.map((name): PeerPlan => ({ kind: "namespace", name }));
  const peers = [...toRanges(clients), ...namespaces];
  return peers.length === 0 ? [] : [ingress("allow-clients-to-gateway", GATEWAY, { peers, ports: HTTP })];
}

function planApiServer({ apiServers }: NetworkSettings): PolicyPlan {
  const policy = egress("allow-gateway-to-api-server", GATEWAY, {
    peers: toRanges(apiServers ?? ANYWHERE),
    ports: API_SERVER,
  });
  return apiServers === undefined
    ? { ...policy, reason: "the addresses of the API server are not known; name them in `apiServers`" }
    : policy;
}

/** A policy knows addresses and no names: a provider whose addresses are not named opens all public ones, for the gateway. */
function planProviders({ providers }: NetworkSettings): PolicyPlan[] {
  const all = Object.entries(providers);
  if (all.length === 0) return [];
  const rules = all.map(([, { port, addresses }]): RulePlan => {
    return {
      peers: addresses === undefined ? [INTERNET] : toRanges(addresses),
      ports: [{ protocol: "TCP", port }],
    };
  });
  const anywhere = all.flatMap(([name, { addresses }]) => (addresses === undefined ? [name] : []));
  const policy = egress("allow-gateway-to-providers", GATEWAY, ...rules);
  if (anywhere.length === 0) return [policy];
  const reason = `the addresses of ${anywhere.join(", ")} change; the gateway calls no name but theirs, and verifies their certificates`;
  return [{ ...policy, reason }];
}

function planScrape(namespace: string | undefined): PolicyPlan[] {
  if (namespace === undefined) return [];
  return [
    ingress("allow-metrics-scrape", {}, { peers: [{ kind: "namespace", name: namespace }], ports: HTTP }),
  ];
}

/** Public addresses, then the servers that are named. */
function planArtefacts({ artefacts, artefactServers }: NetworkSettings): PolicyPlan[] {
  if (artefacts === "cached") return [];
  const own = artefactServers.map(({ range, port }): RulePlan => {
    return { peers: [{ kind: "range", cidr: range }], ports: [{ protocol: "TCP", port }] };
  });
  const all: readonly RulePlan[] = [{ peers: [INTERNET], ports: [{ protocol: "TCP", port: 443 }] }, ...own];
  const reason = "weights are fetched from public hubs, whose addresses change; verified by checksum";
  return [{ ...egress("allow-artefact-fetch", MODEL, ...all), reason }];
}

/** The agent answers on the node itself, at an address that is the same everywhere. */
function planCredentials({ podIdentity }: NetworkSettings): PolicyPlan[] {
  if (!podIdentity) return [];
  const { range, port } = POD_IDENTITY_AGENT;
  const rule: RulePlan = { peers: toRanges([range]), ports: [{ protocol: "TCP", port }] };
  return [egress("allow-model-credentials", MODEL, rule)];
}

export function toRanges(cidrs: readonly string[]): PeerPlan[] {
  return cidrs.map((cidr) => ({ kind: "range", cidr }));
}

function ingress(name: string, pods: PolicyPlan["pods"], rule: RulePlan): PolicyPlan {
  return { name, pods, directions: ["Ingress"], ingress: [rule], egress: [] };
}

function egress(name: string, pods: PolicyPlan["pods"], ...rules: readonly RulePlan[]): PolicyPlan {
  return { name, pods, directions: ["Egress"], ingress: [], egress: rules };
}
