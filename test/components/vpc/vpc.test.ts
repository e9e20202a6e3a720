// Vpc: pods with room and a way out, nothing that listens to the internet, and AWS reached inside the network.
import { VpcEndpoint } from "@pulumi/aws/ec2/vpcEndpoint.js";
import { Provider as AwsProvider } from "@pulumi/aws/provider.js";
import { describe, expect, it } from "vitest";
import { type VpcArgs, vpcSettings } from "../../../components/vpc/vpc.args.ts";
import { planVpc } from "../../../components/vpc/vpc.plan.ts";
import { Vpc } from "../../../components/vpc/vpc.ts";
import { recordedIdentity } from "../../../policies/harness/recorded-identity.ts";
import { ownership } from "../../kit/component-owner.ts";
import { type RecordedResource, recordResources } from "../../kit/record-resources.ts";

const subnetId = (name: string): string => recordedIdentity("aws:ec2/subnet:Subnet", name).id;

const settings = {
  ownership,
  prefix: "rampa-dev",
  account: "123456789012",
  region: "eu-central-1",
  zones: ["eu-central-1a", "eu-central-1b", "eu-central-1c"],
};

const plan = (more: Partial<VpcArgs> = {}) => planVpc(vpcSettings.parse({ ...settings, ...more }));

/** What only AWS can tell. */
const COMPUTED = {
  "aws:cloudwatch/logGroup:LogGroup": { arn: "arn:aws:logs:eu-central-1:123456789012:log-group:/flow" },
  "aws:iam/role:Role": { arn: "arn:aws:iam::123456789012:role/flow", name: "flow" },
};

async function record(more: Partial<VpcArgs> = {}) {
  const recorded = await recordResources(
    () => {
      const provider = new AwsProvider("aws", { region: "eu-central-1" });
      const args: VpcArgs = { ...settings, refs: { logsKeyArn: "arn:aws:kms:key/logs" }, ...more };
      const vpc = new Vpc("vpc", args, { provider });
      const outputs = { subnetIds: [...vpc.privateSubnetIds], routeTableIds: [...vpc.publicSubnetIds] };
      new VpcEndpoint("outputs", { vpcId: vpc.vpcId, ...outputs }, { provider });
    },
    { stack: "test", project: "rampa", computed: COMPUTED },
  );
  const outputs = recorded.find(({ name }) => name === "outputs");
  const resources = recorded.filter((resource) => resource !== outputs);
  const named = (suffix: string): RecordedResource | undefined =>
    resources.find(({ name }) => name === `vpc-${suffix}`);
  return { resources, named, outputs };
}

describe("planVpc", () => {
  it("gives each zone a NAT gateway of its own", () => {
    expect(plan().natZones).toEqual(settings.zones);
    expect(plan().zones[1]).toEqual({
      zone: "eu-central-1b",
      privateCidr: "10.0.64.0/19",
      publicCidr: "10.0.96.0/24",
      natZone: "eu-central-1b",
    });
  });

  it("sends all zones through the first one's NAT gateway where there is a single one", () => {
    const single = plan({ nat: "single" });
    expect(single.natZones).toEqual(["eu-central-1a"]);
    expect(single.zones.map(({ natZone }) => natZone)).toEqual(Array(3).fill("eu-central-1a"));
  });

  it("has no public subnets in a closed network", () => {
    const closed = plan({ nat: "none" });
    expect(closed.natZones).toEqual([]);
    expect(closed.zones.map(({ publicCidr, natZone }) => [publicCidr, natZone])).toEqual(
      Array(3).fill([undefined, undefined]),
    );
  });

  it("leaves the other zones as they are when one is appended", () => {
    const two = plan({ zones: settings.zones.slice(0, 2) });
    expect(plan().zones.slice(0, 2)).toEqual(two.zones);
    expect(plan({ nat: "single" }).zones.slice(0, 2)).toEqual(
      plan({ nat: "single", zones: settings.zones.slice(0, 2) }).zones,
    );
  });
});

describe("Vpc", () => {
  it("creates the children of its contract, all its own", async () => {
    const { resources } = await record({ zones: settings.zones.slice(0, 2) });
    const [, component, ...children] = resources;
    expect(component).toMatchObject({ type: "rampa:vpc:Vpc", props: {} });
    expect(new Set(children.map(({ parent }) => parent))).toEqual(new Set([component?.urn]));
    expect(children.map(({ name }) => name.replace("vpc-", "")).toSorted()).toEqual([
      "default-security-group",
      "endpoint-ec2",
      "endpoint-ecr-api",
      "endpoint-ecr-dkr",
      "endpoint-eks-auth",
      "endpoint-logs",
      "endpoint-s3",
      "endpoint-sts",
      "endpoints-https",
      "endpoints-security-group",
      "flow-log",
      "flow-log-group",
      "flow-log-policy",
      "flow-log-role",
      "internet-gateway",
      "nat-address-eu-central-1a",
      "nat-address-eu-central-1b",
      "nat-eu-central-1a",
      "nat-eu-central-1b",
      "private-association-eu-central-1a",
      "private-association-eu-central-1b",
      "private-default-route-eu-central-1a",
      "private-default-route-eu-central-1b",
      "private-eu-central-1a",
      "private-eu-central-1b",
      "private-routes-eu-central-1a",
      "private-routes-eu-central-1b",
      "public-association-eu-central-1a",
      "public-association-eu-central-1b",
      "public-default-route",
      "public-eu-central-1a",
      "public-eu-central-1b",
      "public-routes",
      "vpc",
    ]);
  });

  it("resolves names inside, and lets nobody use the default security group", async () => {
    const { named } = await record();
    expect(named("vpc")?.props).toEqual({
      cidrBlock: "10.0.0.0/16",
      enableDnsSupport: true,
      enableDnsHostnames: true,
      tags: { Name: "rampa-dev" },
    });
    expect(named("default-security-group")).toMatchObject({
      type: "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
      props: { vpcId: "vpc-vpc-id", ingress: [], egress: [] },
    });
  });

  it("tags subnets for load balancers and Karpenter, and gives no public address by itself", async () => {
    const { named } = await record();
    expect(named("private-eu-central-1b")?.props).toEqual({
      vpcId: "vpc-vpc-id",
      availabilityZone: "eu-central-1b",
      cidrBlock: "10.0.64.0/19",
      mapPublicIpOnLaunch: false,
      tags: {
        Name: "rampa-dev-private-eu-central-1b",
        "kubernetes.io/role/internal-elb": "1",
        "karpenter.sh/discovery": "rampa-dev",
      },
    });
    expect(named("public-eu-central-1b")?.props).toEqual({
      vpcId: "vpc-vpc-id",
      availabilityZone: "eu-central-1b",
      cidrBlock: "10.0.96.0/24",
      mapPublicIpOnLaunch: false,
      tags: { Name: "rampa-dev-public-eu-central-1b", "kubernetes.io/role/elb": "1" },
    });
  });

  it("routes a private zone out through its own NAT gateway, a public one through the internet gateway", async () => {
    const { named } = await record();
    expect(named("private-default-route-eu-central-1b")?.props).toEqual({
      routeTableId: "vpc-private-routes-eu-central-1b-id",
      destinationCidrBlock: "0.0.0.0/0",
      natGatewayId: "vpc-nat-eu-central-1b-id",
    });
    expect(named("private-association-eu-central-1b")?.props).toEqual({
      routeTableId: "vpc-private-routes-eu-central-1b-id",
      subnetId: subnetId("vpc-private-eu-central-1b"),
    });
    expect(named("public-default-route")?.props).toEqual({
      routeTableId: "vpc-public-routes-id",
      destinationCidrBlock: "0.0.0.0/0",
      gatewayId: "vpc-internet-gateway-id",
    });
    expect(named("public-association-eu-central-1b")?.props).toEqual({
      routeTableId: "vpc-public-routes-id",
      subnetId: subnetId("vpc-public-eu-central-1b"),
    });
    expect(named("nat-eu-central-1b")?.props).toMatchObject({
      allocationId: "vpc-nat-address-eu-central-1b-id",
      subnetId: subnetId("vpc-public-eu-central-1b"),
    });
    expect(named("nat-address-eu-central-1b")?.props).toMatchObject({ domain: "vpc" });
  });

  it("makes a NAT gateway after its subnet's way to the internet, and gives subnets out after theirs", async () => {
    const { named, outputs } = await record();
    expect(named("nat-eu-central-1b")?.propertyDependencies.subnetId).toEqual(
      expect.arrayContaining([
        named("public-default-route")?.urn,
        named("public-association-eu-central-1b")?.urn,
      ]),
    );
    expect(outputs?.props).toEqual({
      vpcId: "vpc-vpc-id",
      subnetIds: settings.zones.map((zone) => subnetId(`vpc-private-${zone}`)),
      routeTableIds: settings.zones.map((zone) => subnetId(`vpc-public-${zone}`)),
    });
    expect(outputs?.propertyDependencies.subnetIds).toEqual(
      expect.arrayContaining(
        settings.zones.flatMap((zone) => [
          named(`private-default-route-${zone}`)?.urn,
          named(`private-association-${zone}`)?.urn,
        ]),
      ),
    );
  });

  it("has one NAT gateway and one address for all zones where that is wished", async () => {
    const { resources, named } = await record({ nat: "single" });
    expect(resources.filter(({ type }) => type === "aws:ec2/natGateway:NatGateway")).toHaveLength(1);
    expect(resources.filter(({ type }) => type === "aws:ec2/eip:Eip")).toHaveLength(1);
    expect(named("private-default-route-eu-central-1c")?.props.natGatewayId).toBe("vpc-nat-eu-central-1a-id");
  });

  it("has no way in or out of a closed network but its private endpoints", async () => {
    const { resources, outputs } = await record({ nat: "none" });
    const types = new Set(resources.map(({ type }) => type.split(":").at(-1)));
    for (const type of ["InternetGateway", "NatGateway", "Eip", "Route"]) expect(types).not.toContain(type);
    expect(outputs?.props).toMatchObject({ routeTableIds: [] });
    expect(resources.filter(({ type }) => type === "aws:ec2/vpcEndpoint:VpcEndpoint")).toHaveLength(7);
  });

  it("reaches S3 by a route of every private zone, and other services by addresses in every private subnet", async () => {
    const { named } = await record();
    expect(named("endpoint-s3")?.props).toEqual({
      vpcId: "vpc-vpc-id",
      serviceName: "com.amazonaws.eu-central-1.s3",
      vpcEndpointType: "Gateway",
      routeTableIds: settings.zones.map((zone) => `vpc-private-routes-${zone}-id`),
      tags: { Name: "rampa-dev-s3" },
    });
    expect(named("endpoint-ecr-api")?.props).toEqual({
      vpcId: "vpc-vpc-id",
      serviceName: "com.amazonaws.eu-central-1.ecr.api",
      vpcEndpointType: "Interface",
      privateDnsEnabled: true,
      subnetIds: settings.zones.map((zone) => subnetId(`vpc-private-${zone}`)),
      securityGroupIds: ["vpc-endpoints-security-group-id"],
      tags: { Name: "rampa-dev-ecr.api" },
    });
  });

  it("lets only the network itself call the endpoints, by HTTPS", async () => {
    const { named } = await record({ cidr: "10.8.0.0/18" });
    expect(named("endpoints-https")?.props).toEqual({
      securityGroupId: "vpc-endpoints-security-group-id",
      description: "HTTPS from the VPC",
      cidrIpv4: "10.8.0.0/18",
      ipProtocol: "tcp",
      fromPort: 443,
      toPort: 443,
    });
    expect(named("endpoints-security-group")?.props).toMatchObject({ vpcId: "vpc-vpc-id" });
    expect(named("endpoints-security-group")?.props).not.toHaveProperty("egress");
  });

  it("makes no group for endpoints where there are none", async () => {
    const { named } = await record({ endpoints: [] });
    expect(named("endpoints-security-group")).toBeUndefined();
    expect(named("endpoint-s3")).toBeDefined();
  });

  it("records all traffic, encrypted, for a number of days", async () => {
    const { named } = await record({ flowLogs: { retentionInDays: 365 } });
    expect(named("flow-log-group")?.props).toEqual({
      name: "/rampa-dev/vpc-flow-logs",
      retentionInDays: 365,
      kmsKeyId: "arn:aws:kms:key/logs",
    });
    expect(named("flow-log")?.props).toEqual({
      vpcId: "vpc-vpc-id",
      trafficType: "ALL",
      logDestinationType: "cloud-watch-logs",
      logDestination: COMPUTED["aws:cloudwatch/logGroup:LogGroup"].arn,
      iamRoleArn: COMPUTED["aws:iam/role:Role"].arn,
      maxAggregationInterval: 600,
      tags: { Name: "rampa-dev" },
    });
    expect(named("flow-log")?.dependencies).toContain(named("flow-log-policy")?.urn);
  });

  it("lets flow logs of this account write into their group, and do nothing else", async () => {
    const { named } = await record();
    expect(JSON.parse(String(named("flow-log-role")?.props.assumeRolePolicy))).toMatchObject({
      Statement: [
        {
          Principal: { Service: "vpc-flow-logs.amazonaws.com" },
          Action: ["sts:AssumeRole"],
          Condition: {
            StringEquals: { "aws:SourceAccount": "123456789012" },
            ArnLike: { "aws:SourceArn": "arn:aws:ec2:eu-central-1:123456789012:vpc-flow-log/*" },
          },
        },
      ],
    });
    const group = "arn:aws:logs:eu-central-1:123456789012:log-group:/rampa-dev/vpc-flow-logs";
    expect(named("flow-log-policy")?.props.role).toBe("flow");
    expect(JSON.parse(String(named("flow-log-policy")?.props.policy))).toMatchObject({
      Statement: [
        {
          Action: ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
          Resource: [group, `${group}:log-stream:*`],
        },
        {
          Action: ["logs:DescribeLogGroups"],
          Resource: ["arn:aws:logs:eu-central-1:123456789012:log-group:*"],
        },
      ],
    });
  });

  it("records nothing where flow logs are off", async () => {
    const { resources } = await record({ flowLogs: { enabled: false } });
    expect(resources.filter(({ name }) => name.includes("flow-log"))).toEqual([]);
  });

  it("lets a caller change single kinds of children", async () => {
    const { named } = await record({
      override: {
        vpc: { instanceTenancy: "dedicated" },
        privateSubnet: { tags: { team: "x" } },
        publicSubnet: { tags: { team: "y" } },
        nat: { privateIp: "10.0.32.10" },
        endpoint: (it) => ({ ...it, policy: "{}" }),
        flowLogGroup: { skipDestroy: true },
      },
    });
    expect(named("vpc")?.props).toMatchObject({ instanceTenancy: "dedicated", cidrBlock: "10.0.0.0/16" });
    expect(named("private-eu-central-1a")?.props.tags).toMatchObject({
      team: "x",
      "karpenter.sh/discovery": "rampa-dev",
    });
    expect(named("public-eu-central-1a")?.props.tags).toMatchObject({
      team: "y",
      "kubernetes.io/role/elb": "1",
    });
    expect(named("nat-eu-central-1a")?.props).toMatchObject({ privateIp: "10.0.32.10" });
    expect(named("endpoint-s3")?.props).toMatchObject({ policy: "{}", vpcEndpointType: "Gateway" });
    expect(named("endpoint-sts")?.props).toMatchObject({ policy: "{}", vpcEndpointType: "Interface" });
    expect(named("flow-log-group")?.props).toMatchObject({ skipDestroy: true, retentionInDays: 90 });
  });

  it.each<[string, Partial<VpcArgs>, string]>([
    [
      "one zone",
      { zones: ["eu-central-1a"] },
      'zones: got ["eu-central-1a"], want from 2 to 4 zones, each once',
    ],
    [
      "a zone twice",
      { zones: ["eu-central-1a", "eu-central-1a"] },
      'zones.1: got "eu-central-1a", want each zone once',
    ],
    [
      "a zone of another region",
      { zones: ["eu-central-1a", "eu-west-1b"] },
      'zones.1: got "eu-west-1b", want a zone of eu-central-1: eu-central-1a, eu-central-1b, eu-central-1c',
    ],
    [
      "five zones",
      { region: "us-east-1", zones: [..."abcde"].map((it) => `us-east-1${it}`) },
      "want from 2 to 4 zones",
    ],
    [
      "a range without room",
      { cidr: "10.0.0.0/24" },
      'cidr: got "10.0.0.0/24", want a range from /16 to /20',
    ],
    ["a public range", { cidr: "8.8.0.0/16" }, 'cidr: got "8.8.0.0/16", want a private range'],
    ["an endpoint twice", { endpoints: ["sts", "sts"] }, 'endpoints.1: got "sts", want each endpoint once'],
    [
      "a closed network without its endpoints",
      { nat: "none", endpoints: ["sts", "logs"] },
      'endpoints: got ["sts","logs"], want also ec2, ecr.api, ecr.dkr, eks-auth: with nat "none" nodes reach these services in no other way',
    ],
  ])("refuses %s", async (_what, more, message) => {
    await expect(record(more)).rejects.toThrow(message);
  });

  it("reports every wrong setting at once", async () => {
    const wrong = {
      zones: ["eu-central-1a", "eu-central-1a"],
      cidr: "10.0.0.0/8",
      account: "12",
      region: "x",
    };
    await expect(record(wrong)).rejects.toThrow('rampa:vpc:Vpc "vpc": 4 problems');
  });
});
