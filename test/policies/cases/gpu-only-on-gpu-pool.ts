// Cases of gpu-only-on-gpu-pool.
import { launchTemplateProps } from "../fixtures/aws.ts";
import { claimed, claimTemplateProps, containerProps, deploymentProps } from "../fixtures/manifests.ts";
import { nodeGroupProps, nodePoolProps, systemGroupProps } from "../fixtures/pools.ts";
import {
  CLAIM_TEMPLATE,
  DAEMON_SET,
  DEPLOYMENT,
  LATER,
  LAUNCH_TEMPLATE,
  NODE_GROUP,
  NODE_POOL,
  type RuleCases,
  resource,
  UNKNOWN_TEXT,
} from "./rule-cases.ts";

const GPU = "nvidia.com/gpu";
const template = resource(CLAIM_TEMPLATE, claimTemplateProps);
const user = { resources: { claims: [{ name: "gpu" }] } };
const claimLabels = { ...nodeGroupProps.labels, "rampa.dev/gpu-allocation": "dra" };
const gpu = { resources: { limits: { [GPU]: 1 } } };
const tolerations = [{ key: GPU, operator: "Exists", effect: "NoSchedule" }];
const placed = { tolerations, nodeSelector: { "rampa.dev/gpu": "l4" } };
const pod = (container: object, spec: object) => resource(DEPLOYMENT, deploymentProps(container, spec));
const withGpu = (spec: object = placed) => pod(gpu, spec);
const tolerating = (toleration: object) => [pod({}, { tolerations: [toleration] })];
const group = (props: object = {}) => resource(NODE_GROUP, { ...nodeGroupProps, ...props });
const path = "spec.template.spec";
const stranger = [
  "mandatory",
  `${path}.tolerations[0]: tolerates the taint of GPU nodes without asking for a GPU`,
] as const;
const untainted = (at: string) => ["mandatory", `${at}: GPU nodes without the taint nvidia.com/gpu`] as const;
const elsewhere = [
  "mandatory",
  `${path}.nodeSelector: selects no GPU pool of this stack whose taints it tolerates`,
] as const;

export const cases: RuleCases = {
  rule: "gpu-only-on-gpu-pool",
  pass: [
    { title: "a pod with a GPU that fits a node group", resources: [withGpu(), group()] },
    {
      title: "a pod with a GPU that fits a NodePool",
      resources: [withGpu(), resource(NODE_POOL, nodePoolProps())],
    },
    {
      title: "a pod that names the value of the taint",
      resources: [withGpu({ ...placed, tolerations: [{ key: GPU, value: "true" }] }), group()],
    },
    {
      title: "a pod that chooses by labels of the cloud",
      resources: [
        withGpu({ tolerations, nodeSelector: { "node.kubernetes.io/instance-type": "g6.xlarge" } }),
        group(),
      ],
    },
    {
      title: "a pod that claims its GPU",
      resources: [pod(user, { ...placed, ...claimed }), template, group({ labels: claimLabels })],
    },
    {
      title: "a pod that claims what another stack describes",
      resources: [pod(user, { ...placed, ...claimed }), group()],
    },
    {
      title: "a taint and a toleration without a value",
      resources: [
        withGpu({ ...placed, tolerations: [{ key: GPU }] }),
        group({ taints: [{ key: GPU, effect: "NO_SCHEDULE" }] }),
      ],
    },
    { title: "a pod with a GPU where the pools are in another stack", resources: [withGpu()] },
    {
      title: "a pod with a GPU where only its pool is in another stack",
      resources: [withGpu(), resource(NODE_GROUP, systemGroupProps)],
    },
    {
      title: "a pod whose sidecar has no GPU",
      resources: [
        withGpu({ ...placed, containers: [{ ...containerProps, ...gpu }, containerProps] }),
        group(),
      ],
    },
    {
      title: "a pod that fits one of two GPU pools",
      resources: [
        withGpu(),
        group(),
        resource(NODE_GROUP, { ...nodeGroupProps, labels: { "rampa.dev/gpu": "h100" } }, { name: "large" }),
      ],
    },
    { title: "a pod without a GPU beside a GPU pool", resources: [pod({}, {}), group()] },
    {
      title: "an agent of every node",
      resources: [resource(DAEMON_SET, deploymentProps({}, { tolerations }))],
    },
    {
      title: "a pod without a GPU that tolerates another taint",
      resources: tolerating({ key: "spot", operator: "Exists" }),
    },
    {
      title: "a pod that stays when nodes are drained",
      resources: tolerating({ operator: "Exists", effect: "NoExecute" }),
    },
    { title: "a pool without GPUs and taint", resources: [resource(NODE_GROUP, systemGroupProps)] },
  ],
  fail: [
    {
      title: "a pod without a GPU that tolerates the taint",
      resources: tolerating({ key: GPU, operator: "Exists" }),
      expected: [stranger],
    },
    {
      title: "a pod without a GPU that tolerates every taint",
      resources: tolerating({ operator: "Exists" }),
      expected: [stranger],
    },
    {
      title: "a node group with GPUs and no taint",
      resources: [group({ taints: undefined })],
      expected: [untainted("taints")],
    },
    {
      title: "a node group known by its image",
      resources: [
        group({ instanceTypes: undefined, taints: [], launchTemplate: { name: "gpu" } }),
        resource(LAUNCH_TEMPLATE, { ...launchTemplateProps, name: "gpu", instanceType: "g6.xlarge" }),
      ],
      expected: [untainted("taints")],
    },
    {
      title: "a taint that only discourages",
      resources: [group({ taints: [{ key: GPU, effect: "PREFER_NO_SCHEDULE" }] })],
      expected: [untainted("taints")],
    },
    {
      title: "a NodePool with GPUs and no taint",
      resources: [
        resource(NODE_POOL, nodePoolProps({}, { taints: [{ key: "spot", effect: "NoSchedule" }] })),
      ],
      expected: [untainted(`${path}.taints`)],
    },
    {
      title: "a NodePool that asks for GPUs by attribute",
      resources: [
        resource(
          NODE_POOL,
          nodePoolProps(
            { limits: {} },
            {
              taints: [],
              requirements: [{ key: "karpenter.k8s.aws/instance-gpu-name", operator: "In", values: ["l4"] }],
            },
          ),
        ),
      ],
      also: ["gpu-instance-allowlist", "gpu-budget-ceiling", "nodepool-disruption-budget"],
      expected: [untainted(`${path}.taints`)],
    },
    {
      title: "a counted GPU on a pool of claims",
      resources: [withGpu(), group({ labels: claimLabels })],
      expected: [["mandatory", `${path}.nodeSelector: counts GPUs on a pool whose GPUs are claimed`]],
    },
    {
      title: "a claimed GPU on a pool that counts",
      resources: [pod(user, { ...placed, ...claimed }), template, group()],
      expected: [["mandatory", `${path}.nodeSelector: claims GPUs on a pool whose GPUs are counted`]],
    },
    {
      title: "a pod with a GPU that no pool's taints let in",
      resources: [
        withGpu({ ...placed, tolerations: [{ operator: "Exists", effect: "NoExecute" }] }),
        group(),
      ],
      expected: [["mandatory", `${path}.tolerations: tolerates no GPU pool of this stack`]],
    },
    {
      title: "a pod that tolerates one of two taints",
      resources: [
        withGpu(),
        group({ taints: [...nodeGroupProps.taints, { key: "team", value: "a", effect: "NO_EXECUTE" }] }),
      ],
      expected: [["mandatory", `${path}.tolerations: tolerates no GPU pool of this stack`]],
    },
    {
      title: "a pod with a GPU that selects another label",
      resources: [
        withGpu({
          tolerations,
          nodeSelector: { "rampa.dev/gpu": "h100", "node.kubernetes.io/instance-type": "g6.xlarge" },
        }),
        group(),
      ],
      expected: [elsewhere],
    },
    {
      title: "a pod with a GPU that selects a label which no pool has",
      resources: [
        withGpu({ tolerations, nodeSelector: { team: "a" } }),
        resource(NODE_POOL, nodePoolProps()),
      ],
      expected: [elsewhere],
    },
  ],
  unknown: [
    {
      title: "the tolerations of a pod without a GPU",
      resources: [pod({}, { tolerations: UNKNOWN_TEXT })],
      expected: [["advisory", `${path}.tolerations: ${LATER}`]],
    },
    {
      title: "what a tolerating pod asks for",
      resources: [pod({ resources: { limits: UNKNOWN_TEXT } }, { tolerations })],
      expected: [["advisory", `${path}.containers[0].resources.limits: ${LATER}`]],
    },
    {
      title: "the taints of a GPU pool",
      resources: [group({ taints: UNKNOWN_TEXT })],
      expected: [["advisory", `taints: ${LATER}`]],
    },
    {
      title: "whether a pool has GPUs",
      resources: [resource(NODE_GROUP, { ...systemGroupProps, instanceTypes: UNKNOWN_TEXT })],
      expected: [["advisory", `instanceTypes: ${LATER}`]],
    },
    {
      title: "what a pod with a GPU selects",
      resources: [withGpu({ tolerations, nodeSelector: { "rampa.dev/gpu": UNKNOWN_TEXT } }), group()],
      expected: [["advisory", `${path}.nodeSelector["rampa.dev/gpu"]: ${LATER}`]],
    },
  ],
};
