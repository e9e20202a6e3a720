// Cases of key-rotation-age.
import { metadata } from "../fixtures/manifests.ts";
import { LATER, type RuleCases, resource, UNKNOWN_TEXT } from "./rule-cases.ts";

const ROTATED = "rampa.dev/rotated-on";
const key = (props: object) => [resource("aws:kms/key:Key", { enableKeyRotation: true, ...props })];
const rotation = (rotationRules: unknown) => [
  resource("aws:secretsmanager/secretRotation:SecretRotation", { rotationRules }),
];
const secret = (day: unknown) => [
  resource("kubernetes:core/v1:Secret", {
    metadata: { ...metadata("keys"), annotations: { [ROTATED]: day } },
  }),
];
const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
const never = ["mandatory", "enableKeyRotation: the key is never made anew"] as const;
const annotation = `metadata.annotations["${ROTATED}"]`;
const noDay = ["mandatory", `${annotation}: not a day up to today, as YYYY-MM-DD`] as const;
const late = ["mandatory", "rotationRules.automaticallyAfterDays: not within 90 days"] as const;
const strict = { "key-rotation-age": { oldestKeyDays: 180, oldestSecretDays: 30, requireDay: true } };

export const cases: RuleCases = {
  rule: "key-rotation-age",
  pass: [
    { title: "a key that rotates every year", resources: key({}) },
    {
      title: "a key that rotates sooner",
      resources: key({ rotationPeriodInDays: 90, customerMasterKeySpec: "SYMMETRIC_DEFAULT" }),
    },
    {
      title: "a pair of keys, which KMS cannot rotate",
      resources: key({ enableKeyRotation: false, customerMasterKeySpec: "RSA_4096" }),
    },
    { title: "a secret that rotates every quarter", resources: rotation({ automaticallyAfterDays: 90 }) },
    {
      title: "a secret that rotates by a schedule",
      resources: rotation({ scheduleExpression: "rate(10 days)" }),
    },
    { title: "a Secret made today", resources: secret(daysAgo(0)) },
    { title: "a Secret on its last day", resources: secret(daysAgo(90)) },
    { title: "a Secret that does not say when it was made", resources: secret(undefined) },
    {
      title: "an older Secret that the configuration allows",
      resources: secret(daysAgo(120)),
      config: { "key-rotation-age": { oldestSecretDays: 180 } },
    },
  ],
  fail: [
    {
      title: "a key that never rotates",
      resources: key({ enableKeyRotation: undefined }),
      expected: [never],
    },
    {
      title: "a key that rotates too seldom",
      resources: key({ rotationPeriodInDays: 366 }),
      expected: [["mandatory", "rotationPeriodInDays: more than 365 days"]],
    },
    {
      title: "the default period where the configuration wants less",
      resources: key({}),
      config: strict,
      expected: [["mandatory", "rotationPeriodInDays: more than 180 days"]],
    },
    {
      title: "a secret that rotates too seldom",
      resources: rotation({ automaticallyAfterDays: 91 }),
      expected: [late],
    },
    { title: "a rotation without a time", resources: rotation({}), expected: [late] },
    {
      title: "a Secret past its day",
      resources: secret(daysAgo(91)),
      expected: [["mandatory", `${annotation}: 91 days ago, more than 90`]],
    },
    { title: "a Secret of tomorrow", resources: secret(daysAgo(-1)), expected: [noDay] },
    {
      title: "a Secret with a time instead of a day",
      resources: secret("2026-01-01T00:00:00Z"),
      expected: [noDay],
    },
    { title: "a Secret with a day that no month has", resources: secret("2026-01-32"), expected: [noDay] },
    {
      title: "no day where the configuration asks for one",
      resources: secret(undefined),
      config: strict,
      expected: [["mandatory", `${annotation}: no day of the last rotation`]],
    },
  ],
  unknown: [
    {
      title: "whether a key rotates",
      resources: key({ enableKeyRotation: UNKNOWN_TEXT }),
      expected: [["advisory", `enableKeyRotation: ${LATER}`]],
    },
    {
      title: "a key's kind",
      resources: key({ customerMasterKeySpec: UNKNOWN_TEXT }),
      expected: [["advisory", `customerMasterKeySpec: ${LATER}`]],
    },
    {
      title: "a rotation's days",
      resources: rotation({ automaticallyAfterDays: UNKNOWN_TEXT }),
      expected: [["advisory", `rotationRules.automaticallyAfterDays: ${LATER}`]],
    },
    {
      title: "a Secret's day",
      resources: secret(UNKNOWN_TEXT),
      expected: [["advisory", `${annotation}: ${LATER}`]],
    },
  ],
};
