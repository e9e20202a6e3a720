// Cases of namespace-default-deny.
import { deploymentProps, metadata, networkPolicyProps } from "../fixtures/manifests.ts";
import { DEPLOYMENT, LATER, NETWORK_POLICY, type RuleCases, resource, UNKNOWN_TEXT } from "./rule-cases.ts";

const model = resource(DEPLOYMENT, deploymentProps());
const policy = (spec: object, name = "closed") =>
  resource(
    NETWORK_POLICY,
    { metadata: metadata(name), spec: { ...networkPolicyProps.spec, ...spec } },
    { name },
  );
const noDeny = (direction: string) =>
  [
    "mandatory",
    `metadata.namespace: no NetworkPolicy of this namespace denies ${direction} of all pods`,
  ] as const;
const noDns = [
  "mandatory",
  "metadata.namespace: no NetworkPolicy of this namespace allows DNS (port 53)",
] as const;

const DNS_SERVERS = [
  { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } } },
];

export const cases: RuleCases = {
  rule: "namespace-default-deny",
  pass: [
    { title: "both directions and DNS in one policy", resources: [model, policy({})] },
    {
      title: "one policy for each",
      resources: [
        model,
        policy({ policyTypes: ["Ingress"], egress: undefined }, "in"),
        policy({ policyTypes: ["Egress"], egress: [] }, "out"),
        policy({ policyTypes: ["Egress"], podSelector: { matchLabels: { app: "model" } } }, "dns"),
      ],
    },
    { title: "no policyTypes but egress rules", resources: [model, policy({ policyTypes: undefined })] },
    { title: "no pods", resources: [resource("kubernetes:core/v1:ConfigMap", { metadata: metadata("c") })] },
  ],
  fail: [
    { title: "no policy at all", resources: [model], expected: [noDeny("Ingress"), noDeny("Egress"), noDns] },
    {
      title: "only one direction",
      resources: [model, policy({ policyTypes: ["Ingress"] })],
      expected: [noDeny("Egress")],
    },
    {
      title: "a policy of some pods only",
      resources: [model, policy({ podSelector: { matchLabels: { app: "other" } } })],
      expected: [noDeny("Ingress"), noDeny("Egress")],
    },
    { title: "no DNS", resources: [model, policy({ egress: [] })], expected: [noDns] },
    {
      title: "DNS over TCP only",
      resources: [model, policy({ egress: [{ to: DNS_SERVERS, ports: [{ protocol: "TCP", port: 53 }] }] })],
      expected: [noDns],
    },
    {
      title: "a second policy that allows everything in",
      resources: [model, policy({}), policy({ policyTypes: ["Ingress"], ingress: [{}] }, "open")],
      expected: [["mandatory", "spec.ingress[0]: allows all traffic of all pods"]],
    },
    {
      title: "a policy of another namespace",
      resources: [
        model,
        resource(NETWORK_POLICY, {
          metadata: { ...metadata("c"), namespace: "other" },
          spec: networkPolicyProps.spec,
        }),
      ],
      expected: [noDeny("Ingress"), noDeny("Egress"), noDns],
    },
  ],
  unknown: [
    {
      title: "the namespace of a workload",
      resources: [
        resource(DEPLOYMENT, { ...deploymentProps(), metadata: { name: "m", namespace: UNKNOWN_TEXT } }),
      ],
      expected: [["advisory", `metadata.namespace: ${LATER}`]],
    },
    {
      title: "which pods a policy takes",
      resources: [model, policy({ podSelector: UNKNOWN_TEXT })],
      expected: [
        ["advisory", `spec.podSelector: ${LATER}`],
        ["advisory", `spec: ${LATER}`],
      ],
    },
  ],
};
