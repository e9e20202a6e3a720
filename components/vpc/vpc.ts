// Vpc: the network of a cluster, its subnets by zone, its ways out, its private endpoints and its flow logs.
import { LogGroup } from "@pulumi/aws/cloudwatch/logGroup.js";
import { DefaultSecurityGroup } from "@pulumi/aws/ec2/defaultSecurityGroup.js";
import { Eip } from "@pulumi/aws/ec2/eip.js";
import { FlowLog } from "@pulumi/aws/ec2/flowLog.js";
import { InternetGateway } from "@pulumi/aws/ec2/internetGateway.js";
import { NatGateway } from "@pulumi/aws/ec2/natGateway.js";
import { Route } from "@pulumi/aws/ec2/route.js";
import { RouteTable } from "@pulumi/aws/ec2/routeTable.js";
import { RouteTableAssociation } from "@pulumi/aws/ec2/routeTableAssociation.js";
import { SecurityGroup } from "@pulumi/aws/ec2/securityGroup.js";
import { Subnet } from "@pulumi/aws/ec2/subnet.js";
import { Vpc as Network } from "@pulumi/aws/ec2/vpc.js";
import { VpcEndpoint } from "@pulumi/aws/ec2/vpcEndpoint.js";
import { Role } from "@pulumi/aws/iam/role.js";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy.js";
import { SecurityGroupIngressRule } from "@pulumi/aws/vpc/securityGroupIngressRule.js";
import { all, type ComponentResourceOptions, type Input, type Output, type Resource } from "@pulumi/pulumi";
import { BaseComponent } from "../kit/component.ts";
import { applyOverride } from "../kit/override.ts";
import { parseSettings } from "../kit/parse-settings.ts";
import { type VpcArgs, type VpcOverride, vpcSettings } from "./vpc.args.ts";
import * as manifests from "./vpc.manifests.ts";
import { planVpc, type VpcPlan, type ZonePlan } from "./vpc.plan.ts";

const TOKEN = { area: "vpc", kind: "Vpc" };

type PublicSubnet = {
  readonly zone: string;
  readonly subnet: Subnet;
  /** Its id, known once the subnet has its way to the internet. */
  readonly routedId: Output<string>;
};

type PrivateSubnet = {
  readonly subnet: Subnet;
  readonly routeTable: RouteTable;
  /** Its id, known once the subnet has its way out: nodes that start before it cannot join. */
  readonly routedId: Output<string>;
};

/** A network for one cluster. Throws ConfigError on a wrong setting. */
export class Vpc extends BaseComponent {
  readonly vpcId: Output<string>;
  /** One a zone, in the order of the settings. */
  readonly privateSubnetIds: readonly Output<string>[];
  /** One a zone, in the order of the settings; none with nat "none". */
  readonly publicSubnetIds: readonly Output<string>[];
  readonly #plan: VpcPlan;
  readonly #override: VpcOverride;

  constructor(name: string, args: VpcArgs, opts: ComponentResourceOptions = {}) {
    const plan = planVpc(parseSettings(vpcSettings, args, { ...TOKEN, name }));
    super(TOKEN, name, opts);
    this.#plan = plan;
    this.#override = args.override ?? {};
    this.vpcId = this.#createNetwork();
    const open = this.#createPublicSubnets();
    const nats = this.#createNatGateways(open);
    const closed = plan.zones.map((zone) => this.#createPrivateSubnet(zone, nats));
    this.#createEndpoints(closed);
    this.#createFlowLogs(args.refs.logsKeyArn);
    this.privateSubnetIds = closed.map(({ routedId }) => routedId);
    this.publicSubnetIds = open.map(({ routedId }) => routedId);
    this.registerOutputs({ vpcId: this.vpcId });
  }

  #createNetwork(): Output<string> {
    const { id: vpcId } = new Network(
      this.childName("vpc"),
      applyOverride(manifests.networkArgs(this.#plan), this.#override.vpc),
      this.childOptions(),
    );
    // Taken over with no rule: what is put into no group by mistake talks to nobody.
    new DefaultSecurityGroup(
      this.childName("default-security-group"),
      { vpcId, ingress: [], egress: [], tags: manifests.nameTag(this.#plan, "default-unused") },
      this.childOptions(),
    );
    return vpcId;
  }

  #createPublicSubnets(): readonly PublicSubnet[] {
    const zones = this.#plan.zones.flatMap(({ zone, publicCidr: cidr }) =>
      cidr === undefined ? [] : [{ zone, cidr }],
    );
    if (zones.length === 0) return [];
    const { routeTable, route } = this.#createInternetRoute();
    return zones.map((each) => {
      const subnet = new Subnet(
        this.childName(`public-${each.zone}`),
        applyOverride(manifests.publicSubnetArgs(this.#plan, each, this.vpcId), this.#override.publicSubnet),
        this.childOptions(),
      );
      const association = new RouteTableAssociation(
        this.childName(`public-association-${each.zone}`),
        { routeTableId: routeTable.id, subnetId: subnet.id },
        this.childOptions(),
      );
      const routedId = after(subnet.id, [association, route]);
      return { zone: each.zone, subnet, routedId };
    });
  }

  #createInternetRoute(): { readonly routeTable: RouteTable; readonly route: Route } {
    const gateway = new InternetGateway(
      this.childName("internet-gateway"),
      { vpcId: this.vpcId, tags: manifests.nameTag(this.#plan) },
      this.childOptions(),
    );
    const routeTable = new RouteTable(
      this.childName("public-routes"),
      { vpcId: this.vpcId, tags: manifests.nameTag(this.#plan, "public") },
      this.childOptions(),
    );
    const route = new Route(
      this.childName("public-default-route"),
      { routeTableId: routeTable.id, destinationCidrBlock: manifests.ANYWHERE, gatewayId: gateway.id },
      this.childOptions(),
    );
    return { routeTable, route };
  }

  /** By zone. A NAT gateway is made after its subnet reaches the internet, as AWS asks for. */
  #createNatGateways(subnets: readonly PublicSubnet[]): ReadonlyMap<string, NatGateway> {
    const withNat = subnets.filter(({ zone }) => this.#plan.natZones.includes(zone));
    return new Map(
      withNat.map(({ zone, routedId }) => {
        const tags = manifests.nameTag(this.#plan, "nat", zone);
        const address = new Eip(
          this.childName(`nat-address-${zone}`),
          { domain: "vpc", tags },
          this.childOptions(),
        );
        const nat = new NatGateway(
          this.childName(`nat-${zone}`),
          applyOverride({ allocationId: address.id, subnetId: routedId, tags }, this.#override.nat),
          this.childOptions(),
        );
        return [zone, nat];
      }),
    );
  }

  #createPrivateSubnet(zone: ZonePlan, nats: ReadonlyMap<string, NatGateway>): PrivateSubnet {
    const subnet = new Subnet(
      this.childName(`private-${zone.zone}`),
      applyOverride(manifests.privateSubnetArgs(this.#plan, zone, this.vpcId), this.#override.privateSubnet),
      this.childOptions(),
    );
    const routeTable = new RouteTable(
      this.childName(`private-routes-${zone.zone}`),
      { vpcId: this.vpcId, tags: manifests.nameTag(this.#plan, "private", zone.zone) },
      this.childOptions(),
    );
    const association = new RouteTableAssociation(
      this.childName(`private-association-${zone.zone}`),
      { routeTableId: routeTable.id, subnetId: subnet.id },
      this.childOptions(),
    );
    const nat = nats.get(zone.natZone ?? "");
    const wayOut = nat === undefined ? [] : [this.#createNatRoute(zone, routeTable, nat)];
    return { subnet, routeTable, routedId: after(subnet.id, [association, ...wayOut]) };
  }

  #createNatRoute(zone: ZonePlan, routeTable: RouteTable, nat: NatGateway): Route {
    return new Route(
      this.childName(`private-default-route-${zone.zone}`),
      { routeTableId: routeTable.id, destinationCidrBlock: manifests.ANYWHERE, natGatewayId: nat.id },
      this.childOptions(),
    );
  }

  #createEndpoints(subnets: readonly PrivateSubnet[]): void {
    const { vpcId } = this;
    const routeTableIds = subnets.map(({ routeTable }) => routeTable.id);
    new VpcEndpoint(
      this.childName("endpoint-s3"),
      applyOverride(manifests.s3EndpointArgs(this.#plan, { vpcId, routeTableIds }), this.#override.endpoint),
      this.childOptions(),
    );
    if (this.#plan.endpoints.length === 0) return;
    const securityGroupId = this.#createEndpointGroup();
    const refs = { vpcId, securityGroupId, subnetIds: subnets.map(({ subnet }) => subnet.id) };
    for (const service of this.#plan.endpoints) {
      new VpcEndpoint(
        this.childName(`endpoint-${service.replaceAll(".", "-")}`),
        applyOverride(manifests.interfaceEndpointArgs(this.#plan, service, refs), this.#override.endpoint),
        this.childOptions(),
      );
    }
  }

  #createEndpointGroup(): Output<string> {
    const group = new SecurityGroup(
      this.childName("endpoints-security-group"),
      {
        vpcId: this.vpcId,
        description: "Private endpoints of AWS services",
        tags: manifests.nameTag(this.#plan, "endpoints"),
      },
      this.childOptions(),
    );
    new SecurityGroupIngressRule(
      this.childName("endpoints-https"),
      manifests.endpointIngressArgs(this.#plan, group.id),
      this.childOptions(),
    );
    return group.id;
  }

  #createFlowLogs(keyArn: Input<string>): void {
    if (this.#plan.flowLogs === undefined) return;
    const group = new LogGroup(
      this.childName("flow-log-group"),
      applyOverride(manifests.flowLogGroupArgs(this.#plan.flowLogs, keyArn), this.#override.flowLogGroup),
      this.childOptions(),
    );
    const role = new Role(
      this.childName("flow-log-role"),
      manifests.flowLogRoleArgs(this.#plan),
      this.childOptions(),
    );
    const policy = new RolePolicy(
      this.childName("flow-log-policy"),
      { role: role.name, policy: manifests.flowLogPolicy(this.#plan, group.name) },
      this.childOptions(),
    );
    new FlowLog(
      this.childName("flow-log"),
      manifests.flowLogArgs(this.#plan, { vpcId: this.vpcId, logGroupArn: group.arn, roleArn: role.arn }),
      this.childOptions({ dependsOn: [policy] }),
    );
  }
}

/**
 * `value`, once `resources` exist. It waits for their URNs, which a preview knows, not for their ids: an id that a new
 * route does not have yet would let a preview show the nodes of its subnet as replaced.
 */
function after(value: Output<string>, resources: readonly Resource[]): Output<string> {
  return all([value, all(resources.map(({ urn }) => urn))]).apply(([known]) => known);
}
