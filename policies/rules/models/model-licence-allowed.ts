// Rule model-licence-allowed: weights run only under licences that somebody has read and accepted.
import { ANNOTATIONS } from "../../../components/contract/annotations.ts";
import { isModelVersion } from "../../kubernetes/models.ts";
import { podOf } from "../../kubernetes/pods.ts";
import { WORKLOADS } from "../../kubernetes/workloads.ts";
import { type Finding, type Rule, type RuleContext, unknownAmong, violation } from "../../rule.ts";
import type { Value } from "../../value.ts";

/** Allow any use; SPDX identifiers, in lower case. */
const FREE = ["apache-2.0", "mit", "bsd-2-clause", "bsd-3-clause", "isc", "cc0-1.0", "cc-by-4.0"] as const;
/** Publishers' own terms with restrictions of use: for trials, until somebody has accepted them for production. */
const TRIAL = [
  "gemma",
  "llama3",
  "llama3.1",
  "llama3.2",
  "llama3.3",
  "llama4",
  "openrail",
  "bigscience-openrail-m",
] as const;
const PERMANENT: ReadonlySet<string> = new Set(["staging", "prod"]);

export const modelLicenceAllowed: Rule = {
  name: "model-licence-allowed",
  title: "A model version's stated licence is one that its environment allows.",
  severity: "high",
  framework: {
    name: "EU AI Act",
    version: "2024/1689",
    reference: "Art. 53(1)",
    specification: "The origin and the terms of a general-purpose model are known to who builds on it.",
  },
  tags: ["models", "compliance"],
  why: "Weights come with terms: research only, limits on users or uses, duties to name the origin. Found out after the launch, they end a product.",
  fix: `Serve a version under a licence of \`licences\`, or have its terms accepted and add it there; the version states it in the annotation ${ANNOTATIONS.modelLicence}.`,
  url: "https://spdx.org/licenses/",
  levels: { default: "mandatory" },
  whenUnknown: "defer",
  settings: {
    licences: {
      type: "array",
      items: { type: "string" },
      description: `The only licences allowed; ${FREE.join(", ")} when left out, outside of staging and prod also community licences of publishers.`,
    },
  },
  types: WORKLOADS,
  check: (subject, context) =>
    isModelVersion(subject)
      ? checkLicence(podOf(subject).metadata.at("annotations", ANNOTATIONS.modelLicence), context)
      : [],
};

/** Whether a licence has to be stated is for model-card-and-approval to say. */
function checkLicence(licence: Value, context: RuleContext): readonly Finding[] {
  if (licence.state !== "known") return unknownAmong([licence]);
  const isAllowed = allowedIn(context).includes(licence.text()?.toLowerCase() ?? "");
  return isAllowed ? [] : [violation(licence, "not a licence that this environment allows")];
}

function allowedIn({ config, environment }: RuleContext): readonly string[] {
  const configured = config.at("licences");
  if (configured.state !== "absent")
    return configured.items().map((each) => each.text()?.toLowerCase() ?? "");
  return PERMANENT.has(environment) ? FREE : [...FREE, ...TRIAL];
}
