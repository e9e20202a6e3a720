// Cases of graceful-drain.
import { budgetProps, deploymentProps, serviceProps } from "../fixtures/manifests.ts";
import { BUDGET, DEPLOYMENT, LATER, type RuleCases, resource, SERVICE, UNKNOWN_TEXT } from "./rule-cases.ts";

const DRAIN = "rampa.dev/drain-seconds";
const service = resource(SERVICE, serviceProps);
const budget = resource(BUDGET, budgetProps);

type Change = {
  readonly grace?: unknown;
  readonly drain?: unknown;
  readonly sleep?: unknown;
  readonly spec?: object;
};
function served({ grace = 75, drain, sleep, spec }: Change) {
  const hook = sleep === undefined ? {} : { lifecycle: { preStop: { sleep: { seconds: sleep } } } };
  const props = deploymentProps(hook, { terminationGracePeriodSeconds: grace }, spec);
  const metadata = { labels: { app: "model" }, annotations: { [DRAIN]: drain } };
  const template = { ...props.spec.template, metadata };
  return [resource(DEPLOYMENT, { ...props, spec: { ...props.spec, template } }), service, budget];
}
const grace = (given: number, need: number) =>
  [
    "mandatory",
    `spec.template.spec.terminationGracePeriodSeconds: ${given} s, less than the ${need} s of the longest answer`,
  ] as const;
const annotation = `spec.template.metadata.annotations["${DRAIN}"]`;
const hook = "spec.template.spec.containers[0].lifecycle.preStop.sleep.seconds";
const used = [
  "mandatory",
  `${hook}: the hook uses up the whole grace, so the process is killed at once`,
] as const;
const inDev = { "graceful-drain": { environment: "dev" } };

export const cases: RuleCases = {
  rule: "graceful-drain",
  pass: [
    { title: "as long as the longest answer", resources: served({ grace: 60 }) },
    { title: "as long as the pod says that it drains", resources: served({ drain: "75" }) },
    { title: "less where the pod drains at once", resources: served({ grace: 5, drain: "0" }) },
    { title: "a hook within the grace", resources: served({ sleep: 74 }) },
    { title: "the default outside production", resources: served({ grace: null }), config: inDev },
    {
      title: "a shorter answer that the configuration names",
      resources: served({ grace: 20 }),
      config: { "graceful-drain": { longestAnswerSeconds: 20 } },
    },
    { title: "no Service in front", resources: served({ grace: 1 }).slice(0, 1) },
    { title: "a version scaled to nothing", resources: served({ grace: 1, spec: { replicas: 0 } }) },
  ],
  fail: [
    { title: "the default grace", resources: served({ grace: null }), expected: [grace(30, 60)] },
    { title: "a second too little", resources: served({ grace: 59 }), expected: [grace(59, 60)] },
    {
      title: "a second too little in staging",
      resources: served({ grace: 59 }),
      config: { "graceful-drain": { environment: "staging" } },
      expected: [grace(59, 60)],
    },
    {
      title: "less than the default outside production",
      resources: served({ grace: 29 }),
      config: inDev,
      expected: [grace(29, 30)],
    },
    {
      title: "less than the pod says that it drains",
      resources: served({ drain: "90" }),
      expected: [grace(75, 90)],
    },
    {
      title: "a drain that is no number",
      resources: served({ drain: "soon" }),
      expected: [["mandatory", `${annotation}: not a number of seconds`]],
    },
    { title: "a hook as long as the grace", resources: served({ sleep: 75 }), expected: [used] },
  ],
  unknown: [
    {
      title: "the grace",
      resources: served({ grace: UNKNOWN_TEXT }),
      expected: [["advisory", `spec.template.spec.terminationGracePeriodSeconds: ${LATER}`]],
    },
    {
      title: "the drain",
      resources: served({ drain: UNKNOWN_TEXT }),
      expected: [["advisory", `${annotation}: ${LATER}`]],
    },
    {
      title: "the hook",
      resources: served({ sleep: UNKNOWN_TEXT }),
      expected: [["advisory", `${hook}: ${LATER}`]],
    },
  ],
};
