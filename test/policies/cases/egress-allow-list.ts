// Cases of egress-allow-list.
import { metadata } from "../fixtures/manifests.ts";
import { LATER, NETWORK_POLICY, type RuleCases, resource, UNKNOWN_TEXT } from "./rule-cases.ts";

const HTTPS = [{ protocol: "TCP", port: 443 }];
const REASON = "rampa.dev/egress-reason";

function policy(egress: unknown, annotations: object = {}) {
  const spec = { podSelector: { matchLabels: { app: "model" } }, policyTypes: ["Egress"], egress };
  return [resource(NETWORK_POLICY, { metadata: { ...metadata("out"), annotations }, spec })];
}
const to = (...peers: readonly unknown[]) => policy([{ to: peers, ports: HTTPS }]);
const range = (cidr: unknown) => ({ ipBlock: { cidr } });
const everywhere = [{ to: [range("0.0.0.0/0")], ports: HTTPS }];
const wide = (index = 0) =>
  ["mandatory", `spec.egress[0].to[${index}].ipBlock.cidr: a range as wide as the internet`] as const;

export const cases: RuleCases = {
  rule: "egress-allow-list",
  pass: [
    { title: "ranges of a private network", resources: to(range("10.0.0.0/8"), range("fd00::/7")) },
    { title: "pods of the same namespace", resources: to({ podSelector: {} }) },
    {
      title: "pods of a named namespace",
      resources: to({ namespaceSelector: { matchLabels: { name: "a" } } }),
    },
    {
      title: "named pods of every namespace",
      resources: to({ namespaceSelector: {}, podSelector: { matchLabels: { app: "dns" } } }),
    },
    { title: "no way out at all", resources: policy([]) },
    { title: "a policy about the way in only", resources: policy(undefined) },
    {
      title: "every address with a reason",
      resources: policy(everywhere, { [REASON]: "fetches weights from their hub" }),
    },
    {
      title: "every address for a policy that the configuration lists",
      resources: policy([{ ports: HTTPS }]),
      config: { "egress-allow-list": { openPolicies: ["other", "out"] } },
    },
  ],
  fail: [
    { title: "every address", resources: policy(everywhere), expected: [wide()] },
    {
      title: "every address of the sixth version",
      resources: to(range("10.0.0.0/8"), range("::/0")),
      expected: [wide(1)],
    },
    { title: "half of all addresses", resources: to(range("128.0.0.0/1")), expected: [wide()] },
    {
      title: "no peers",
      resources: policy([{ ports: HTTPS }]),
      expected: [["mandatory", "spec.egress[0].to: every address"]],
    },
    {
      title: "every pod of every namespace",
      resources: to({ namespaceSelector: {} }),
      expected: [["mandatory", "spec.egress[0].to[0].namespaceSelector: every pod of every namespace"]],
    },
    {
      title: "every pod of every namespace, in other words",
      resources: to({ namespaceSelector: {}, podSelector: {} }),
      expected: [["mandatory", "spec.egress[0].to[0].namespaceSelector: every pod of every namespace"]],
    },
    {
      title: "every port, whatever the reason",
      resources: policy([{ to: [range("0.0.0.0/0")] }], { [REASON]: "fetches weights from their hub" }),
      expected: [["mandatory", "spec.egress[0].ports: every port"]],
    },
    {
      title: "every port of a protocol",
      resources: policy([{ to: [range("10.1.0.0/16")], ports: [...HTTPS, { protocol: "UDP" }] }]),
      expected: [["mandatory", "spec.egress[0].ports[1].port: every port of this protocol"]],
    },
    {
      title: "a reason of one word",
      resources: policy(everywhere, { [REASON]: "  because   " }),
      expected: [wide()],
    },
    {
      title: "a policy that the configuration does not list",
      resources: policy(everywhere),
      config: { "egress-allow-list": { openPolicies: ["other"] } },
      expected: [wide()],
    },
  ],
  unknown: [
    {
      title: "the rules",
      resources: policy(UNKNOWN_TEXT),
      expected: [["advisory", `spec.egress: ${LATER}`]],
    },
    {
      title: "the ports",
      resources: policy([{ to: [range("10.0.0.0/8")], ports: UNKNOWN_TEXT }]),
      expected: [["advisory", `spec.egress[0].ports: ${LATER}`]],
    },
    {
      title: "the peers",
      resources: policy([{ to: UNKNOWN_TEXT, ports: HTTPS }]),
      expected: [["advisory", `spec.egress[0].to: ${LATER}`]],
    },
    {
      title: "a range",
      resources: to(range(UNKNOWN_TEXT)),
      expected: [["advisory", `spec.egress[0].to[0].ipBlock.cidr: ${LATER}`]],
    },
  ],
};
