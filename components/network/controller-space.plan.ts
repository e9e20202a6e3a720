// Settings of a controller's namespace → its labels and the one policy that closes it and opens its paths.
import { POD_IDENTITY_AGENT } from "../contract/pod-identity.ts";
import { standardLabels } from "../kit/ownership.ts";
import { podSecurityLabels } from "../kit/pod-security.ts";
import type { ControllerSpaceSettings } from "./controller-space.args.ts";
import {
  API_SERVER,
  DNS,
  INTERNET,
  type PeerPlan,
  type PolicyPlan,
  type PortPlan,
  type RulePlan,
  toRanges,
} from "./network.plan.ts";

export type ControllerSpacePlan = {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Of the namespace, beside its labels. */
  readonly podSecurity: Readonly<Record<string, string>>;
  readonly policy: PolicyPlan;
};

/** Decides who reaches a controller's pods and whom they reach; everything else is closed. */
export function planControllerSpace(settings: ControllerSpaceSettings): ControllerSpacePlan {
  const { ownership, namespace, podSecurity, internetReason } = settings;
  return {
    namespace,
    labels: standardLabels(ownership, { name: "controller-space", instance: namespace }),
    podSecurity: podSecurityLabels(podSecurity),
    policy: {
      name: "controller-traffic",
      pods: {},
      directions: ["Ingress", "Egress"],
      ingress: planIngress(settings),
      egress: planEgress(settings),
      ...(internetReason !== undefined && { reason: internetReason }),
    },
  };
}

function planIngress(settings: ControllerSpaceSettings): readonly RulePlan[] {
  const { namespace, apiServers, webhooks, within, scrapes } = settings;
  return [
    ...rule(toRanges(apiServers), tcp(webhooks)),
    ...rule([toNamespace(namespace)], tcp(within)),
    ...byNamespace(scrapes),
  ];
}

function planEgress(settings: ControllerSpaceSettings): readonly RulePlan[] {
  const { namespace, apiServers, within, calls, podIdentity, internetReason } = settings;
  return [
    ...rule([toNamespace("kube-system")], DNS),
    ...rule(toRanges(apiServers), API_SERVER),
    ...rule([toNamespace(namespace)], tcp(within)),
    ...byNamespace(calls),
    ...(podIdentity ? rule(toRanges([POD_IDENTITY_AGENT.range]), tcp([POD_IDENTITY_AGENT.port])) : []),
    ...(internetReason === undefined ? [] : rule([INTERNET], tcp([443]))),
  ];
}

/** None without ports: Kubernetes takes a rule without any as open on all. */
function rule(peers: readonly PeerPlan[], ports: readonly PortPlan[]): readonly RulePlan[] {
  return ports.length === 0 ? [] : [{ peers, ports }];
}

function byNamespace(ports: Readonly<Record<string, readonly number[]>>): readonly RulePlan[] {
  return Object.entries(ports).flatMap(([name, each]) => rule([toNamespace(name)], tcp(each)));
}

const toNamespace = (name: string): PeerPlan => ({ kind: "namespace", name });

const tcp = (ports: readonly number[]): PortPlan[] => ports.map((port) => ({ protocol: "TCP", port }));
