// IPv4 ranges: whether they are written right, fit AWS's sizes, lie in their VPC and do not overlap. Pure.
import { isUnknown, type PropertyMap, type PropertyValue, stringAt } from "../property-values.ts";
import type { CheckProblem } from "../provider-messages.ts";
import { describeValue } from "./check-inputs.ts";
import { valuesAt } from "./known-values.ts";

export type Range = {
  readonly text: string;
  readonly first: number;
  readonly size: number;
  readonly prefix: number;
};

/** Undefined for what is no range, also for one whose address is not its first. */
export function readRange(text: string): Range | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text);
  if (!match) return undefined;
  const [prefix, ...bytes] = [match[5], match[1], match[2], match[3], match[4]].map(Number);
  if (prefix === undefined || prefix > 32 || bytes.some((byte) => byte > 255)) return undefined;
  const first = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  const size = 2 ** (32 - prefix);
  return first % size === 0 ? { text, first, size, prefix } : undefined;
}

function contains(outer: Range, inner: Range): boolean {
  return inner.first >= outer.first && inner.first + inner.size <= outer.first + outer.size;
}

function overlaps(a: Range, b: Range): boolean {
  return a.first < b.first + b.size && b.first < a.first + a.size;
}

/** Type token → paths of ranges; those of VPCs and subnets have limits of their own. */
const PATHS: Readonly<Record<string, readonly string[]>> = {
  "aws:ec2/vpc:Vpc": ["cidrBlock"],
  "aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation": ["cidrBlock"],
  "aws:ec2/subnet:Subnet": ["cidrBlock"],
  "aws:ec2/route:Route": ["destinationCidrBlock"],
  "aws:ec2/routeTable:RouteTable": ["routes[].cidrBlock"],
  "aws:ec2/securityGroup:SecurityGroup": ["ingress[].cidrBlocks[]", "egress[].cidrBlocks[]"],
  "aws:ec2/securityGroupRule:SecurityGroupRule": ["cidrBlocks[]"],
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": ["cidrIpv4"],
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": ["cidrIpv4"],
  "aws:eks/cluster:Cluster": ["vpcConfig.publicAccessCidrs[]", "kubernetesNetworkConfig.serviceIpv4Cidr"],
};

const SIZED = /:(?:Vpc|Subnet|VpcIpv4CidrBlockAssociation)$/;

/** Inputs without secret wrappers. */
export function checkAddresses(type: string, inputs: PropertyMap): readonly CheckProblem[] {
  return (PATHS[type] ?? []).flatMap((path) =>
    valuesAt(inputs, path.split(".")).flatMap(({ property, value }) => {
      const reason = isUnknown(value) ? undefined : rangeProblem(value, SIZED.test(type));
      return reason === undefined ? [] : [{ property, reason }];
    }),
  );
}

function rangeProblem(value: PropertyValue, isSized: boolean): string | undefined {
  const range = typeof value === "string" ? readRange(value) : undefined;
  const got = `got ${describeValue(value)}, want`;
  if (range === undefined) return `${got} a range such as 10.0.0.0/16, with its first address`;
  return isSized && (range.prefix < 16 || range.prefix > 28) ? `${got} a size from /16 to /28` : undefined;
}

/** Ranges of the VPCs and subnets that one run has declared so far. */
export type AddressPlan = { readonly vpcs: Map<string, Vpc>; readonly subnets: Map<string, Subnet> };
type Vpc = { readonly id: string | undefined; readonly ranges: readonly Range[] };
type Subnet = { readonly vpc: string; readonly range: Range };

export function createAddressPlan(): AddressPlan {
  return { vpcs: new Map(), subnets: new Map() };
}

/** A VPC's id is known once it exists; until then a subnet's VPC is clear only where there is one alone. */
export function noteVpc(plan: AddressPlan, urn: string, vpc: { id?: string; range?: string }): void {
  const old = plan.vpcs.get(urn);
  const range = vpc.range === undefined ? undefined : readRange(vpc.range);
  plan.vpcs.set(urn, { id: vpc.id ?? old?.id, ranges: range ? [range] : (old?.ranges ?? []) });
}

/** Adds the second range of a VPC. */
export function noteAssociation(plan: AddressPlan, inputs: PropertyMap): void {
  const range = readRange(stringAt(inputs, ["cidrBlock"]) ?? "");
  const found = vpcOf(plan, inputs.vpcId);
  if (range && found) plan.vpcs.set(found.urn, { ...found.vpc, ranges: [...found.vpc.ranges, range] });
}

/** Whether the subnet lies in its VPC and overlaps no other; notes it. */
export function checkSubnet(plan: AddressPlan, urn: string, inputs: PropertyMap): readonly CheckProblem[] {
  const range = readRange(stringAt(inputs, ["cidrBlock"]) ?? "");
  const found = vpcOf(plan, inputs.vpcId);
  if (!range || !found || found.vpc.ranges.length === 0) return [];
  const others = [...plan.subnets].filter(([other, { vpc }]) => other !== urn && vpc === found.urn);
  plan.subnets.set(urn, { vpc: found.urn, range });
  const clash = others.find(([, other]) => overlaps(other.range, range));
  const ranges = found.vpc.ranges.map(({ text }) => text).join(" or ");
  return [
    ...(found.vpc.ranges.some((outer) => contains(outer, range))
      ? []
      : [
          {
            property: "cidrBlock",
            reason: `got "${range.text}", want a range inside of the VPC's ${ranges}`,
          },
        ]),
    ...(clash
      ? [
          {
            property: "cidrBlock",
            reason: `got "${range.text}", want one that does not overlap ${clash[1].range.text} of ${clash[0].split("::").at(-1)}`,
          },
        ]
      : []),
  ];
}

function vpcOf(plan: AddressPlan, id: PropertyValue | undefined): { urn: string; vpc: Vpc } | undefined {
  const all = [...plan.vpcs].map(([urn, vpc]) => ({ urn, vpc }));
  return isUnknown(id) ? (all.length === 1 ? all[0] : undefined) : all.find(({ vpc }) => vpc.id === id);
}
