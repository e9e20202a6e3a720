// Rule no-public-endpoint: nothing is reachable from the whole internet unless somebody has signed for it.
import { anyType } from "../../any-type.ts";
import { isNarrow, type NarrowPrefixes } from "../../aws/address-ranges.ts";
import { SERVICES } from "../../kubernetes/workloads.ts";
import { mustBe } from "../../must-be.ts";
import { type Finding, type Rule, type Subject, unknownAmong, violation } from "../../rule.ts";
import type { Value } from "../../value.ts";

/** Offices and build servers, for a cluster's API. */
const CALLERS: NarrowPrefixes = { v4: 16, v6: 32 };
/** Wide enough for a private network (10.0.0.0/8, fc00::/7), so that halves of the internet are not. */
const NETWORKS: NarrowPrefixes = { v4: 8, v6: 7 };

const CHECKS: readonly (readonly [RegExp, (subject: Subject) => readonly Finding[]])[] = [
  [/^aws:eks\/cluster:Cluster$/, ({ props }) => checkCluster(props.at("vpcConfig"))],
  [
    /^aws:ec2\/(securityGroup:SecurityGroup|defaultSecurityGroup:DefaultSecurityGroup)$/,
    ({ props }) => checkGroup(props.at("ingress")),
  ],
  [/^aws:ec2\/securityGroupRule:SecurityGroupRule$/, ({ props }) => checkGroupRule(props)],
  [/^aws:vpc\/securityGroupIngressRule:SecurityGroupIngressRule$/, ({ props }) => checkIngressRule(props)],
  [/^aws:rds\/(instance:Instance|clusterInstance:ClusterInstance)$/, ({ props }) => checkDatabase(props)],
  [/^aws:(lb|alb|elb)\/loadBalancer:LoadBalancer$/, ({ props }) => checkBalancer(props)],
  [SERVICES, ({ props }) => checkService(props)],
  [
    /^kubernetes:networking\.k8s\.io\/[^:]+:Ingress$/,
    ({ props }) => checkScheme(props.at("metadata", "annotations", "alb.ingress.kubernetes.io/scheme")),
  ],
  [
    /^kubernetes:gateway\.k8s\.aws\/[^:]+:LoadBalancerConfiguration$/,
    ({ props }) => checkScheme(props.at("spec", "scheme")),
  ],
];

export const noPublicEndpoint: Rule = {
  name: "no-public-endpoint",
  title: "No cluster API, database, load balancer or security group is open to the internet.",
  severity: "critical",
  framework: {
    name: "NIST SP 800-53",
    version: "5",
    reference: "SC-7",
    specification: "Boundary protection: connect to external networks only through managed interfaces.",
  },
  tags: ["aws", "network", "security"],
  why: "What the whole internet can reach is tried within minutes, and the defaults of EKS, load balancers and rules of all addresses are open.",
  fix: "Keep the EKS endpoint private or list `publicAccessCidrs`, name the callers of a security group, make databases and load balancers internal; the one entry that has to be public gets an entry in exemptions.json.",
  url: "https://docs.aws.amazon.com/eks/latest/userguide/cluster-endpoint.html",
  levels: { default: "mandatory" },
  whenUnknown: "defer",
  types: anyType(...CHECKS.map(([types]) => types)),
  check: (subject) => CHECKS.find(([types]) => types.test(subject.type))?.[1](subject) ?? [],
};

function checkCluster(vpc: Value): readonly Finding[] {
  const access = vpc.at("endpointPublicAccess");
  const ranges = vpc.at("publicAccessCidrs");
  if (access.flag() === false) return [];
  if (access.state === "unknown") return unknownAmong([access]);
  if (ranges.state === "absent" || ranges.isEmpty())
    return [violation(ranges, "the public endpoint of the API takes calls from every address")];
  return checkRanges([ranges], CALLERS);
}

function checkGroup(ingress: Value): readonly Finding[] {
  return [
    ...unknownAmong([ingress]),
    ...ingress.items().flatMap((rule) => checkRanges(rangesOf(rule), NETWORKS)),
  ];
}

function checkGroupRule(props: Value): readonly Finding[] {
  return props.at("type").text() === "egress" ? [] : checkRanges(rangesOf(props), NETWORKS);
}

function rangesOf(rule: Value): readonly Value[] {
  return [rule.at("cidrBlocks"), rule.at("ipv6CidrBlocks")];
}

function checkRanges(lists: readonly Value[], narrow: NarrowPrefixes): readonly Finding[] {
  return [
    ...unknownAmong(lists),
    ...lists.flatMap((list) => list.items()).flatMap((range) => checkRange(range, narrow)),
  ];
}

function checkIngressRule(props: Value): readonly Finding[] {
  return [props.at("cidrIpv4"), props.at("cidrIpv6")]
    .filter(({ state }) => state !== "absent")
    .flatMap((range) => checkRange(range, NETWORKS));
}

function checkRange(range: Value, narrow: NarrowPrefixes): readonly Finding[] {
  return mustBe(
    range,
    (value) => isNarrow(value.text() ?? "", narrow),
    "not a range narrow enough to name callers",
  );
}

function checkDatabase(props: Value): readonly Finding[] {
  return mustBe(
    props.at("publiclyAccessible"),
    (access) => access.flag() !== true,
    "the database has a public address",
  );
}

/** A balancer of the gateway kind has no address of its own. */
function checkBalancer(props: Value): readonly Finding[] {
  if (props.at("loadBalancerType").text() === "gateway") return [];
  return mustBe(
    props.at("internal"),
    (internal) => internal.flag() === true,
    "the load balancer faces the internet",
  );
}

/** What a controller does without a word differs, so a Service of this type has to say that it is internal. */
function checkService(props: Value): readonly Finding[] {
  const type = props.at("spec", "type");
  if (type.state === "unknown") return unknownAmong([type]);
  if (type.text() !== "LoadBalancer") return [];
  const annotations = props.at("metadata", "annotations");
  const scheme = annotations.at("service.beta.kubernetes.io/aws-load-balancer-scheme");
  if (annotations.at("service.beta.kubernetes.io/aws-load-balancer-internal").text() === "true") return [];
  if (scheme.state === "unknown") return unknownAmong([scheme]);
  return scheme.text() === "internal" ? [] : [violation(type, "a load balancer that is not internal")];
}

function checkScheme(scheme: Value): readonly Finding[] {
  return mustBe(
    scheme,
    (value) => value.text() !== "internet-facing",
    "the load balancer faces the internet",
  );
}
