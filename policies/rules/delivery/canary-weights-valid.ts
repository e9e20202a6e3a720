// Rule canary-weights-valid: an HTTPRoute says in whole numbers who gets what, and within the environment's step.
import { LABELS } from "../../../components/contract/labels.ts";
import { keyOf, namespaceOf } from "../../kubernetes/objects.ts";
import { candidateShare, ROUTES } from "../../kubernetes/routes.ts";
import { SERVICES } from "../../kubernetes/workloads.ts";
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

/** Largest share in percent of all candidates together; half is no limit, since the stable side is the larger one. */
const STEP_LIMITS: Readonly<Record<string, number>> = { prod: 25 };
const NO_LIMIT = 50;

export const canaryWeightsValid: Rule = {
  name: "canary-weights-valid",
  title:
    "A route's weights are explicit whole numbers, reach existing services and keep a candidate within its step.",
  severity: "high",
  framework: {
    name: "NIST SP 800-53",
    version: "5",
    reference: "CM-3",
    specification:
      "Configuration change control: changes are analysed and staged before they take full effect.",
  },
  tags: ["delivery", "canary", "gateway-api"],
  why: "A missing weight counts as 1, so one forgotten field can send half of the traffic to an untested version; a backend that does not exist answers 500 for its share.",
  fix: "Give every backendRef an integer weight (sum 100 for an endpoint's route), name services of this stack, and stay within `maxCandidatePercent`.",
  url: "https://gateway-api.sigs.k8s.io/guides/traffic-splitting/",
  levels: { default: "mandatory" },
  whenUnknown: "refuse",
  settings: {
    maxCandidatePercent: {
      type: "number",
      description:
        "Largest share of all candidates together, in percent; 25 in prod and no limit elsewhere when left out.",
    },
  },
  types: ROUTES,
  check: ({ props }, context) => {
    const rules = props.at("spec", "rules");
    const isEndpoint = props.at("metadata", "labels", LABELS.endpoint).state !== "absent";
    const judged = rules.items().flatMap((rule) => checkRule(rule, isEndpoint, limitOf(context)));
    return [...unknownAmong([rules]), ...judged];
  },
  checkStack: (subjects) => {
    const services = subjects.filter(({ type }) => SERVICES.test(type));
    const known = new Set(services.map(keyOf));
    return subjects
      .filter(({ type }) => ROUTES.test(type))
      .flatMap((route) => about(route, missingBackends(route, known)));
  },
};

function limitOf({ config, environment }: RuleContext): number {
  return config.at("maxCandidatePercent").number() ?? STEP_LIMITS[environment] ?? NO_LIMIT;
}

function checkRule(rule: Value, isEndpoint: boolean, limit: number): readonly Finding[] {
  const list = rule.at("backendRefs");
  const refs = list.items();
  const weights = refs.map((ref) => ref.at("weight"));
  const unknown = unknownAmong([rule, list, ...refs.filter((ref) => ref.state === "unknown"), ...weights]);
  if (unknown.length > 0) return unknown;
  const faulty = weights.flatMap(checkWeight);
  if (faulty.length > 0 || refs.length === 0) return faulty;
  return checkSplit(
    list,
    weights.map((weight) => weight.number() ?? 0),
    { isEndpoint, limit },
  );
}

function checkWeight(weight: Value): readonly Finding[] {
  if (weight.state === "absent") return [violation(weight, "no weight; it would count as 1")];
  const number = weight.number();
  if (number !== undefined && Number.isInteger(number) && number >= 0 && number <= 1_000_000) return [];
  return [violation(weight, "the weight is not a whole number from 0 to 1,000,000")];
}

function checkSplit(
  list: Value,
  weights: readonly number[],
  { isEndpoint, limit }: { readonly isEndpoint: boolean; readonly limit: number },
): readonly Finding[] {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const share = candidateShare(weights);
  if (share === undefined) return [violation(list, "every weight is 0, so no request is answered")];
  return [
    ...(isEndpoint && sum !== 100 ? [violation(list, `the weights sum to ${sum}, not 100`)] : []),
    ...(share > limit
      ? [
          violation(
            list,
            `the candidates get ${share.toFixed(1)} % of requests, more than the ${limit} % step of this environment`,
          ),
        ]
      : []),
  ];
}

function missingBackends(route: Subject, services: ReadonlySet<string | undefined>): readonly Finding[] {
  const rules = route.props.at("spec", "rules").items();
  return rules
    .flatMap((rule) => rule.at("backendRefs").items())
    .flatMap((ref) => missingBackend(route, ref, services));
}

function missingBackend(
  route: Subject,
  ref: Value,
  services: ReadonlySet<string | undefined>,
): readonly Finding[] {
  const isService =
    (ref.at("kind").text() ?? "Service") === "Service" && (ref.at("group").text() ?? "") === "";
  if (!isService) return [];
  const name = ref.at("name");
  const ownNamespace = ref.at("namespace");
  const namespace = ownNamespace.state === "absent" ? namespaceOf(route) : ownNamespace.text();
  if (name.text() === undefined)
    return name.state === "unknown" ? unknownAmong([name]) : [violation(name, "no service name")];
  if (namespace === undefined || services.has(`${namespace}/${name.text()}`)) return [];
  if (services.has(undefined)) return [{ kind: "unknown", path: name.path }];
  return [violation(name, "no service of that name and namespace in this stack")];
}
