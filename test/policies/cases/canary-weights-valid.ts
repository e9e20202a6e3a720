// Cases of canary-weights-valid.
import { metadata, routeProps } from "../fixtures/manifests.ts";
import { HTTP_ROUTE, type RuleCases, resource, SERVICE, TOO_LATE, UNKNOWN_TEXT } from "./rule-cases.ts";

const services = ["stable", "canary"].map((name) =>
  resource(SERVICE, { metadata: metadata(name), spec: { selector: { app: name } } }, { name }),
);
const route = (refs: Parameters<typeof routeProps>[0]) => [
  resource(HTTP_ROUTE, routeProps(refs)),
  ...services,
];
/** A route that is no endpoint's, so that its weights need no sum. */
const plain = (refs: object[]) => [
  resource(HTTP_ROUTE, { metadata: metadata("plain"), spec: { rules: [{ backendRefs: refs }] } }),
  ...services,
];
const split = (stable: unknown, canary: unknown) =>
  route([
    { name: "stable", weight: stable },
    { name: "canary", weight: canary },
  ]);
const refs = "spec.rules[0].backendRefs";

export const cases: RuleCases = {
  rule: "canary-weights-valid",
  pass: [
    { title: "90 to 10", resources: split(90, 10) },
    { title: "exactly the step of prod", resources: split(75, 25) },
    { title: "everything on one side", resources: split(0, 100) },
    { title: "no backends at all", resources: route([]) },
    {
      title: "the largest weight that the API takes",
      resources: plain([{ name: "stable", weight: 1_000_000 }]),
    },
    {
      title: "a Service by its kind and group",
      resources: route([{ kind: "Service", group: "", name: "stable", weight: 100 }]),
    },
    {
      title: "a kind of another group that is called Service",
      resources: route([{ kind: "Service", group: "net.example.com", name: "p", weight: 100 }]),
    },
    {
      title: "a kind of the core group that is no Service",
      resources: route([{ kind: "ServiceImport", name: "p", weight: 100 }]),
    },
    {
      title: "any split outside of production",
      resources: split(51, 49),
      config: {
        "canary-weights-valid": { environment: "dev" },
        "canary-has-guardrail": { environment: "dev" },
      },
    },
    {
      title: "half, where the limit allows it",
      resources: split(50, 50),
      config: { "canary-weights-valid": { maxCandidatePercent: 50 } },
    },
    {
      title: "a backend that is no Service",
      resources: route([
        { kind: "InferencePool", group: "inference.networking.k8s.io", name: "p", weight: 100 },
      ]),
    },
  ],
  fail: [
    {
      title: "a sum of 90",
      resources: split(85, 5),
      expected: [["mandatory", `${refs}: the weights sum to 90, not 100`]],
    },
    {
      title: "a missing weight",
      resources: split(90, undefined),
      expected: [["mandatory", `${refs}[1].weight: no weight; it would count as 1`]],
    },
    {
      title: "a broken and a negative weight",
      resources: split(90.5, -1),
      expected: [
        ["mandatory", `${refs}[0].weight: the weight is not a whole number from 0 to 1,000,000`],
        ["mandatory", `${refs}[1].weight: the weight is not a whole number from 0 to 1,000,000`],
      ],
    },
    {
      title: "weights that are texts",
      resources: split("90", 10),
      expected: [["mandatory", `${refs}[0].weight: the weight is not a whole number from 0 to 1,000,000`]],
    },
    {
      title: "a weight above what the API takes",
      resources: plain([{ name: "stable", weight: 1_000_001 }]),
      expected: [["mandatory", `${refs}[0].weight: the weight is not a whole number from 0 to 1,000,000`]],
    },
    {
      title: "a Service without a name",
      resources: route([{ weight: 100 }]),
      expected: [["mandatory", `${refs}[0].name: no service name`]],
    },
    {
      title: "only zeros",
      resources: split(0, 0),
      expected: [["mandatory", `${refs}: every weight is 0, so no request is answered`]],
    },
    {
      title: "a larger step than prod takes",
      resources: split(74, 26),
      config: { "canary-has-guardrail": { maxExposedPercent: 50 } },
      expected: [
        [
          "mandatory",
          `${refs}: the candidates get 26.0 % of requests, more than the 25 % step of this environment`,
        ],
      ],
    },
    {
      title: "a service that the stack does not have",
      resources: route([{ name: "gone", weight: 100 }]),
      expected: [["mandatory", `${refs}[0].name: no service of that name and namespace in this stack`]],
    },
    {
      title: "a service of another namespace",
      resources: route([{ name: "stable", namespace: "other", weight: 100 }]),
      expected: [["mandatory", `${refs}[0].name: no service of that name and namespace in this stack`]],
    },
  ],
  unknown: [
    {
      title: "a weight",
      resources: split(90, UNKNOWN_TEXT),
      expected: [["mandatory", `${refs}[1].weight: ${TOO_LATE}`]],
    },
    {
      title: "the rules",
      resources: [resource(HTTP_ROUTE, { ...routeProps([]), spec: { rules: UNKNOWN_TEXT } })],
      expected: [["mandatory", `spec.rules: ${TOO_LATE}`]],
    },
    {
      title: "a backend",
      resources: route([UNKNOWN_TEXT as never, { name: "stable", weight: 100 }]),
      expected: [
        ["mandatory", `${refs}[0]: ${TOO_LATE}`],
        ["mandatory", `${refs}[0].weight: ${TOO_LATE}`],
        ["mandatory", `${refs}[0].name: ${TOO_LATE}`],
      ],
    },
    {
      title: "the name of a service",
      resources: [
        ...route([{ name: "gone", weight: 100 }]),
        resource(SERVICE, { metadata: { ...metadata("x"), name: UNKNOWN_TEXT } }, { name: "x" }),
      ],
      expected: [["mandatory", `${refs}[0].name: ${TOO_LATE}`]],
    },
    {
      title: "the list of backends",
      resources: route(UNKNOWN_TEXT),
      expected: [["mandatory", `${refs}: ${TOO_LATE}`]],
    },
    {
      title: "a backend's name",
      resources: route([{ name: UNKNOWN_TEXT, weight: 100 }]),
      expected: [["mandatory", `${refs}[0].name: ${TOO_LATE}`]],
    },
  ],
};
