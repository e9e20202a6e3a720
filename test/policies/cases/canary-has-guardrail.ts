// Cases of canary-has-guardrail.
import { LABELS } from "../../../components/contract/labels.ts";
import { metadata, routeProps } from "../fixtures/manifests.ts";
import { HTTP_ROUTE, LATER, type RuleCases, resource, SERVICE, UNKNOWN_TEXT } from "./rule-cases.ts";

const ROLLOUT = "kubernetes:argoproj.io/v1alpha1:Rollout";
const FLAGGER_CANARY = "kubernetes:flagger.app/v1beta1:Canary";

const services = ["stable", "canary"].map((name) =>
  resource(SERVICE, { metadata: metadata(name), spec: { selector: { app: name } } }, { name }),
);
const refsOf = (stable: unknown, canary: unknown) => [
  { name: "stable", weight: stable },
  { name: "canary", weight: canary },
];
const route = (refs: Parameters<typeof routeProps>[0], name = "model") =>
  resource(HTTP_ROUTE, routeProps(refs), { name });
const split = (stable: unknown, canary: unknown) => [route(refsOf(stable, canary)), ...services];
/** A route for everything to the stable version, with its metadata changed as given. */
const named = (more: object, name = "model") => {
  const labels = { ...metadata("chat").labels, [LABELS.endpoint]: "chat" };
  return resource(
    HTTP_ROUTE,
    { metadata: { ...metadata("chat"), labels, ...more }, spec: { rules: [] } },
    { name },
  );
};
const environment = (name: string) => ({
  "canary-has-guardrail": { environment: name },
  "canary-weights-valid": { environment: name },
});
/** A step that canary-weights-valid lets through, so that this rule alone speaks. */
const anyStep = { "canary-weights-valid": { maxCandidatePercent: 50 } };
const exposed = (share: string, limit: number) =>
  `spec.rules[0].backendRefs: ${share} % of requests stay with candidates, more than the ${limit} % of this environment`;
const argo = (plugin: object) =>
  resource(ROLLOUT, {
    metadata: metadata("model"),
    spec: {
      strategy: { canary: { trafficRouting: { plugins: { "argoproj-labs/gatewayAPI": plugin } } } },
    },
  });
const flagger = (spec: object) => resource(FLAGGER_CANARY, { metadata: metadata("model"), spec });
const second = ["mandatory", "metadata.name: a rollout controller sets this route's weights too"] as const;

export const cases: RuleCases = {
  rule: "canary-has-guardrail",
  pass: [
    { title: "95 to 5 in prod", resources: split(95, 5) },
    { title: "exactly the limit of prod", resources: split(90, 10) },
    { title: "everything with one version", resources: split(0, 100) },
    { title: "no weight at all", resources: split(0, 0) },
    { title: "80 to 20 in staging", resources: split(80, 20), config: environment("staging") },
    { title: "half in dev", resources: split(50, 50), config: environment("dev") },
    {
      title: "more, where the limit allows it",
      resources: split(80, 20),
      config: { "canary-has-guardrail": { maxExposedPercent: 20 } },
    },
    {
      title: "endpoints of one name in two namespaces",
      resources: [named({ namespace: "other" }, "second"), ...split(95, 5)],
    },
    {
      title: "a rollout of another route",
      resources: [...split(95, 5), argo({ httpRoute: "other" }), flagger({ targetRef: { name: "other" } })],
    },
  ],
  fail: [
    {
      title: "half in prod",
      resources: split(50, 50),
      config: anyStep,
      expected: [["mandatory", exposed("50.0", 10)]],
    },
    {
      title: "more than the limit of prod",
      resources: split(89, 11),
      expected: [["mandatory", exposed("11.0", 10)]],
    },
    {
      title: "two candidates, together over the limit",
      resources: [route([...refsOf(88, 6), { name: "canary", weight: 6 }]), ...services],
      expected: [["mandatory", exposed("12.0", 10)]],
    },
    {
      title: "more than the limit of staging",
      resources: split(70, 30),
      config: environment("staging"),
      expected: [["mandatory", exposed("30.0", 25)]],
    },
    {
      title: "two routes of one endpoint",
      resources: [route(refsOf(95, 5), "second"), ...split(95, 5)],
      expected: [
        [
          "mandatory",
          'metadata.labels["rampa.dev/endpoint"]: another route of the stack sets this endpoint\'s weights too',
        ],
      ],
    },
    {
      title: "an Argo Rollout of the route",
      resources: [...split(95, 5), argo({ httpRoute: "chat" })],
      expected: [second],
    },
    {
      title: "an Argo Rollout of several routes",
      resources: [...split(95, 5), argo({ httpRoutes: [{ name: "other" }, { name: "chat" }] })],
      expected: [second],
    },
    {
      title: "a Flagger Canary of the route",
      resources: [...split(95, 5), flagger({ targetRef: { name: "model" }, service: { name: "chat" } })],
      expected: [second],
    },
    {
      title: "a Flagger Canary that names its workload only",
      resources: [...split(95, 5), flagger({ targetRef: { name: "chat" } })],
      expected: [second],
    },
  ],
  unknown: [
    {
      title: "a weight",
      resources: split(90, UNKNOWN_TEXT),
      expected: [["advisory", `spec.rules[0].backendRefs[1].weight: ${LATER}`]],
    },
    {
      title: "the rules",
      resources: [resource(HTTP_ROUTE, { ...routeProps([]), spec: { rules: UNKNOWN_TEXT } })],
      expected: [["advisory", `spec.rules: ${LATER}`]],
    },
    {
      title: "of which endpoint it is",
      resources: [named({ labels: UNKNOWN_TEXT })],
      expected: [["advisory", `metadata.labels["rampa.dev/endpoint"]: ${LATER}`]],
    },
    {
      title: "in which namespace it is",
      resources: [named({ namespace: UNKNOWN_TEXT })],
      expected: [["advisory", `metadata.namespace: ${LATER}`]],
    },
    {
      title: "the list of backends",
      resources: [route(UNKNOWN_TEXT)],
      expected: [["advisory", `spec.rules[0].backendRefs: ${LATER}`]],
    },
  ],
};
