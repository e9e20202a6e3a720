// Cases of gpu-requests-equal-limits.
import { claimed, claimTemplateProps, deploymentProps } from "../fixtures/manifests.ts";
import { CLAIM_TEMPLATE, DEPLOYMENT, LATER, type RuleCases, resource, UNKNOWN_TEXT } from "./rule-cases.ts";

const GPU = "nvidia.com/gpu";
const tolerations = [{ key: GPU, operator: "Exists", effect: "NoSchedule" }];
const placed = { tolerations, nodeSelector: { "rampa.dev/gpu": "l4" } };
const gpus = (limit: unknown, request: unknown = limit, pod: object = placed) => [
  resource(
    DEPLOYMENT,
    deploymentProps({ resources: { limits: { [GPU]: limit }, requests: { [GPU]: request } } }, pod),
  ),
];
const template = resource(CLAIM_TEMPLATE, claimTemplateProps);
const claims = (used: unknown, pod: object = {}, amounts: object = {}) => [
  resource(DEPLOYMENT, deploymentProps({ resources: { ...amounts, claims: used } }, { ...claimed, ...pod })),
];
const resources = "spec.template.spec.containers[0].resources";
const limits = `${resources}.limits["nvidia.com/gpu"]`;

export const cases: RuleCases = {
  rule: "gpu-requests-equal-limits",
  pass: [
    { title: "one GPU as a number", resources: gpus(1) },
    { title: "two GPUs as a text", resources: gpus("2") },
    { title: "a limit alone, which is the request too", resources: gpus(1, undefined) },
    { title: "a claimed GPU", resources: [...claims([{ name: "gpu" }], { tolerations }), template] },
    { title: "a claim of what another stack has", resources: claims([{ name: "gpu" }]) },
    { title: "no GPU", resources: [resource(DEPLOYMENT, deploymentProps())] },
    {
      title: "a toleration of every taint",
      resources: gpus(1, 1, { ...placed, tolerations: [{ operator: "Exists" }] }),
    },
  ],
  fail: [
    {
      title: "a request that differs",
      resources: gpus(2, 1),
      expected: [
        ["mandatory", `${resources}.requests["nvidia.com/gpu"]: the request differs from the limit`],
      ],
    },
    {
      title: "half a GPU",
      resources: gpus("500m"),
      expected: [["mandatory", `${limits}: not a whole number of at least 1`]],
    },
    {
      title: "a request without a limit",
      resources: gpus(undefined, 1),
      expected: [["mandatory", `${limits}: a GPU request without a limit`]],
    },
    {
      title: "a claim that the pod does not have",
      resources: claims([{ name: "gpu" }, { name: "other" }]),
      expected: [["mandatory", `${resources}.claims[1].name: a claim that the pod does not have`]],
    },
    {
      title: "a claim that no container uses",
      resources: claims(undefined),
      expected: [["mandatory", "spec.template.spec.resourceClaims[0].name: a claim that no container uses"]],
    },
    {
      title: "a claimed GPU on nodes whose taint keeps the pod away",
      resources: [...claims([{ name: "gpu" }]), template],
      expected: [["mandatory", "spec.template.spec.tolerations: no toleration of the taint nvidia.com/gpu"]],
    },
    {
      title: "GPUs both counted and claimed",
      resources: [...claims([{ name: "gpu" }], placed, { limits: { [GPU]: 1 } }), template],
      expected: [["mandatory", "spec.template.spec.resourceClaims: GPUs both counted and claimed"]],
    },
    {
      title: "no placement",
      resources: gpus(1, 1, {}),
      expected: [
        ["mandatory", "spec.template.spec.tolerations: no toleration of the taint nvidia.com/gpu"],
        [
          "mandatory",
          "spec.template.spec.nodeSelector: no node selector, required node affinity or resource claim",
        ],
      ],
    },
  ],
  unknown: [
    {
      title: "which claims a container refers to",
      resources: claims(UNKNOWN_TEXT),
      expected: [["advisory", `${resources}.claims: ${LATER}`]],
    },
    {
      title: "the amount",
      resources: gpus(UNKNOWN_TEXT),
      expected: [
        ["advisory", `${resources}.requests["nvidia.com/gpu"]: ${LATER}`],
        ["advisory", `${limits}: ${LATER}`],
      ],
    },
    {
      title: "the resources of a container",
      resources: [resource(DEPLOYMENT, deploymentProps({ resources: UNKNOWN_TEXT }))],
      expected: [["advisory", `${resources}: ${LATER}`]],
    },
    {
      title: "the tolerations",
      resources: gpus(1, 1, { ...placed, tolerations: UNKNOWN_TEXT }),
      expected: [["advisory", `spec.template.spec.tolerations: ${LATER}`]],
    },
  ],
};
