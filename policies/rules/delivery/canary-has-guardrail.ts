// Rule canary-has-guardrail: a split that stands still exposes few requests, and one writer sets its weights.
import { LABELS } from "../../../components/contract/labels.ts";
import { keyOf, nameOf, namespaceOf } from "../../kubernetes/objects.ts";
import { candidateShare, ROUTES } from "../../kubernetes/routes.ts";
import {
  about,
  type Finding,
  type Rule,
  type RuleContext,
  type Subject,
  unknownAmong,
  violation,
} from "../../rule.ts";
import type { Value } from "../../value.ts";

const ROLLOUTS = /^kubernetes:argoproj\.io\/[^:]+:Rollout$/;
const FLAGGER_CANARIES = /^kubernetes:flagger\.app\/[^:]+:Canary$/;

/** Largest share in percent of candidates whose weights nothing takes back; half is no limit, the stable side being larger. */
const EXPOSURE_LIMITS: Readonly<Record<string, number>> = { staging: 25, prod: 10 };
const NO_LIMIT = 50;

export const canaryHasGuardrail: Rule = {
  name: "canary-has-guardrail",
  title: "Weights that stand still expose few requests to a candidate, and one writer sets them.",
  severity: "medium",
  framework: {
    name: "Google SRE Workbook",
    version: "2018",
    reference: "Chapter 16",
    specification: "Canarying releases: expose a small part of production to a change for a limited time.",
  },
  tags: ["delivery", "canary", "gateway-api"],
  why: "Weights of a stack stay until the next deployment, however badly the candidate does; with two writers each undoes the other's weights, a rollback included.",
  fix: "Keep all candidates together within `maxExposedPercent`, and let one route, and either the stack or a rollout controller, set an endpoint's weights.",
  url: "https://sre.google/workbook/canarying-releases/",
  levels: { default: "advisory", staging: "mandatory", prod: "mandatory" },
  whenUnknown: "defer",
  settings: {
    maxExposedPercent: {
      type: "number",
      description:
        "Largest share of all candidates together, in percent; 10 in prod, 25 in staging and no limit elsewhere when left out.",
    },
  },
  types: ROUTES,
  check: ({ props }, context) => {
    const rules = props.at("spec", "rules");
    return [
      ...unknownAmong([rules]),
      ...rules.items().flatMap((rule) => checkExposure(rule.at("backendRefs"), limitOf(context))),
    ];
  },
  checkStack: (subjects) => {
    const routes = subjects.filter(({ type }) => ROUTES.test(type));
    return routes.flatMap((route, index) =>
      about(route, [...checkRoutes(route, routes.slice(0, index)), ...checkControllers(route, subjects)]),
    );
  },
};

function limitOf({ config, environment }: RuleContext): number {
  return config.at("maxExposedPercent").number() ?? EXPOSURE_LIMITS[environment] ?? NO_LIMIT;
}

/** A weight that is left out counts as 1, as the Gateway API has it. */
function checkExposure(list: Value, limit: number): readonly Finding[] {
  const weights = list.items().map((ref) => ref.at("weight"));
  const unknown = unknownAmong([list, ...weights]);
  if (unknown.length > 0) return unknown;
  const share = candidateShare(
    weights.map((weight) => (weight.state === "absent" ? 1 : Math.max(0, weight.number() ?? 0))),
  );
  if (share === undefined || share <= limit) return [];
  return [
    violation(
      list,
      `${share.toFixed(1)} % of requests stay with candidates, more than the ${limit} % of this environment`,
    ),
  ];
}

function checkRoutes(route: Subject, earlier: readonly Subject[]): readonly Finding[] {
  const endpoint = endpointOf(route);
  const namespace = namespaceOf(route);
  if (endpoint.text() === undefined || namespace === undefined)
    return unknownAmong([endpoint, route.props.at("metadata", "namespace")]);
  const hasOther = earlier.some(
    (other) => endpointOf(other).text() === endpoint.text() && namespaceOf(other) === namespace,
  );
  return hasOther ? [violation(endpoint, "another route of the stack sets this endpoint's weights too")] : [];
}

function endpointOf({ props }: Subject): Value {
  return props.at("metadata", "labels", LABELS.endpoint);
}

function checkControllers(route: Subject, subjects: readonly Subject[]): readonly Finding[] {
  const key = keyOf(route);
  const isWritten =
    key !== undefined &&
    subjects.some((each) => writtenBy(each).some((name) => `${namespaceOf(each)}/${name}` === key));
  return isWritten ? [violation(nameOf(route), "a rollout controller sets this route's weights too")] : [];
}

/** Names of the routes in the object's namespace whose weights it makes its controller write. */
function writtenBy({ type, props }: Subject): readonly (string | undefined)[] {
  if (ROLLOUTS.test(type)) {
    const plugin = props.at(
      "spec",
      "strategy",
      "canary",
      "trafficRouting",
      "plugins",
      "argoproj-labs/gatewayAPI",
    );
    const listed = plugin.at("httpRoutes").items();
    return [plugin.at("httpRoute").text(), ...listed.map((each) => each.at("name").text())];
  }
  if (!FLAGGER_CANARIES.test(type)) return [];
  return [props.at("spec", "service", "name").text() ?? props.at("spec", "targetRef", "name").text()];
}
