// Cases of no-public-endpoint.
import { CLUSTER, CLUSTER_INSTANCE, clusterProps, DATABASE, databaseProps } from "../fixtures/aws.ts";
import { metadata } from "../fixtures/manifests.ts";
import { LATER, type RuleCases, resource, SERVICE, UNKNOWN_TEXT } from "./rule-cases.ts";

const SCHEME = "service.beta.kubernetes.io/aws-load-balancer-scheme";
const INGRESS_SCHEME = "alb.ingress.kubernetes.io/scheme";

const cluster = (vpcConfig: unknown) => [resource(CLUSTER, { ...clusterProps, vpcConfig })];
const group = (ingress: unknown) => [resource("aws:ec2/securityGroup:SecurityGroup", { ingress })];
const groupRule = (props: object) => [resource("aws:ec2/securityGroupRule:SecurityGroupRule", props)];
const ingressRule = (props: object) => [
  resource("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", props),
];
const balancer = (props: object) => [resource("aws:lb/loadBalancer:LoadBalancer", props)];
const service = (type: unknown, annotations?: unknown) => [
  resource(SERVICE, {
    metadata: { ...metadata("model"), annotations },
    spec: { type, selector: { app: "model" } },
  }),
];
const ingress = (scheme: unknown) => [
  resource("kubernetes:networking.k8s.io/v1:Ingress", {
    metadata: { ...metadata("model"), annotations: { [INGRESS_SCHEME]: scheme } },
  }),
];
const wide = (path: string) => ["mandatory", `${path}: not a range narrow enough to name callers`] as const;
const faces = (path: string) => ["mandatory", `${path}: the load balancer faces the internet`] as const;

export const cases: RuleCases = {
  rule: "no-public-endpoint",
  pass: [
    { title: "a private cluster", resources: [resource(CLUSTER, clusterProps)] },
    {
      title: "a cluster for some offices",
      resources: cluster({
        endpointPublicAccess: true,
        publicAccessCidrs: ["198.51.0.0/16", "2001:db8::/32"],
      }),
    },
    {
      title: "a security group for a private network",
      resources: group([{ cidrBlocks: ["10.0.0.0/8"], ipv6CidrBlocks: ["fc00::/7"] }]),
    },
    {
      title: "a rule of what goes out",
      resources: groupRule({ type: "egress", cidrBlocks: ["0.0.0.0/0"] }),
    },
    {
      title: "a rule between groups",
      resources: ingressRule({ referencedSecurityGroupId: "sg-1" }),
    },
    {
      title: "a private database",
      resources: [resource(DATABASE, databaseProps)],
    },
    { title: "an internal load balancer", resources: balancer({ internal: true }) },
    { title: "a gateway for appliances", resources: balancer({ loadBalancerType: "gateway" }) },
    { title: "a Service inside of the cluster", resources: service("ClusterIP") },
    { title: "an internal Service", resources: service("LoadBalancer", { [SCHEME]: "internal" }) },
    {
      title: "an internal Service in the older words",
      resources: service("LoadBalancer", {
        "service.beta.kubernetes.io/aws-load-balancer-internal": "true",
      }),
    },
    { title: "an Ingress that is internal by default", resources: ingress(undefined) },
  ],
  fail: [
    {
      title: "a cluster that is public by default",
      resources: cluster(undefined),
      expected: [
        [
          "mandatory",
          "vpcConfig.publicAccessCidrs: the public endpoint of the API takes calls from every address",
        ],
      ],
    },
    {
      title: "a cluster for half of the internet",
      resources: cluster({ publicAccessCidrs: ["198.51.100.0/24", "128.0.0.0/1"] }),
      expected: [wide("vpcConfig.publicAccessCidrs[1]")],
    },
    {
      title: "a cluster for an IPv6 range as wide as a country",
      resources: cluster({ publicAccessCidrs: ["2001::/31"] }),
      expected: [wide("vpcConfig.publicAccessCidrs[0]")],
    },
    {
      title: "a security group for everybody",
      resources: group([
        { cidrBlocks: ["10.0.0.0/16"] },
        { cidrBlocks: ["0.0.0.0/0"], ipv6CidrBlocks: ["::/0"] },
      ]),
      expected: [wide("ingress[1].cidrBlocks[0]"), wide("ingress[1].ipv6CidrBlocks[0]")],
    },
    {
      title: "a rule for everybody",
      resources: groupRule({ type: "ingress", cidrBlocks: ["0.0.0.0/0"] }),
      expected: [wide("cidrBlocks[0]")],
    },
    {
      title: "a rule of its own for everybody",
      resources: ingressRule({ cidrIpv6: "::/0" }),
      expected: [wide("cidrIpv6")],
    },
    {
      title: "a range without a prefix",
      resources: ingressRule({ cidrIpv4: "everywhere" }),
      expected: [wide("cidrIpv4")],
    },
    {
      title: "a public database",
      resources: [resource(DATABASE, { ...databaseProps, publiclyAccessible: true })],
      expected: [["mandatory", "publiclyAccessible: the database has a public address"]],
    },
    {
      title: "a public database of a cluster",
      resources: [resource(CLUSTER_INSTANCE, { publiclyAccessible: true })],
      expected: [["mandatory", "publiclyAccessible: the database has a public address"]],
    },
    {
      title: "a load balancer that is public by default",
      resources: balancer({}),
      expected: [faces("internal")],
    },
    {
      title: "a Service that does not say that it is internal",
      resources: service("LoadBalancer"),
      expected: [["mandatory", "spec.type: a load balancer that is not internal"]],
    },
    {
      title: "a Service for the internet",
      resources: service("LoadBalancer", { [SCHEME]: "internet-facing" }),
      expected: [["mandatory", "spec.type: a load balancer that is not internal"]],
    },
    {
      title: "an Ingress for the internet",
      resources: ingress("internet-facing"),
      expected: [faces(`metadata.annotations["${INGRESS_SCHEME}"]`)],
    },
    {
      title: "a Gateway's load balancer for the internet",
      resources: [
        resource("kubernetes:gateway.k8s.aws/v1beta1:LoadBalancerConfiguration", {
          metadata: metadata("edge"),
          spec: { scheme: "internet-facing" },
        }),
      ],
      expected: [faces("spec.scheme")],
    },
  ],
  unknown: [
    {
      title: "whether a cluster is public",
      resources: cluster({ endpointPublicAccess: UNKNOWN_TEXT }),
      expected: [["advisory", `vpcConfig.endpointPublicAccess: ${LATER}`]],
    },
    {
      title: "who may call a cluster",
      resources: cluster({ publicAccessCidrs: UNKNOWN_TEXT }),
      expected: [["advisory", `vpcConfig.publicAccessCidrs: ${LATER}`]],
    },
    {
      title: "a security group's rules",
      resources: group(UNKNOWN_TEXT),
      expected: [["advisory", `ingress: ${LATER}`]],
    },
    {
      title: "a range of a security group",
      resources: group([{ cidrBlocks: [UNKNOWN_TEXT] }]),
      expected: [["advisory", `ingress[0].cidrBlocks[0]: ${LATER}`]],
    },
    {
      title: "a Service's type",
      resources: service(UNKNOWN_TEXT),
      expected: [["advisory", `spec.type: ${LATER}`]],
    },
    {
      title: "a Service's scheme",
      resources: service("LoadBalancer", { [SCHEME]: UNKNOWN_TEXT }),
      expected: [["advisory", `metadata.annotations["${SCHEME}"]: ${LATER}`]],
    },
  ],
};
