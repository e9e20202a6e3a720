// Rule egress-allow-list: pods may call what is named, by address and by port; what may call everything says why.
import { ANNOTATIONS } from "../../../components/contract/annotations.ts";
import { isNarrow, type NarrowPrefixes } from "../../aws/address-ranges.ts";
import {
  type Finding,
  type Rule,
  type RuleContext,
  type Subject,
  unknownAmong,
  violation,
} from "../../rule.ts";
import type { Value } from "../../value.ts";

/** A private network is narrow enough; halves of the internet are not. */
const NETWORKS: NarrowPrefixes = { v4: 8, v6: 7 };
const SHORTEST_REASON = 10;

export const egressAllowList: Rule = {
  name: "egress-allow-list",
  title:
    "Network policies let pods out to named addresses and ports; one that lets them call every address says why.",
  severity: "high",
  framework: {
    name: "NIST SP 800-53",
    version: "5",
    reference: "SC-7(5)",
    specification: "Deny by default, allow by exception.",
  },
  tags: ["network", "security", "data"],
  why: "Whoever makes a model server run their code sends prompts and weights to wherever it may call; a rule of all addresses or ports is that way out.",
  fix: `List ports and peers (pods, namespaces or ranges) in each egress rule; where every address is really meant, keep the ports and give the reason in the annotation ${ANNOTATIONS.egressReason}.`,
  url: "https://kubernetes.io/docs/concepts/services-networking/network-policies/",
  levels: { default: "mandatory" },
  whenUnknown: "defer",
  settings: {
    openPolicies: {
      type: "array",
      items: { type: "string" },
      description:
        "Names of policies of others that may be open without that annotation; none when left out.",
    },
  },
  types: /^kubernetes:networking\.k8s\.io\/[^:]+:NetworkPolicy$/,
  check: (subject, context) => {
    const rules = subject.props.at("spec", "egress");
    const isSigned = isSignedFor(subject, context);
    return [
      ...unknownAmong([rules]),
      ...rules
        .items()
        .flatMap((rule) => [...checkPorts(rule), ...(isSigned ? [] : checkPeers(rule.at("to")))]),
    ];
  },
};

function isSignedFor({ props }: Subject, { config }: RuleContext): boolean {
  const listed = config.at("openPolicies").items();
  const reason = props.at("metadata", "annotations", ANNOTATIONS.egressReason);
  return (
    (reason.text()?.trim().length ?? 0) >= SHORTEST_REASON ||
    listed.some((name) => name.text() === props.at("metadata", "name").text())
  );
}

function checkPorts(rule: Value): readonly Finding[] {
  const ports = rule.at("ports");
  const unknown = unknownAmong([rule, ports, ...ports.items()]);
  if (unknown.length > 0) return unknown;
  if (ports.items().length === 0) return [violation(ports, "every port")];
  return ports
    .items()
    .filter((port) => port.at("port").state === "absent")
    .map((port) => violation(port.at("port"), "every port of this protocol"));
}

function checkPeers(peers: Value): readonly Finding[] {
  if (peers.state === "unknown") return unknownAmong([peers]);
  if (peers.items().length === 0) return [violation(peers, "every address")];
  return peers.items().flatMap(checkPeer);
}

function checkPeer(peer: Value): readonly Finding[] {
  const range = peer.at("ipBlock", "cidr");
  const namespaces = peer.at("namespaceSelector");
  const isEverything = namespaces.isEmpty() && selectsAllPods(peer.at("podSelector"));
  return [
    ...unknownAmong([peer, range]),
    ...(range.text() !== undefined && !isNarrow(range.text() ?? "", NETWORKS)
      ? [violation(range, "a range as wide as the internet")]
      : []),
    ...(isEverything ? [violation(namespaces, "every pod of every namespace")] : []),
  ];
}

function selectsAllPods(selector: Value): boolean {
  return selector.state === "absent" || selector.isEmpty();
}
