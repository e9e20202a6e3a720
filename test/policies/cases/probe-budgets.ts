// Cases of probe-budgets.
import { containerProps, deploymentProps, modelVersionProps } from "../fixtures/manifests.ts";
import { DEPLOYMENT, LATER, type RuleCases, resource, UNKNOWN_TEXT } from "./rule-cases.ts";

const LOAD = "rampa.dev/load-seconds";
const liveness = { httpGet: { path: "/livez", port: 8080 } };

type Change = {
  readonly load?: unknown;
  readonly probe?: unknown;
  readonly more?: object;
  readonly spec?: object;
};
const model = (
  { load, probe = { failureThreshold: 30, periodSeconds: 2 }, more, spec }: Change,
  type = DEPLOYMENT,
) => [resource(type, modelVersionProps({ [LOAD]: load }, { startupProbe: probe, ...more }, spec))];
const withGpu = (container: object) => [
  resource(
    DEPLOYMENT,
    deploymentProps(
      { resources: { limits: { "nvidia.com/gpu": 1 } }, ...container },
      { nodeSelector: { pool: "gpu" }, tolerations: [{ key: "nvidia.com/gpu", operator: "Exists" }] },
    ),
  ),
];
const container = "spec.template.spec.containers[0]";
const tooShort = (given: number, need: number) =>
  [
    "mandatory",
    `${container}.startupProbe: gives up after ${given} s, before the ${need} s that loading may take`,
  ] as const;
const deadline = (given: number, need: number) =>
  [
    "mandatory",
    `spec.progressDeadlineSeconds: ${given} s, not more than the ${need} s that a pod may take to start`,
  ] as const;

export const cases: RuleCases = {
  rule: "probe-budgets",
  pass: [
    { title: "a budget of just what is needed", resources: model({}) },
    {
      title: "a budget as long as the pod says that it loads",
      resources: model({
        load: "300",
        probe: { initialDelaySeconds: 20, failureThreshold: 28, periodSeconds: 10 },
      }),
    },
    {
      title: "a short budget where the pod loads fast",
      resources: model({ load: "5", probe: { failureThreshold: 1 } }),
    },
    { title: "no probe at all, which is for others to judge", resources: model({ probe: null }) },
    {
      title: "a sidecar without ports",
      resources: model({ probe: { failureThreshold: 1 }, more: { ports: undefined, name: "sidecar" } }),
    },
    {
      title: "a pod that loads no model",
      resources: [resource(DEPLOYMENT, deploymentProps({ startupProbe: { failureThreshold: 1 } }))],
    },
    {
      title: "a deadline of a second more",
      resources: model({ spec: { progressDeadlineSeconds: 61 } }),
    },
    {
      title: "a StatefulSet, which has no deadline",
      resources: model({ probe: { failureThreshold: 100 } }, "kubernetes:apps/v1:StatefulSet"),
    },
    {
      title: "a shorter budget that the configuration allows",
      resources: model({ probe: { failureThreshold: 2 } }),
      config: { "probe-budgets": { shortestStartSeconds: 20 } },
    },
  ],
  fail: [
    {
      title: "three periods of ten seconds, the default",
      resources: model({ probe: {} }),
      expected: [tooShort(30, 60)],
    },
    {
      title: "a budget below what the pod says that it loads",
      resources: model({
        load: "240",
        probe: { failureThreshold: 23, periodSeconds: 10, initialDelaySeconds: 9 },
      }),
      expected: [tooShort(239, 240)],
    },
    {
      title: "a short budget with a GPU",
      resources: withGpu({ startupProbe: { failureThreshold: 5 } }),
      expected: [tooShort(50, 60)],
    },
    {
      title: "a liveness probe alone",
      resources: model({ probe: null, more: { livenessProbe: liveness } }),
      expected: [
        [
          "mandatory",
          `${container}.livenessProbe: without a start-up probe it restarts a pod that still loads its model`,
        ],
      ],
    },
    {
      title: "a deadline that ends with the budget",
      resources: model({ spec: { progressDeadlineSeconds: 60 } }),
      expected: [deadline(60, 60)],
    },
    {
      title: "a budget as long as the default deadline",
      resources: model({ probe: { failureThreshold: 60 } }),
      expected: [deadline(600, 600)],
    },
    {
      title: "a load time that is no number",
      resources: model({ load: "long" }),
      expected: [
        ["mandatory", `spec.template.metadata.annotations["${LOAD}"]: not a number of seconds above 0`],
      ],
    },
    {
      title: "a load time of nothing",
      resources: model({ load: "0" }),
      expected: [
        ["mandatory", `spec.template.metadata.annotations["${LOAD}"]: not a number of seconds above 0`],
      ],
    },
  ],
  unknown: [
    {
      title: "the load time",
      resources: model({ load: UNKNOWN_TEXT }),
      expected: [["advisory", `spec.template.metadata.annotations["${LOAD}"]: ${LATER}`]],
    },
    {
      title: "the probe",
      resources: model({ probe: UNKNOWN_TEXT, more: { livenessProbe: liveness } }),
      expected: ["", ".initialDelaySeconds", ".periodSeconds", ".failureThreshold"].map(
        (field) => ["advisory", `${container}.startupProbe${field}: ${LATER}`] as const,
      ),
    },
    {
      title: "a time of the probe",
      resources: model({ probe: { ...containerProps.startupProbe, periodSeconds: UNKNOWN_TEXT } }),
      expected: [["advisory", `${container}.startupProbe.periodSeconds: ${LATER}`]],
    },
    {
      title: "the deadline",
      resources: model({ spec: { progressDeadlineSeconds: UNKNOWN_TEXT } }),
      expected: [["advisory", `spec.progressDeadlineSeconds: ${LATER}`]],
    },
  ],
};
