// Rule model-card-and-approval: a version in production says what it is, under which terms, and who let it in.
import { ANNOTATIONS } from "../../../components/contract/annotations.ts";
import { daysSince } from "../../days.ts";
import { isModelVersion } from "../../kubernetes/models.ts";
import { podOf } from "../../kubernetes/pods.ts";
import { WORKLOADS } from "../../kubernetes/workloads.ts";
import { mustBe } from "../../must-be.ts";
import type { Finding, Rule, RuleContext } from "../../rule.ts";
import type { Value } from "../../value.ts";

const CARD = /^(https|oci|s3):\/\/\S+$/;

export const modelCardAndApproval: Rule = {
  name: "model-card-and-approval",
  title: "A model version in production names its card, its licence, and who approved it when.",
  severity: "high",
  framework: {
    name: "EU AI Act",
    version: "2024/1689",
    reference: "Art. 11, 14",
    specification:
      "Technical documentation is drawn up before a system is put into service, and people oversee it.",
  },
  tags: ["models", "compliance", "production"],
  why: "When an answer does harm, somebody asks what the model was made for, what it was tested on and who decided to serve it; whoever looks that up afterwards finds nothing.",
  fix: `Set the annotations ${ANNOTATIONS.modelCard}, ${ANNOTATIONS.modelLicence}, ${ANNOTATIONS.approvedBy} and ${ANNOTATIONS.approvedOn} (YYYY-MM-DD) on the version's pods.`,
  url: "https://eur-lex.europa.eu/eli/reg/2024/1689/oj",
  levels: { default: "disabled", prod: "mandatory" },
  whenUnknown: "defer",
  types: WORKLOADS,
  check: (subject, context) =>
    isModelVersion(subject) ? checkFacts(podOf(subject).metadata.at("annotations"), context) : [],
};

function checkFacts(annotations: Value, { now }: RuleContext): readonly Finding[] {
  return [
    ...mustBe(
      annotations.at(ANNOTATIONS.modelCard),
      (card) => CARD.test(card.text() ?? ""),
      "no address of a model card (https, oci or s3)",
    ),
    ...mustBe(annotations.at(ANNOTATIONS.modelLicence), isFilled, "no licence"),
    ...mustBe(annotations.at(ANNOTATIONS.approvedBy), isFilled, "nobody approved this version"),
    ...mustBe(
      annotations.at(ANNOTATIONS.approvedOn),
      (day) => (daysSince(day, now) ?? -1) >= 0,
      "no day of approval up to today, as YYYY-MM-DD",
    ),
  ];
}

function isFilled(value: Value): boolean {
  return (value.text() ?? "").trim() !== "";
}
