// Cases of redundant-for-rto.
import {
  CACHE,
  CLUSTER_INSTANCE,
  cacheProps,
  clusterInstanceProps,
  DATABASE,
  DATABASE_CLUSTER,
  databaseClusterProps,
  databaseProps,
} from "../fixtures/aws.ts";
import { budgetProps, deploymentProps, metadata, serviceProps } from "../fixtures/manifests.ts";
import { BUDGET, DEPLOYMENT, LATER, type RuleCases, resource, SERVICE, UNKNOWN_TEXT } from "./rule-cases.ts";

const ZONE = "topology.kubernetes.io/zone";
const HOST = "kubernetes.io/hostname";

type Change = {
  readonly spread?: unknown;
  readonly spec?: object;
  readonly budget?: object;
  readonly type?: string;
};
function served({ spread, spec = {}, budget = budgetProps.spec, type = DEPLOYMENT }: Change) {
  const pod = spread === undefined ? {} : { topologySpreadConstraints: spread };
  return [
    resource(type, deploymentProps({}, pod, spec)),
    resource(SERVICE, serviceProps),
    resource(BUDGET, { ...budgetProps, spec: { selector: budgetProps.spec.selector, ...budget } }),
  ];
}
const constraint = (topologyKey: unknown, whenUnsatisfiable: unknown = "DoNotSchedule") => ({
  maxSkew: 1,
  topologyKey,
  whenUnsatisfiable,
});
const rolling = (maxUnavailable: unknown) => ({
  strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable } },
});
const scaled = resource("kubernetes:autoscaling/v2:HorizontalPodAutoscaler", {
  metadata: metadata("model"),
  spec: { scaleTargetRef: { kind: "Deployment", name: "model" }, minReplicas: 4 },
});
const cluster = (names: readonly (string | undefined)[], of: unknown = "control") => [
  resource(DATABASE_CLUSTER, { ...databaseClusterProps, clusterIdentifier: of }),
  ...names.map((clusterIdentifier, index) =>
    resource(CLUSTER_INSTANCE, { ...clusterInstanceProps, clusterIdentifier }, { name: `i-${index}` }),
  ),
];
const database = (props: object) => [resource(DATABASE, { ...databaseProps, ...props })];
const cache = (props: object) => [resource(CACHE, { ...cacheProps, ...props })];

const spread = "spec.template.spec.topologySpreadConstraints";
const oneNode = ["mandatory", `${spread}: all copies may run on one node`] as const;
const update = "spec.strategy.rollingUpdate.maxUnavailable";
const updated = ["mandatory", `${update}: an update may stop every copy at once`] as const;
const evicted = (field: string) =>
  ["mandatory", `spec.${field}: an eviction may take every copy at once`] as const;
const alone = ["mandatory", "fewer than 2 instances, so none takes over"] as const;

export const cases: RuleCases = {
  rule: "redundant-for-rto",
  pass: [
    { title: "copies kept apart by zone", resources: served({}) },
    {
      title: "copies kept apart by node",
      resources: served({ spread: [constraint(ZONE, "ScheduleAnyway"), constraint(HOST)] }),
    },
    { title: "an update that stops one of two", resources: served({ spec: rolling(1) }) },
    { title: "an update by share", resources: served({ spec: rolling("50%") }) },
    { title: "a budget that keeps one", resources: served({ budget: { minAvailable: 1 } }) },
    { title: "a budget that keeps half", resources: served({ budget: { minAvailable: "50%" } }) },
    {
      title: "an update that stops two of an autoscaler's four",
      resources: [...served({ spec: { ...rolling(2), replicas: undefined } }), scaled],
    },
    {
      title: "what keeps none of a single copy, which is for others to judge",
      resources: served({ spec: { replicas: 1, ...rolling(1) } }),
    },
    {
      title: "another workload's budget",
      resources: served({ budget: { maxUnavailable: "100%", selector: { matchLabels: { app: "other" } } } }),
    },
    {
      title: "a StatefulSet, which updates one at a time",
      resources: served({ type: "kubernetes:apps/v1:StatefulSet", spec: { strategy: { type: "Recreate" } } }),
    },
    { title: "a database with a standby", resources: database({}) },
    {
      title: "a replica of another database",
      resources: database({ multiAz: undefined, replicateSourceDb: "control" }),
    },
    { title: "a cluster with two instances", resources: cluster(["control", "control"]) },
    { title: "a cluster whose name only AWS will tell", resources: cluster([undefined, "x"], null) },
    { title: "instances whose cluster only AWS will tell", resources: cluster([UNKNOWN_TEXT, UNKNOWN_TEXT]) },
    { title: "a cache that fails over between zones", resources: cache({}) },
    {
      title: "a single database outside production",
      resources: database({ multiAz: false }),
      config: { "redundant-for-rto": { environment: "dev" } },
    },
  ],
  fail: [
    {
      title: "a preference instead of a rule",
      resources: served({ spread: [constraint(ZONE, "ScheduleAnyway")] }),
      expected: [oneNode],
    },
    {
      title: "a rule over racks",
      resources: served({ spread: [constraint(ZONE, "ScheduleAnyway"), constraint("example.com/rack")] }),
      expected: [oneNode],
    },
    {
      title: "an update that recreates",
      resources: served({ spec: { strategy: { type: "Recreate" } } }),
      expected: [["mandatory", "spec.strategy.type: an update stops every copy"]],
    },
    { title: "an update that stops both", resources: served({ spec: rolling(2) }), expected: [updated] },
    { title: "an update that stops all", resources: served({ spec: rolling("100%") }), expected: [updated] },
    {
      title: "a budget that lets both go",
      resources: served({ budget: { maxUnavailable: 2 } }),
      expected: [evicted("maxUnavailable")],
    },
    {
      title: "a budget that lets all go",
      resources: served({ budget: { maxUnavailable: "100%" } }),
      expected: [evicted("maxUnavailable")],
    },
    {
      title: "a budget that keeps none",
      resources: served({ budget: { minAvailable: 0 } }),
      expected: [evicted("minAvailable")],
    },
    {
      title: "a budget that keeps no share",
      resources: served({ budget: { minAvailable: "0%" } }),
      expected: [evicted("minAvailable")],
    },
    {
      title: "a single database",
      resources: database({ multiAz: undefined }),
      expected: [["mandatory", "multiAz: no standby in another zone"]],
    },
    { title: "a cluster with one instance", resources: cluster(["control"]), expected: [alone] },
    {
      title: "a cluster beside another's instances",
      resources: cluster(["control", "other", "other"]),
      expected: [alone],
    },
    {
      title: "a cache without a standby",
      resources: cache({ automaticFailoverEnabled: false }),
      expected: [["mandatory", "automaticFailoverEnabled: no replica takes over by itself"]],
    },
    {
      title: "a cache in one zone",
      resources: cache({ multiAzEnabled: undefined }),
      expected: [["mandatory", "multiAzEnabled: the replicas may share a zone"]],
    },
  ],
  unknown: [
    {
      title: "the constraints",
      resources: served({ spread: UNKNOWN_TEXT }),
      expected: [["advisory", `${spread}: ${LATER}`]],
    },
    {
      title: "a constraint's mode",
      resources: served({ spread: [constraint(ZONE, UNKNOWN_TEXT)] }),
      expected: [["advisory", `${spread}[0].whenUnsatisfiable: ${LATER}`]],
    },
    {
      title: "the update",
      resources: served({ spec: rolling(UNKNOWN_TEXT) }),
      expected: [["advisory", `${update}: ${LATER}`]],
    },
    {
      title: "the budget",
      resources: served({ budget: { maxUnavailable: UNKNOWN_TEXT } }),
      expected: [["advisory", `spec.maxUnavailable: ${LATER}`]],
    },
    {
      title: "the standby",
      resources: database({ multiAz: UNKNOWN_TEXT }),
      expected: [["advisory", `multiAz: ${LATER}`]],
    },
  ],
};
