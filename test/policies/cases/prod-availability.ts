// Cases of prod-availability.
import {
  budgetProps,
  containerProps,
  deploymentProps,
  metadata,
  serviceProps,
} from "../fixtures/manifests.ts";
import { BUDGET, DEPLOYMENT, LATER, type RuleCases, resource, SERVICE, UNKNOWN_TEXT } from "./rule-cases.ts";

const service = resource(SERVICE, serviceProps);
const budget = resource(BUDGET, budgetProps);
const served = (...parts: Parameters<typeof deploymentProps>) => [
  resource(DEPLOYMENT, deploymentProps(...parts)),
  service,
  budget,
];
const scaler = (type: string, spec: object) =>
  resource(type, {
    metadata: metadata("model"),
    spec: { scaleTargetRef: { kind: "Deployment", name: "model" }, ...spec },
  });
const pod = "spec.template.spec";
const replicas = "spec.replicas: fewer than 2 replicas at the least";

export const cases: RuleCases = {
  rule: "prod-availability",
  pass: [
    { title: "two copies, a budget, spread, probes, priority", resources: served() },
    {
      title: "an autoscaler's minimum of two",
      resources: [
        ...served({}, {}, { replicas: undefined }),
        scaler("kubernetes:autoscaling/v2:HorizontalPodAutoscaler", { minReplicas: 2 }),
      ],
    },
    {
      title: "KEDA's minimum of two",
      resources: [
        ...served({}, {}, { replicas: undefined }),
        scaler("kubernetes:keda.sh/v1alpha1:ScaledObject", { minReplicaCount: 2 }),
      ],
    },
    {
      title: "no Service in front",
      resources: [resource(DEPLOYMENT, deploymentProps({}, {}, { replicas: 1 }))],
    },
    { title: "a version scaled to nothing", resources: served({}, {}, { replicas: 0 }) },
    {
      title: "a single copy outside production",
      resources: served({}, {}, { replicas: 1 }),
      config: { "prod-availability": { environment: "dev" } },
    },
  ],
  fail: [
    {
      title: "a single copy",
      resources: served({}, {}, { replicas: 1 }),
      expected: [["mandatory", replicas]],
    },
    {
      title: "a single copy in staging",
      resources: served({}, {}, { replicas: 1 }),
      config: { "prod-availability": { environment: "staging" } },
      expected: [["advisory", replicas]],
    },
    {
      title: "an autoscaler that goes down to one",
      resources: [
        ...served(),
        scaler("kubernetes:autoscaling/v2:HorizontalPodAutoscaler", { minReplicas: 1 }),
      ],
      expected: [["mandatory", "spec.minReplicas: fewer than 2 replicas at the least"]],
    },
    {
      title: "no budget",
      resources: [resource(DEPLOYMENT, deploymentProps()), service],
      expected: [["mandatory", `spec.template.metadata.labels: no PodDisruptionBudget selects these pods`]],
    },
    {
      title: "no spread over zones",
      resources: served(
        {},
        {
          topologySpreadConstraints: [
            { topologyKey: "kubernetes.io/hostname", whenUnsatisfiable: "DoNotSchedule" },
          ],
        },
      ),
      expected: [["mandatory", `${pod}.topologySpreadConstraints: not spread over zones`]],
    },
    {
      title: "no probes",
      resources: served({ readinessProbe: undefined, startupProbe: undefined }),
      expected: [
        ["mandatory", `${pod}.containers[0].readinessProbe: no readiness probe`],
        ["mandatory", `${pod}.containers[0].startupProbe: no start-up probe`],
      ],
    },
    {
      title: "no start-up budget",
      resources: served({ startupProbe: { ...containerProps.startupProbe, failureThreshold: undefined } }),
      expected: [
        [
          "mandatory",
          `${pod}.containers[0].startupProbe.failureThreshold: no start-up budget: the default is 3 periods`,
        ],
      ],
    },
    {
      title: "no priority",
      resources: served({}, { priorityClassName: undefined }),
      expected: [["mandatory", `${pod}.priorityClassName: no priority class`]],
    },
  ],
  unknown: [
    {
      title: "the number of copies",
      resources: served({}, {}, { replicas: UNKNOWN_TEXT }),
      expected: [["advisory", `spec.replicas: ${LATER}`]],
    },
    {
      title: "the priority class",
      resources: served({}, { priorityClassName: UNKNOWN_TEXT }),
      expected: [["advisory", `${pod}.priorityClassName: ${LATER}`]],
    },
  ],
};
