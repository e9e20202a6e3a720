// Cases of eks-version-supported, on days that do not move.
import { CLUSTER, clusterProps } from "../fixtures/aws.ts";
import { LATER, type RuleCases, resource, UNKNOWN_TEXT } from "./rule-cases.ts";

const STANDARD = { supportType: "STANDARD" };
const cluster = (version: unknown, upgradePolicy: unknown = STANDARD) => [
  resource(CLUSTER, { ...clusterProps, version, upgradePolicy }),
];
const on = (asOf: string) => ({ "eks-version-supported": { asOf } });
const slips = [
  "mandatory",
  "upgradePolicy.supportType: the cluster enters extended support by itself",
] as const;

export const cases: RuleCases = {
  rule: "eks-version-supported",
  pass: [
    { title: "a version in standard support", resources: cluster("1.35"), config: on("2026-07-20") },
    { title: "its last day", resources: cluster("1.34"), config: on("2026-12-02") },
  ],
  fail: [
    {
      title: "a version in extended support",
      resources: cluster("1.34"),
      config: on("2026-12-03"),
      expected: [["mandatory", "version: standard support is over on 2026-12-03"]],
    },
    {
      title: "a version out of all support",
      resources: cluster("1.34"),
      config: on("2027-12-03"),
      expected: [["mandatory", "version: standard support is over on 2027-12-03, extended support too"]],
    },
    {
      title: "a version that the calendar lacks",
      resources: cluster("1.9"),
      config: on("2026-07-20"),
      expected: [["mandatory", "version: not a version of the support calendar"]],
    },
    {
      title: "no version",
      resources: cluster(undefined),
      expected: [["mandatory", "version: no version, so EKS chooses one"]],
    },
    {
      title: "a cluster that slips into extended support",
      resources: cluster("1.35", { supportType: "EXTENDED" }),
      config: on("2026-07-20"),
      expected: [slips],
    },
    {
      title: "no upgrade policy",
      resources: cluster("1.35", null),
      config: on("2026-07-20"),
      expected: [slips],
    },
  ],
  unknown: [
    {
      title: "the version",
      resources: cluster(UNKNOWN_TEXT),
      expected: [["advisory", `version: ${LATER}`]],
    },
    {
      title: "the upgrade policy",
      resources: cluster("1.35", UNKNOWN_TEXT),
      config: on("2026-07-20"),
      expected: [["advisory", `upgradePolicy.supportType: ${LATER}`]],
    },
  ],
};
