// Cases of eks-audit-logs.
import { CLUSTER, clusterProps } from "../fixtures/aws.ts";
import { LATER, type RuleCases, resource, UNKNOWN_TEXT } from "./rule-cases.ts";

const logs = (enabledClusterLogTypes: unknown) => [
  resource(CLUSTER, { ...clusterProps, enabledClusterLogTypes }),
];
const path = "enabledClusterLogTypes";

export const cases: RuleCases = {
  rule: "eks-audit-logs",
  pass: [
    { title: "all five logs", resources: [resource(CLUSTER, clusterProps)] },
    { title: "the three that are needed", resources: logs(["authenticator", "audit", "api"]) },
  ],
  fail: [
    {
      title: "no audit trail",
      resources: logs(["api", "authenticator"]),
      expected: [["mandatory", `${path}: without the log types audit`]],
    },
    {
      title: "no logs",
      resources: logs(undefined),
      expected: [["mandatory", `${path}: without the log types api, audit, authenticator`]],
    },
    {
      title: "no logs, as advice in dev",
      resources: logs([]),
      config: { "eks-audit-logs": { environment: "dev" } },
      expected: [["advisory", `${path}: without the log types api, audit, authenticator`]],
    },
  ],
  unknown: [
    { title: "the list", resources: logs(UNKNOWN_TEXT), expected: [["advisory", `${path}: ${LATER}`]] },
    {
      title: "one of the list",
      resources: logs(["api", "audit", UNKNOWN_TEXT]),
      expected: [["advisory", `${path}[2]: ${LATER}`]],
    },
  ],
};
