// Cases of record-retention.
import { metadata, namespaceProps } from "../fixtures/manifests.ts";
import { CONFIG_MAP, LATER, NAMESPACE, type RuleCases, resource, UNKNOWN_TEXT } from "./rule-cases.ts";

const namespace = (profile: string) =>
  resource(NAMESPACE, {
    metadata: { ...namespaceProps.metadata, annotations: { "rampa.dev/risk-profile": profile } },
  });
const high = namespace("high");
const logs = (retentionInDays: unknown) => [
  resource("aws:cloudwatch/logGroup:LogGroup", { retentionInDays }),
  high,
];
const lifecycle = (rules: unknown, version = "") => [
  resource(`aws:s3/bucketLifecycleConfiguration${version}:BucketLifecycleConfiguration${version}`, { rules }),
  high,
];
const expiring = (days: unknown, status = "Enabled") => ({ id: "x", status, expiration: { days } });
const config = (text: unknown) => [
  resource(CONFIG_MAP, { metadata: metadata("config"), data: { "config.json": text } }),
  high,
];
const short = (path: string) => ["mandatory", `${path}: fewer than 184 days`] as const;

export const cases: RuleCases = {
  rule: "record-retention",
  pass: [
    { title: "logs kept for six months", resources: logs(184) },
    { title: "logs kept for ever", resources: logs(0) },
    { title: "objects kept for a year", resources: lifecycle([expiring(365)]) },
    { title: "a rule that is switched off", resources: lifecycle([expiring(1, "Disabled")]) },
    {
      title: "older versions that go sooner",
      resources: lifecycle([{ status: "Enabled", noncurrentVersionExpiration: { noncurrentDays: 30 } }]),
    },
    { title: "records kept for a year", resources: config('{"records": {"retentionDays": 365}}') },
    { title: "a configuration without records", resources: config("{}") },
    { title: "a file that is no document", resources: config("{ records: 1") },
    { title: "a list", resources: config('[{"records": {"retentionDays": 1}}]') },
    {
      title: "a week of logs in a standard profile",
      resources: [...logs(7).slice(0, 1), namespace("standard")],
    },
    { title: "a week of logs without a profile", resources: logs(7).slice(0, 1) },
    {
      title: "a week of logs where the configuration says standard",
      resources: logs(7),
      config: { "record-retention": { profile: "standard" } },
    },
    {
      title: "three months that the configuration allows",
      resources: logs(90),
      config: { "record-retention": { fewestDays: 90 } },
    },
  ],
  fail: [
    {
      title: "logs of half a year less a few days",
      resources: logs(183),
      expected: [short("retentionInDays")],
    },
    {
      title: "a week of logs where the configuration says high",
      resources: logs(7).slice(0, 1),
      config: { "record-retention": { profile: "high" } },
      expected: [short("retentionInDays")],
    },
    {
      title: "objects that go after a month",
      resources: lifecycle([expiring(365), expiring(30)]),
      expected: [short("rules[1].expiration.days")],
    },
    {
      title: "objects that go after a month, in older words",
      resources: lifecycle([expiring(30)], "V2"),
      expected: [short("rules[0].expiration.days")],
    },
    {
      title: "records of a month",
      resources: config(' {"records": {"retentionDays": 30}}'),
      expected: [short('data["config.json"].records.retentionDays')],
    },
  ],
  unknown: [
    {
      title: "the logs' days",
      resources: logs(UNKNOWN_TEXT),
      expected: [["advisory", `retentionInDays: ${LATER}`]],
    },
    {
      title: "the rules of a bucket",
      resources: lifecycle(UNKNOWN_TEXT),
      expected: [["advisory", `rules: ${LATER}`]],
    },
    {
      title: "the days of a rule",
      resources: lifecycle([expiring(UNKNOWN_TEXT)]),
      expected: [["advisory", `rules[0].expiration.days: ${LATER}`]],
    },
  ],
};
