// Rule key-rotation-age: keys and secrets are made anew before they are old.
import { ANNOTATIONS } from "../../../components/contract/annotations.ts";
import { anyType } from "../../any-type.ts";
import { daysSince } from "../../days.ts";
import { isOn, mustBe } from "../../must-be.ts";
import { type Finding, type Rule, type RuleContext, unknownAmong, violation } from "../../rule.ts";
import type { Value } from "../../value.ts";

const KMS_KEYS = /^aws:kms\/key:Key$/;
const ROTATIONS = /^aws:secretsmanager\/secretRotation:SecretRotation$/;
const SECRETS = /^kubernetes:(core\/)?v1:Secret$/;
/** Days. AWS turns a KMS key once a year when nothing is said. */
const OLDEST = { key: 365, secret: 90 } as const;

export const keyRotationAge: Rule = {
  name: "key-rotation-age",
  title: "KMS keys rotate within a year, secrets within a quarter, and none is past its day.",
  severity: "medium",
  framework: {
    name: "CIS Amazon Web Services Foundations Benchmark",
    version: "3.0.0",
    reference: "3.6",
    specification: "Ensure rotation for customer-created symmetric CMKs is enabled.",
  },
  tags: ["aws", "secrets", "encryption"],
  why: "A key that has leaked without anybody noticing opens everything until it is replaced; the longer it lives, the more people and backups have held it.",
  fix: `Set \`enableKeyRotation\` (and \`rotationPeriodInDays\` within the limit) on symmetric KMS keys, \`automaticallyAfterDays\` on secret rotations; raise the rotation of client keys and write its day into ${ANNOTATIONS.rotatedOn}.`,
  url: "https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html",
  levels: { default: "mandatory" },
  whenUnknown: "defer",
  settings: {
    oldestKeyDays: { type: "number", description: `Most days of a KMS key; ${OLDEST.key} when left out.` },
    oldestSecretDays: {
      type: "number",
      description: `Most days of a secret; ${OLDEST.secret} when left out.`,
    },
    requireDay: {
      type: "boolean",
      description: "Whether each Secret has to say when its value was made; false when left out.",
    },
  },
  types: anyType(KMS_KEYS, ROTATIONS, SECRETS),
  check: ({ type, props }, context) => {
    if (KMS_KEYS.test(type)) return checkKey(props, context);
    return ROTATIONS.test(type)
      ? checkRotation(props.at("rotationRules"), context)
      : checkSecret(props, context);
  },
  remediate: ({ type, props }) =>
    KMS_KEYS.test(type) && isRotatable(props) && !isOn(props.at("enableKeyRotation"))
      ? { ...props.record(), enableKeyRotation: true }
      : undefined,
};

/** KMS turns symmetric keys of its own only; others are replaced by hand. */
function isRotatable(props: Value): boolean {
  const spec = props.at("customerMasterKeySpec");
  return spec.state === "absent" || spec.text() === "SYMMETRIC_DEFAULT";
}

function checkKey(props: Value, { config }: RuleContext): readonly Finding[] {
  const period = props.at("rotationPeriodInDays");
  const oldest = config.at("oldestKeyDays").number() ?? OLDEST.key;
  if (!isRotatable(props)) return unknownAmong([props.at("customerMasterKeySpec")]);
  return [
    ...mustBe(props.at("enableKeyRotation"), isOn, "the key is never made anew"),
    ...mustBe(period, (days) => (days.number() ?? OLDEST.key) <= oldest, `more than ${oldest} days`),
  ];
}

function checkRotation(rules: Value, context: RuleContext): readonly Finding[] {
  const oldest = oldestSecret(context);
  const days = rules.at("automaticallyAfterDays");
  // A schedule is an expression that only AWS can read; it stands in place of the days.
  if (rules.at("scheduleExpression").state === "known") return [];
  return mustBe(
    days,
    (each) => (each.number() ?? Number.POSITIVE_INFINITY) <= oldest,
    `not within ${oldest} days`,
  );
}

function checkSecret(props: Value, context: RuleContext): readonly Finding[] {
  const day = props.at("metadata", "annotations", ANNOTATIONS.rotatedOn);
  if (day.state === "unknown") return unknownAmong([day]);
  if (day.state === "absent")
    return context.config.at("requireDay").flag() === true
      ? [violation(day, "no day of the last rotation")]
      : [];
  const age = daysSince(day, context.now);
  const oldest = oldestSecret(context);
  if (age === undefined || age < 0) return [violation(day, "not a day up to today, as YYYY-MM-DD")];
  return age <= oldest ? [] : [violation(day, `${age} days ago, more than ${oldest}`)];
}

function oldestSecret({ config }: RuleContext): number {
  return config.at("oldestSecretDays").number() ?? OLDEST.secret;
}
