// The network, keys and roles of the cloud fixture.
import { LogGroup } from "@pulumi/aws/cloudwatch/logGroup.js";
import { Eip } from "@pulumi/aws/ec2/eip.js";
import { InternetGateway } from "@pulumi/aws/ec2/internetGateway.js";
import { NatGateway } from "@pulumi/aws/ec2/natGateway.js";
import { Route } from "@pulumi/aws/ec2/route.js";
import { RouteTable } from "@pulumi/aws/ec2/routeTable.js";
import { RouteTableAssociation } from "@pulumi/aws/ec2/routeTableAssociation.js";
import { Subnet } from "@pulumi/aws/ec2/subnet.js";
import { Vpc } from "@pulumi/aws/ec2/vpc.js";
import { VpcEndpoint } from "@pulumi/aws/ec2/vpcEndpoint.js";
import { getAvailabilityZonesOutput } from "@pulumi/aws/getAvailabilityZones.js";
import { Role } from "@pulumi/aws/iam/role.js";
import { RolePolicyAttachment } from "@pulumi/aws/iam/rolePolicyAttachment.js";
import { Alias } from "@pulumi/aws/kms/alias.js";
import { Key } from "@pulumi/aws/kms/key.js";
import type { CustomResourceOptions, Output } from "@pulumi/pulumi";

export type Network = {
  readonly vpcId: Output<string>;
  readonly privateSubnetIds: readonly Output<string>[];
};

export function createNetwork(range: string, options: CustomResourceOptions): Network {
  const zones = getAvailabilityZonesOutput({ state: "available" }, options).names;
  const vpc = new Vpc("vpc", { cidrBlock: range, enableDnsHostnames: true }, options);
  const gateway = new InternetGateway("gateway", { vpcId: vpc.id }, options);
  const prefix = range.split(".").slice(0, 2).join(".");
  const places = [0, 1, 2];
  const privateSubnets = places.map((place) => {
    const availabilityZone = zones.apply((names) => names[place] ?? "");
    const cidrBlock = `${prefix}.${place * 32}.0/19`;
    const open = new Subnet(
      `public-${place}`,
      { vpcId: vpc.id, availabilityZone, cidrBlock: `${prefix}.${224 + place}.0/24` },
      options,
    );
    const closed = new Subnet(`private-${place}`, { vpcId: vpc.id, availabilityZone, cidrBlock }, options);
    const address = new Eip(`address-${place}`, { domain: "vpc" }, options);
    const nat = new NatGateway(`nat-${place}`, { subnetId: open.id, allocationId: address.id }, options);
    const inside = new RouteTable(`inside-${place}`, { vpcId: vpc.id }, options);
    const outside = new RouteTable(`outside-${place}`, { vpcId: vpc.id }, options);
    const destinationCidrBlock = "0.0.0.0/0";
    new Route(
      `inside-${place}`,
      { routeTableId: inside.id, destinationCidrBlock, natGatewayId: nat.id },
      options,
    );
    new Route(
      `outside-${place}`,
      { routeTableId: outside.id, destinationCidrBlock, gatewayId: gateway.id },
      options,
    );
    new RouteTableAssociation(`inside-${place}`, { subnetId: closed.id, routeTableId: inside.id }, options);
    new RouteTableAssociation(`outside-${place}`, { subnetId: open.id, routeTableId: outside.id }, options);
    return closed;
  });
  const privateSubnetIds = privateSubnets.map(({ id }) => id);
  new VpcEndpoint("s3", { vpcId: vpc.id, serviceName: "com.amazonaws.us-east-1.s3" }, options);
  for (const service of ["ecr.api", "ecr.dkr", "sts", "logs", "eks-auth"]) {
    const serviceName = `com.amazonaws.us-east-1.${service}`;
    new VpcEndpoint(
      service.replace(".", "-"),
      {
        vpcId: vpc.id,
        serviceName,
        vpcEndpointType: "Interface",
        subnetIds: privateSubnetIds,
        privateDnsEnabled: true,
      },
      options,
    );
  }
  return { vpcId: vpc.id, privateSubnetIds };
}

export function createKey(purpose: string, options: CustomResourceOptions): Output<string> {
  const key = new Key(
    purpose,
    { enableKeyRotation: true, deletionWindowInDays: 30 },
    { ...options, protect: true },
  );
  new Alias(purpose, { name: `alias/prod-${purpose}`, targetKeyId: key.keyId }, options);
  return key.arn;
}

export function createRole(name: string, service: string, options: CustomResourceOptions): Role {
  const role = new Role(name, { name: `prod-${name}`, assumeRolePolicy: trustOf(service) }, options);
  const policyArn = "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy";
  new RolePolicyAttachment(name, { role: role.name, policyArn }, options);
  return role;
}

function trustOf(service: string): string {
  const statement = {
    Effect: "Allow",
    Action: ["sts:AssumeRole", "sts:TagSession"],
    Principal: { Service: service },
  };
  return JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
}

export function createLogs(name: string, options: CustomResourceOptions): void {
  new LogGroup(name, { name: `/aws/eks/${name}/cluster`, retentionInDays: 365 }, options);
}
