// Rule record-retention: what a high-risk system writes down about its use is kept for six months at least.
import { ANNOTATIONS } from "../../../components/contract/annotations.ts";
import { anyType } from "../../any-type.ts";
import { CONFIG_MAPS, documentsOf } from "../../kubernetes/config-documents.ts";
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

const LOG_GROUPS = /^aws:cloudwatch\/logGroup:LogGroup$/;
const LIFECYCLES =
  /^aws:s3\/(bucketLifecycleConfiguration:BucketLifecycleConfiguration|bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2)$/;
const NAMESPACES = /^kubernetes:(core\/)?v1:Namespace$/;
/** The longest six months of a year. */
const SIX_MONTHS = 184;

export const recordRetention: Rule = {
  name: "record-retention",
  title: "Logs and records of a high-risk system are kept for six months at least.",
  severity: "high",
  framework: {
    name: "EU AI Act",
    version: "2024/1689",
    reference: "Art. 19, 26(6)",
    specification: "Automatically generated logs are kept for at least six months.",
  },
  tags: ["records", "compliance", "aws"],
  why: "What a decision was based on has to be shown months later; a log group or a lifecycle rule that deletes earlier cannot be put right afterwards.",
  fix: `Keep log groups (\`retentionInDays\`), expiring objects and \`records.retentionDays\` at ${SIX_MONTHS} days or more, or state the profile of the stack (annotation ${ANNOTATIONS.riskProfile} of a Namespace, setting \`profile\`).`,
  url: "https://eur-lex.europa.eu/eli/reg/2024/1689/oj",
  levels: { default: "mandatory" },
  whenUnknown: "defer",
  settings: {
    profile: {
      type: "string",
      description:
        "`high` or `standard`; what the stack's namespaces say when left out. Standard ones are not judged.",
    },
    fewestDays: {
      type: "number",
      description: `Least days that records are kept; ${SIX_MONTHS} when left out.`,
    },
  },
  types: anyType(LOG_GROUPS, LIFECYCLES, CONFIG_MAPS, NAMESPACES),
  checkStack: (subjects, context) =>
    isHighRisk(subjects, context)
      ? subjects.flatMap((subject) => about(subject, checkSubject(subject, fewestOf(context))))
      : [],
};

function isHighRisk(subjects: readonly Subject[], { config }: RuleContext): boolean {
  const profile = config.at("profile").text();
  if (profile !== undefined) return profile === "high";
  return subjects.some(
    ({ type, props }) =>
      NAMESPACES.test(type) && props.at("metadata", "annotations", ANNOTATIONS.riskProfile).text() === "high",
  );
}

function fewestOf({ config }: RuleContext): number {
  return config.at("fewestDays").number() ?? SIX_MONTHS;
}

function checkSubject(subject: Subject, fewest: number): readonly Finding[] {
  const { type, props } = subject;
  if (LOG_GROUPS.test(type)) return checkDays([props.at("retentionInDays")], fewest);
  if (LIFECYCLES.test(type)) return checkLifecycle(props.at("rules"), fewest);
  if (!CONFIG_MAPS.test(type)) return [];
  const documents = documentsOf(subject);
  return checkDays(
    documents.map((document) => document.at("records", "retentionDays")),
    fewest,
  );
}

function checkLifecycle(rules: Value, fewest: number): readonly Finding[] {
  const active = rules.items().filter((rule) => rule.at("status").text() !== "Disabled");
  return [
    ...unknownAmong([rules]),
    ...checkDays(
      active.map((rule) => rule.at("expiration", "days")),
      fewest,
    ),
  ];
}

/** Left out or 0, things are kept for ever. */
function checkDays(values: readonly Value[], fewest: number): readonly Finding[] {
  const short = values.filter((days) => (days.number() ?? 0) > 0 && (days.number() ?? 0) < fewest);
  return [...unknownAmong(values), ...short.map((days) => violation(days, `fewer than ${fewest} days`))];
}
