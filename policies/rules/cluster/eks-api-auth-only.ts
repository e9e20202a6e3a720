// Rule eks-api-auth-only: who may enter a cluster is decided by access entries alone.
import { mustBe } from "../../must-be.ts";
import type { Rule } from "../../rule.ts";

export const eksApiAuthOnly: Rule = {
  name: "eks-api-auth-only",
  title: "An EKS cluster is entered through access entries only, and its creator is no administrator.",
  severity: "high",
  framework: {
    name: "CIS Amazon EKS Benchmark",
    version: "1.7.0",
    reference: "5.5.1",
    specification: "Manage Kubernetes RBAC users with IAM.",
  },
  tags: ["aws", "cluster", "identity"],
  why: "The aws-auth ConfigMap is a second, unaudited way in, and whoever created the cluster would stay its administrator for ever without appearing in any list.",
  fix: 'Set `accessConfig.authenticationMode` to "API" and `bootstrapClusterCreatorAdminPermissions` to false, and give an AccessEntry to each role that needs one.',
  url: "https://docs.aws.amazon.com/eks/latest/userguide/access-entries.html",
  levels: { default: "mandatory" },
  whenUnknown: "defer",
  types: /^aws:eks\/cluster:Cluster$/,
  check: ({ props }) => {
    const access = props.at("accessConfig");
    return [
      ...mustBe(
        access.at("authenticationMode"),
        (mode) => mode.text() === "API",
        "the aws-auth ConfigMap lets callers in too",
      ),
      ...mustBe(
        access.at("bootstrapClusterCreatorAdminPermissions"),
        (creator) => creator.flag() === false,
        "the cluster's creator becomes its administrator",
      ),
    ];
  },
};
