// Networks: how EC2 makes and describes them.
import type { Props, Row } from "./api-row.ts";

const ec2Tags = (type: string): Props => ({ TagSpecifications: [{ ResourceType: type, Tags: "$tags" }] });
const EVERYWHERE = [{ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] }];

/** One EC2 thing, made by one call and described by its id. */
const ec2 = (
  kind: { one: string; many: string; key: string; type: string },
  more: Partial<Row> = {},
): Row => ({
  service: "ec2",
  steps: [{ call: `create_${kind.one}`, with: ec2Tags(kind.type) }],
  id: `${kind.key.replace(/Id$/, "")}.${kind.key}`,
  reads: [
    {
      call: `describe_${kind.one}s`,
      by: { [`${kind.key}s`]: ["$id"] },
      at: `${kind.many}.0`,
    },
  ],
  ...more,
});

export const NETWORK: Readonly<Record<string, Row>> = {
  "aws:ec2/vpc:Vpc": ec2(
    { one: "vpc", many: "Vpcs", key: "VpcId", type: "vpc" },
    {
      steps: [
        { call: "create_vpc", with: ec2Tags("vpc") },
        { call: "modify_vpc_attribute", takes: ["enableDnsSupport"], with: { VpcId: "$id" } },
        { call: "modify_vpc_attribute", takes: ["enableDnsHostnames"], with: { VpcId: "$id" } },
      ],
      reads: [
        { call: "describe_vpcs", by: { VpcIds: ["$id"] }, at: "Vpcs.0" },
        { call: "describe_vpc_attribute", by: { VpcId: "$id", Attribute: "enableDnsSupport" } },
        { call: "describe_vpc_attribute", by: { VpcId: "$id", Attribute: "enableDnsHostnames" } },
      ],
    },
  ),
  "aws:ec2/internetGateway:InternetGateway": ec2(
    {
      one: "internet_gateway",
      many: "InternetGateways",
      key: "InternetGatewayId",
      type: "internet-gateway",
    },
    {
      steps: [
        { call: "create_internet_gateway", takes: [], with: ec2Tags("internet-gateway") },
        { call: "attach_internet_gateway", takes: ["vpcId"], with: { InternetGatewayId: "$id" } },
      ],
      shows: { vpcId: "Attachments.0.VpcId" },
    },
  ),
  "aws:ec2/subnet:Subnet": ec2(
    { one: "subnet", many: "Subnets", key: "SubnetId", type: "subnet" },
    {
      steps: [
        { call: "create_subnet", with: ec2Tags("subnet") },
        { call: "modify_subnet_attribute", takes: ["mapPublicIpOnLaunch"], with: { SubnetId: "$id" } },
      ],
    },
  ),
  "aws:ec2/eip:Eip": {
    service: "ec2",
    steps: [{ call: "allocate_address", with: ec2Tags("elastic-ip") }],
    id: "AllocationId",
    reads: [{ call: "describe_addresses", by: { AllocationIds: ["$id"] }, at: "Addresses.0" }],
  },
  "aws:ec2/natGateway:NatGateway": ec2(
    { one: "nat_gateway", many: "NatGateways", key: "NatGatewayId", type: "natgateway" },
    { shows: { allocationId: "NatGatewayAddresses.0.AllocationId" } },
  ),
  "aws:ec2/routeTable:RouteTable": ec2({
    one: "route_table",
    many: "RouteTables",
    key: "RouteTableId",
    type: "route-table",
  }),
  "aws:ec2/routeTableAssociation:RouteTableAssociation": {
    service: "ec2",
    steps: [{ call: "associate_route_table" }],
    reads: [
      {
        call: "describe_route_tables",
        by: { RouteTableIds: ["$routeTableId"] },
        at: "RouteTables.0.Associations",
      },
    ],
  },
  "aws:ec2/route:Route": {
    service: "ec2",
    steps: [{ call: "create_route" }],
    reads: [
      {
        call: "describe_route_tables",
        by: { RouteTableIds: ["$routeTableId"] },
        at: "RouteTables.0.Routes",
      },
    ],
  },
  "aws:ec2/securityGroup:SecurityGroup": {
    service: "ec2",
    named: "name",
    steps: [
      { call: "create_security_group", as: { name: "GroupName" }, with: ec2Tags("security-group") },
      // A new group lets everything out; the provider takes that rule away.
      {
        call: "revoke_security_group_egress",
        takes: [],
        means: ["ingress", "egress"],
        with: { GroupId: "$id", IpPermissions: EVERYWHERE },
      },
    ],
    id: "GroupId",
    reads: [{ call: "describe_security_groups", by: { GroupIds: ["$id"] }, at: "SecurityGroups.0" }],
    shows: { ingress: "IpPermissions", egress: "IpPermissionsEgress" },
  },
  "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": {
    service: "ec2",
    steps: [
      // It came with the VPC.
      {
        call: "describe_security_groups",
        takes: [],
        with: {
          Filters: [
            { Name: "vpc-id", Values: ["$vpcId"] },
            { Name: "group-name", Values: ["default"] },
          ],
        },
      },
      {
        call: "revoke_security_group_egress",
        takes: [],
        means: ["egress"],
        with: { GroupId: "$id", IpPermissions: EVERYWHERE },
      },
      { call: "create_tags", takes: [], means: ["ingress"], with: { Resources: ["$id"], Tags: "$tags" } },
    ],
    id: "SecurityGroups.0.GroupId",
    reads: [{ call: "describe_security_groups", by: { GroupIds: ["$id"] }, at: "SecurityGroups.0" }],
    shows: { ingress: "IpPermissions", egress: "IpPermissionsEgress" },
  },
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": {
    service: "ec2",
    steps: ({ cidrIpv4, description }) => [
      {
        call: "authorize_security_group_ingress",
        takes: [],
        means: ["description", "cidrIpv4", "referencedSecurityGroupId"],
        with: {
          GroupId: "$securityGroupId",
          IpPermissions: [
            {
              IpProtocol: "$ipProtocol",
              FromPort: "$fromPort",
              ToPort: "$toPort",
              ...(cidrIpv4 === undefined
                ? { UserIdGroupPairs: [{ GroupId: "$referencedSecurityGroupId", Description: description }] }
                : { IpRanges: [{ CidrIp: cidrIpv4, Description: description }] }),
            },
          ],
        },
      },
    ],
    reads: [
      {
        call: "describe_security_group_rules",
        by: { Filters: [{ Name: "group-id", Values: ["$securityGroupId"] }] },
        at: "SecurityGroupRules",
      },
    ],
    shows: { referencedSecurityGroupId: "ReferencedGroupInfo.GroupId" },
    // Shown for ranges of addresses only.
    hidden: ["description"],
  },
  "aws:ec2/vpcEndpoint:VpcEndpoint": ec2(
    { one: "vpc_endpoint", many: "VpcEndpoints", key: "VpcEndpointId", type: "vpc-endpoint" },
    { shows: { securityGroupIds: "Groups.GroupId" } },
  ),
  "aws:ec2/flowLog:FlowLog": {
    service: "ec2",
    steps: [
      {
        call: "create_flow_logs",
        as: { vpcId: "ResourceIds", iamRoleArn: "DeliverLogsPermissionArn" },
        with: { ResourceType: "VPC", ...ec2Tags("vpc-flow-log") },
      },
    ],
    reads: [
      {
        call: "describe_flow_logs",
        by: { Filter: [{ Name: "resource-id", Values: ["$vpcId"] }] },
        at: "FlowLogs.0",
      },
    ],
  },
  "aws:ec2/launchTemplate:LaunchTemplate": {
    service: "ec2",
    named: "name",
    steps: [
      {
        call: "create_launch_template",
        as: { name: "LaunchTemplateName", description: "VersionDescription" },
        into: "LaunchTemplateData",
        // Without tags of its own: moto shows them among those of its instances.
      },
    ],
    id: "LaunchTemplate.LaunchTemplateId",
    reads: ["LaunchTemplateVersions.0", "LaunchTemplateVersions.0.LaunchTemplateData"].map((at) => ({
      call: "describe_launch_template_versions",
      by: { LaunchTemplateId: "$id", Versions: ["1"] },
      at,
    })),
    // The first version is the default one.
    ours: ["updateDefaultVersion"],
  },
};
