// Isolation: closed by default, and open on exactly the paths that serving needs.
import { describe, expect, it } from "vitest";
import { networkSettings } from "../../../components/network/network.args.ts";
import { networkPolicyArgs } from "../../../components/network/network.manifests.ts";
import { type PolicyPlan, planNetwork } from "../../../components/network/network.plan.ts";
import { ownership } from "../../kit/component-owner.ts";

const DNS = [
  { protocol: "UDP", port: 53 },
  { protocol: "TCP", port: 53 },
];
const HTTP = [{ protocol: "TCP", port: 8080 }];
const GATEWAY = { matchLabels: { "app.kubernetes.io/component": "gateway" } };
const MODEL = { matchLabels: { "app.kubernetes.io/component": "model" } };

/** Kubernetes name → spec of every policy. */
function specs(settings: object = {}): Record<string, unknown> {
  const plan = planNetwork(networkSettings.parse({ ownership, ...settings }));
  const refs = { namespace: "rampa" };
  return Object.fromEntries(
    plan.policies.map((policy: PolicyPlan) => [policy.name, networkPolicyArgs(plan, policy, refs).spec]),
  );
}

const named = (name: string) => ({
  namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } },
});

describe("isolation", () => {
  it("says why its pods may call every address, and only where they may", () => {
    const reasons = (settings: object) =>
      planNetwork(networkSettings.parse({ ownership, ...settings }))
        .policies.map((policy) => {
          const plan = { labels: {}, policies: [] };
          return networkPolicyArgs(plan, policy, { namespace: "rampa" }).metadata;
        })
        .filter((metadata) => metadata !== undefined && "annotations" in metadata);
    expect(reasons({ artefacts: "fetched" })).toEqual([
      expect.objectContaining({
        name: "allow-gateway-to-api-server",
        annotations: {
          "rampa.dev/egress-reason":
            "the addresses of the API server are not known; name them in `apiServers`",
        },
      }),
      expect.objectContaining({
        name: "allow-artefact-fetch",
        annotations: {
          "rampa.dev/egress-reason":
            "weights are fetched from public hubs, whose addresses change; verified by checksum",
        },
      }),
    ]);
    expect(reasons({ artefacts: "cached", apiServers: ["10.96.0.1/32"] })).toEqual([]);
  });

  it("denies every path, and opens those that serving needs", () => {
    expect(specs({ clients: ["10.1.0.0/16"] })).toEqual({
      "default-deny": { podSelector: {}, policyTypes: ["Ingress", "Egress"], ingress: [], egress: [] },
      "allow-dns": {
        podSelector: {},
        policyTypes: ["Egress"],
        egress: [
          {
            ports: DNS,
            to: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } } }],
          },
        ],
      },
      "allow-clients-to-gateway": {
        podSelector: GATEWAY,
        policyTypes: ["Ingress"],
        ingress: [{ ports: HTTP, from: [{ ipBlock: { cidr: "10.1.0.0/16" } }] }],
      },
      "allow-gateway-to-models": {
        podSelector: GATEWAY,
        policyTypes: ["Egress"],
        egress: [{ ports: HTTP, to: [{ podSelector: MODEL }] }],
      },
      "allow-models-from-gateway": {
        podSelector: MODEL,
        policyTypes: ["Ingress"],
        ingress: [{ ports: HTTP, from: [{ podSelector: GATEWAY }] }],
      },
      "allow-gateway-to-api-server": {
        podSelector: GATEWAY,
        policyTypes: ["Egress"],
        egress: [
          {
            ports: [
              { protocol: "TCP", port: 443 },
              { protocol: "TCP", port: 6443 },
            ],
            to: [{ ipBlock: { cidr: "0.0.0.0/0" } }, { ipBlock: { cidr: "::/0" } }],
          },
        ],
      },
    });
  });

  it("lets nobody call the gateway who is not named", () => {
    expect(specs()).not.toHaveProperty("allow-clients-to-gateway");
    expect(specs({ clients: [], clientNamespaces: [] })).not.toHaveProperty("allow-clients-to-gateway");
  });

  it("lets pods of the named namespaces call the gateway, beside the named addresses", () => {
    const settings = { clients: ["10.1.0.0/16"], clientNamespaces: ["apps", "jobs"] };
    expect(specs(settings)["allow-clients-to-gateway"]).toEqual({
      podSelector: GATEWAY,
      policyTypes: ["Ingress"],
      ingress: [{ ports: HTTP, from: [{ ipBlock: { cidr: "10.1.0.0/16" } }, named("apps"), named("jobs")] }],
    });
  });

  it("opens the metrics port to the monitoring namespace only when one is named", () => {
    expect(specs()).not.toHaveProperty("allow-metrics-scrape");
    expect(specs({ monitoringNamespace: "monitoring" })["allow-metrics-scrape"]).toEqual({
      podSelector: {},
      policyTypes: ["Ingress"],
      ingress: [
        {
          ports: HTTP,
          from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } } }],
        },
      ],
    });
  });

  it("lets models fetch over HTTPS from public addresses only, and only when they must", () => {
    expect(specs()).not.toHaveProperty("allow-artefact-fetch");
    expect(specs({ artefacts: "fetched" })["allow-artefact-fetch"]).toEqual({
      podSelector: MODEL,
      policyTypes: ["Egress"],
      egress: [
        {
          ports: [{ protocol: "TCP", port: 443 }],
          to: [
            {
              ipBlock: {
                cidr: "0.0.0.0/0",
                except: [
                  "10.0.0.0/8",
                  "172.16.0.0/12",
                  "192.168.0.0/16",
                  "100.64.0.0/10",
                  "169.254.0.0/16",
                  "127.0.0.0/8",
                ],
              },
            },
          ],
        },
      ],
    });
  });

  it("lets models fetch from the private servers that are named, on their ports only", () => {
    const artefactServers = [{ range: "10.1.2.3/32" }, { range: "192.168.7.0/24", port: 8443 }];
    const spec = specs({ artefacts: "fetched", artefactServers })["allow-artefact-fetch"];
    expect(spec).toMatchObject({
      egress: [
        { ports: [{ port: 443 }], to: [{ ipBlock: { cidr: "0.0.0.0/0" } }] },
        { ports: [{ protocol: "TCP", port: 443 }], to: [{ ipBlock: { cidr: "10.1.2.3/32" } }] },
        { ports: [{ protocol: "TCP", port: 8443 }], to: [{ ipBlock: { cidr: "192.168.7.0/24" } }] },
      ],
    });
    expect(specs({ artefactServers })).not.toHaveProperty("allow-artefact-fetch");
  });

  it("lets models ask the agent of their node for credentials, and only when they must", () => {
    expect(specs()).not.toHaveProperty("allow-model-credentials");
    expect(specs({ podIdentity: true })["allow-model-credentials"]).toEqual({
      podSelector: MODEL,
      policyTypes: ["Egress"],
      egress: [{ ports: [{ protocol: "TCP", port: 80 }], to: [{ ipBlock: { cidr: "169.254.170.23/32" } }] }],
    });
  });

  it("lets the gateway reach the API server's addresses only, where they are known", () => {
    const spec = specs({ apiServers: ["10.96.0.1/32", "10.0.7.0/24"] })["allow-gateway-to-api-server"];
    expect(spec).toMatchObject({
      egress: [{ to: [{ ipBlock: { cidr: "10.96.0.1/32" } }, { ipBlock: { cidr: "10.0.7.0/24" } }] }],
    });
  });

  it("refuses an empty list of API servers, which would cut the gateway off", () => {
    expect(networkSettings.safeParse({ ownership, apiServers: [] }).success).toBe(false);
  });

  it.each(["10.0.0.0", "10.0.0.0/33", "::/0", "anywhere"])("refuses the range %j", (range) => {
    expect(networkSettings.safeParse({ ownership, clients: [range] }).success).toBe(false);
    expect(networkSettings.safeParse({ ownership, apiServers: [range] }).success).toBe(false);
  });
});

describe("providers that the gateway may call", () => {
  const policyOf = (providers: object) => {
    const plan = planNetwork(networkSettings.parse({ ownership, providers }));
    return plan.policies.find(({ name }) => name === "allow-gateway-to-providers");
  };

  it("open nothing where there are none", () => expect(policyOf({})).toBeUndefined());

  it("open their addresses and ports alone where these are named, and then need no reason", () => {
    expect(policyOf({ vllm: { port: 8443, addresses: ["10.20.0.0/16", "fd12::/32"] } })).toEqual({
      name: "allow-gateway-to-providers",
      pods: { "app.kubernetes.io/component": "gateway" },
      directions: ["Egress"],
      ingress: [],
      egress: [
        {
          peers: [
            { kind: "range", cidr: "10.20.0.0/16" },
            { kind: "range", cidr: "fd12::/32" },
          ],
          ports: [{ protocol: "TCP", port: 8443 }],
        },
      ],
    });
  });

  it("open every public address on their ports where they are not, and say so", () => {
    const policy = policyOf({ openai: {}, vllm: { addresses: ["10.20.0.0/16"] } });
    expect(policy?.reason).toContain("the addresses of openai change");
    expect(policy?.egress[0]?.peers).toEqual([expect.objectContaining({ cidr: "0.0.0.0/0" })]);
  });
});
