// Plan of the isolation → arguments of NetworkPolicies.
import type { NetworkPolicyArgs } from "@pulumi/kubernetes/networking/v1/index.js";
import type { networking } from "@pulumi/kubernetes/types/input.js";
import { interpolate } from "@pulumi/pulumi";
import type { NetworkRefs } from "./network.args.ts";
import type { NetworkPlan, PeerPlan, PolicyPlan, RulePlan } from "./network.plan.ts";

type Peer = networking.v1.NetworkPolicyPeer;

/** One policy of the plan. */
export function networkPolicyArgs(
  plan: NetworkPlan,
  policy: PolicyPlan,
  refs: NetworkRefs,
): NetworkPolicyArgs {
  const isIngress = policy.directions.includes("Ingress");
  const isEgress = policy.directions.includes("Egress");
  return {
    metadata: { name: policy.name, namespace: refs.namespace, labels: { ...plan.labels } },
    spec: {
      podSelector: toSelector(policy.pods),
      policyTypes: [...policy.directions],
      ...(isIngress && {
        ingress: policy.ingress.map((rule) => ({ ...toPorts(rule), ...from(rule, refs) })),
      }),
      ...(isEgress && { egress: policy.egress.map((rule) => ({ ...toPorts(rule), ...to(rule, refs) })) }),
    },
  };
}

function from(rule: RulePlan, refs: NetworkRefs): { from?: Peer[] } {
  const peers = rule.peers.flatMap((peer) => toPeers(peer, refs));
  return peers.length === 0 ? {} : { from: peers };
}

function to(rule: RulePlan, refs: NetworkRefs): { to?: Peer[] } {
  const peers = rule.peers.flatMap((peer) => toPeers(peer, refs));
  return peers.length === 0 ? {} : { to: peers };
}

function toPeers(peer: PeerPlan, refs: NetworkRefs): Peer[] {
  switch (peer.kind) {
    case "pods":
      return [{ podSelector: { matchLabels: { ...peer.labels } } }];
    case "namespace":
      return [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": peer.name } } }];
    case "range":
      return [{ ipBlock: { cidr: peer.cidr, ...(peer.except && { except: [...peer.except] }) } }];
    case "api-server":
      // No address known: no peer at all, which in a NetworkPolicy means any address, on the rule's ports only.
      return (refs.apiServerAddresses ?? []).map((address) => ({
        ipBlock: { cidr: interpolate`${address}/32` },
      }));
  }
}

function toPorts(rule: RulePlan): { ports: networking.v1.NetworkPolicyPort[] } {
  return { ports: rule.ports.map(({ protocol, port }) => ({ protocol, port })) };
}

/** An empty selector is written as `{}`: an absent one would be an invalid policy. */
function toSelector(labels: Readonly<Record<string, string>>): { matchLabels?: Record<string, string> } {
  return Object.keys(labels).length === 0 ? {} : { matchLabels: { ...labels } };
}
