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

type Options = { readonly settings?: object; readonly addresses?: string[] };

/** Kubernetes name → spec of every policy. */
function specs({ settings = {}, addresses }: Options = {}): Record<string, unknown> {
  const plan = planNetwork(networkSettings.parse({ ownership, ...settings }));
  const refs = { namespace: "rampa", ...(addresses && { apiServerAddresses: addresses }) };
  return Object.fromEntries(
    plan.policies.map((policy: PolicyPlan) => [policy.name, networkPolicyArgs(plan, policy, refs).spec]),
  );
}

describe("isolation", () => {
  it("denies every path, and opens those that serving needs", () => {
    expect(specs({ settings: { clients: ["10.1.0.0/16"] } })).toEqual({
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
          },
        ],
      },
    });
  });

  it("lets only private ranges in when no clients are named", () => {
    expect(specs()["allow-clients-to-gateway"]).toMatchObject({
      ingress: [
        {
          from: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"].map((cidr) => ({
            ipBlock: { cidr },
          })),
        },
      ],
    });
  });

  it("opens the metrics port to the monitoring namespace only when one is named", () => {
    expect(specs()).not.toHaveProperty("allow-metrics-scrape");
    expect(specs({ settings: { monitoringNamespace: "monitoring" } })["allow-metrics-scrape"]).toEqual({
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
    expect(specs({ settings: { artefacts: "fetched" } })["allow-artefact-fetch"]).toEqual({
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

  it("lets the gateway reach the API server's addresses only, where they are known", async () => {
    const spec = specs({ addresses: ["10.96.0.1"] })["allow-gateway-to-api-server"];
    const { egress } = spec as { egress: [{ to: [{ ipBlock: { cidr: { promise(): Promise<string> } } }] }] };
    expect(await egress[0].to[0].ipBlock.cidr.promise()).toBe("10.96.0.1/32");
  });

  it.each(["10.0.0.0", "10.0.0.0/33", "::/0", "anywhere"])("refuses the client range %j", (range) => {
    expect(networkSettings.safeParse({ ownership, clients: [range] }).success).toBe(false);
  });
});
