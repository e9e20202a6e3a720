// Namespaces of the monitoring itself: their pod security, and which ways in and out are open.
import type { NamespaceArgs } from "@pulumi/kubernetes/core/v1/index.js";
import type { NetworkPolicyArgs } from "@pulumi/kubernetes/networking/v1/index.js";
import type { networking } from "@pulumi/kubernetes/types/input.js";
import type { Input } from "@pulumi/pulumi";
import { podSecurityLabels } from "../kit/pod-security.ts";

type Labels = Readonly<Record<string, string>>;

/** A namespace that enforces a Pod Security Standard. */
export function namespaceArgs(
  name: string,
  labels: Labels,
  level: "restricted" | "privileged",
): NamespaceArgs {
  return { metadata: { name, labels: { ...labels, ...podSecurityLabels(level) } } };
}

export type PathPlan = {
  readonly name: string;
  /** Labels of the pods it is about; all when empty. */
  readonly pods: Labels;
  readonly ingress?: networking.v1.NetworkPolicyIngressRule[];
  readonly egress?: networking.v1.NetworkPolicyEgressRule[];
};

/** Closes a namespace both ways. */
export const DEFAULT_DENY: PathPlan = { name: "default-deny", pods: {}, ingress: [], egress: [] };

/** One open way, or none where the lists are empty. */
export function networkPolicyArgs(
  path: PathPlan,
  labels: Labels,
  namespace: Input<string>,
): NetworkPolicyArgs {
  const { ingress, egress } = path;
  return {
    metadata: { name: path.name, namespace, labels: { ...labels } },
    spec: {
      podSelector: { matchLabels: { ...path.pods } },
      policyTypes: [...(ingress ? ["Ingress"] : []), ...(egress ? ["Egress"] : [])],
      ...(ingress && { ingress }),
      ...(egress && { egress }),
    },
  };
}

/** Every pod of one namespace. */
export function namespacePeer(name: string): networking.v1.NetworkPolicyPeer {
  return { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } } };
}
