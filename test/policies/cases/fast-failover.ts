// Cases of fast-failover.
import { budgetProps, deploymentProps, podSpecProps, serviceProps } from "../fixtures/manifests.ts";
import { BUDGET, DEPLOYMENT, LATER, type RuleCases, resource, SERVICE, UNKNOWN_TEXT } from "./rule-cases.ts";

const NOT_READY = "node.kubernetes.io/not-ready";
const UNREACHABLE = "node.kubernetes.io/unreachable";
const served = (tolerations: unknown, type = DEPLOYMENT) => [
  resource(type, deploymentProps({}, { tolerations })),
  resource(SERVICE, serviceProps),
  resource(BUDGET, budgetProps),
];
const toleration = (key: string | undefined, tolerationSeconds: unknown, more: object = {}) => ({
  key,
  operator: "Exists",
  effect: "NoExecute",
  tolerationSeconds,
  ...more,
});
const path = "spec.template.spec.tolerations";
const stay = (key: string, time: string) =>
  ["mandatory", `${path}: pods stay ${time} on a node with ${key}`] as const;
const [first, second] = podSpecProps.tolerations;

export const cases: RuleCases = {
  rule: "fast-failover",
  pass: [
    { title: "thirty seconds for both", resources: served(podSpecProps.tolerations) },
    { title: "one that holds for every taint", resources: served([toleration(undefined, 10)]) },
    {
      title: "the shorter of two",
      resources: served([
        ...podSpecProps.tolerations,
        toleration(NOT_READY, 300),
        toleration(UNREACHABLE, undefined),
      ]),
    },
    {
      title: "a minute that the configuration allows",
      resources: served([toleration(undefined, 60)]),
      config: { "fast-failover": { longestSeconds: 60 } },
    },
    { title: "no Service in front", resources: served(undefined).slice(0, 1) },
    {
      title: "the default outside production",
      resources: served(undefined),
      config: { "fast-failover": { environment: "dev" } },
    },
  ],
  fail: [
    {
      title: "Kubernetes' default",
      resources: served(undefined),
      expected: [stay(NOT_READY, "300 s"), stay(UNREACHABLE, "300 s")],
    },
    {
      title: "the default in staging",
      resources: served([first]),
      config: { "fast-failover": { environment: "staging" } },
      expected: [["advisory", stay(UNREACHABLE, "300 s")[1]]],
    },
    { title: "one of the two only", resources: served([second]), expected: [stay(NOT_READY, "300 s")] },
    {
      title: "a second too long",
      resources: served([first, toleration(UNREACHABLE, 31)]),
      expected: [stay(UNREACHABLE, "31 s")],
    },
    {
      title: "no time",
      resources: served([first, toleration(UNREACHABLE, undefined)]),
      expected: [stay(UNREACHABLE, "for ever")],
    },
    {
      title: "another effect",
      resources: served([first, toleration(UNREACHABLE, 30, { effect: "NoSchedule" })]),
      expected: [stay(UNREACHABLE, "300 s")],
    },
    {
      title: "a StatefulSet",
      resources: served([first], "kubernetes:apps/v1:StatefulSet"),
      expected: [stay(UNREACHABLE, "300 s")],
    },
  ],
  unknown: [
    {
      title: "the tolerations",
      resources: served(UNKNOWN_TEXT),
      expected: [["advisory", `${path}: ${LATER}`]],
    },
    {
      title: "a time",
      resources: served([first, toleration(UNREACHABLE, UNKNOWN_TEXT)]),
      expected: [["advisory", `${path}[1].tolerationSeconds: ${LATER}`]],
    },
  ],
};
