// Cases of eks-api-auth-only.
import { CLUSTER, clusterProps } from "../fixtures/aws.ts";
import { LATER, type RuleCases, resource, UNKNOWN_TEXT } from "./rule-cases.ts";

const access = (accessConfig: unknown) => [resource(CLUSTER, { ...clusterProps, accessConfig })];
const mode = "accessConfig.authenticationMode: the aws-auth ConfigMap lets callers in too";
const creator =
  "accessConfig.bootstrapClusterCreatorAdminPermissions: the cluster's creator becomes its administrator";

export const cases: RuleCases = {
  rule: "eks-api-auth-only",
  pass: [{ title: "access entries alone", resources: [resource(CLUSTER, clusterProps)] }],
  fail: [
    {
      title: "both ways in",
      resources: access({
        authenticationMode: "API_AND_CONFIG_MAP",
        bootstrapClusterCreatorAdminPermissions: false,
      }),
      expected: [["mandatory", mode]],
    },
    {
      title: "a creator who is administrator by default",
      resources: access({ authenticationMode: "API" }),
      expected: [["mandatory", creator]],
    },
    {
      title: "no access configuration",
      resources: access(undefined),
      expected: [
        ["mandatory", mode],
        ["mandatory", creator],
      ],
    },
  ],
  unknown: [
    {
      title: "the mode",
      resources: access({
        authenticationMode: UNKNOWN_TEXT,
        bootstrapClusterCreatorAdminPermissions: false,
      }),
      expected: [["advisory", `accessConfig.authenticationMode: ${LATER}`]],
    },
  ],
};
