// Plan of the isolation → arguments of NetworkPolicies.
import type { NetworkPolicyArgs } from "@pulumi/kubernetes/networking/v1/index.js";
import type { networking } from "@pulumi/kubernetes/types/input.js";
import { ANNOTATIONS } from "../contract/annotations.ts";
import type { NetworkRefs } from "./network.args.ts";
import type { NetworkPlan, PeerPlan, PolicyPlan, RulePlan } from "./network.plan.ts";

type Peer = networking.v1.NetworkPolicyPeer;

/** One policy of the plan. */
export function networkPolicyArgs(
  plan: Pick<NetworkPlan, "labels">,
  policy: PolicyPlan,
  refs: NetworkRefs,
): NetworkPolicyArgs {
  const isIngress = policy.directions.includes("Ingress");
  const isEgress = policy.directions.includes("Egress");
  return {
    metadata: {
      name: policy.name,
      namespace: refs.namespace,
      labels: { ...plan.labels },
      ...(policy.reason !== undefined && { annotations: { [ANNOTATIONS.egressReason]: policy.reason } }),
    },
    spec: {
      podSelector: toSelector(policy.pods),
      policyTypes: [...policy.directions],
      ...(isIngress && {
        ingress: policy.ingress.map((rule) => ({ ...toPorts(rule), from: rule.peers.map(toPeer) })),
      }),
      ...(isEgress && {
        egress: policy.egress.map((rule) => ({ ...toPorts(rule), to: rule.peers.map(toPeer) })),
      }),
    },
  };
}

function toPeer(peer: PeerPlan): Peer {
  switch (peer.kind) {
    case "pods":
      return { podSelector: { matchLabels: { ...peer.labels } } };
    case "namespace":
      return { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": peer.name } } };
    case "range":
      return { ipBlock: { cidr: peer.cidr, ...(peer.except && { except: [...peer.except] }) } };
  }
}

function toPorts(rule: RulePlan): { ports: networking.v1.NetworkPolicyPort[] } {
  return { ports: rule.ports.map(({ protocol, port }) => ({ protocol, port })) };
}

/** An empty selector is written as `{}`: an absent one would be an invalid policy. */
function toSelector(labels: Readonly<Record<string, string>>): { matchLabels?: Record<string, string> } {
  return Object.keys(labels).length === 0 ? {} : { matchLabels: { ...labels } };
}
