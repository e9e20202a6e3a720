// Rule nodes-imdsv2: pods cannot take the node's role from the instance metadata service.
import { anyType } from "../../any-type.ts";
import { LAUNCH_TEMPLATES, NODE_CLASSES } from "../../kubernetes/node-pools.ts";
import { mustBe } from "../../must-be.ts";
import type { Finding, Rule } from "../../rule.ts";
import type { Value } from "../../value.ts";

const INSTANCES = /^aws:ec2\/instance:Instance$/;

export const nodesImdsv2: Rule = {
  name: "nodes-imdsv2",
  title: "Nodes answer metadata requests with a session token only, and not to pods.",
  severity: "high",
  framework: {
    name: "AWS Foundational Security Best Practices",
    version: "1.0.0",
    reference: "EC2.8",
    specification: "EC2 instances should use Instance Metadata Service Version 2.",
  },
  tags: ["aws", "nodes", "identity"],
  why: "Without a token one forged request of a model server reads the credentials of the node's role; with a second hop every pod can ask for them. Left out, the image or the account decides.",
  fix: 'Set `metadataOptions` to `httpTokens: "required"` and `httpPutResponseHopLimit: 1`.',
  url: "https://docs.aws.amazon.com/eks/latest/best-practices/identity-and-access-management.html",
  levels: { default: "mandatory" },
  whenUnknown: "defer",
  types: anyType(LAUNCH_TEMPLATES, INSTANCES, NODE_CLASSES),
  // Karpenter's own defaults are a token and one hop, those of EC2 are not.
  check: ({ type, props }) =>
    NODE_CLASSES.test(type)
      ? checkOptions(props.at("spec", "metadataOptions"), true)
      : checkOptions(props.at("metadataOptions"), false),
  remediate: (subject) => {
    const isNodeClass = NODE_CLASSES.test(subject.type);
    const owner = isNodeClass ? subject.props.at("spec") : subject.props;
    const options = owner.at("metadataOptions");
    if (owner.state !== "known" || checkOptions(options, isNodeClass).every(({ kind }) => kind === "unknown"))
      return undefined;
    const corrected = { ...owner.record(), metadataOptions: { ...options.record(), ...TOKEN_AND_ONE_HOP } };
    return isNodeClass ? { ...subject.props.record(), spec: corrected } : corrected;
  },
};

const TOKEN_AND_ONE_HOP = { httpTokens: "required", httpPutResponseHopLimit: 1 } as const;

function checkOptions(options: Value, isSafeByDefault: boolean): readonly Finding[] {
  if (options.at("httpEndpoint").text() === "disabled") return [];
  const isLeftOut = ({ state }: Value): boolean => isSafeByDefault && state === "absent";
  return [
    ...mustBe(
      options.at("httpTokens"),
      (tokens) => isLeftOut(tokens) || tokens.text() === "required",
      "metadata is answered without a session token",
    ),
    ...mustBe(
      options.at("httpPutResponseHopLimit"),
      (hops) => isLeftOut(hops) || hops.number() === 1,
      "not 1, so pods may reach the metadata service",
    ),
  ];
}
