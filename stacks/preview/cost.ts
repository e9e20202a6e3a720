// What a stack's resources cost an hour, at rest and at most, from the tables of prices and instances. Pure.
import { eksSupport } from "../../components/contract/eks-versions.ts";
import { findInstanceType, type InstanceType } from "../../components/contract/instance-types.ts";
import { LABELS } from "../../components/contract/labels.ts";
import { findPrice, usdPerHour } from "../../components/contract/prices.ts";
import { restingGpus } from "./gpu-demand.ts";
import { listAt, nameOf, numberAt, type Resource, textAt, valueAt } from "./resource.ts";
import { planRollout } from "./rollout-plan.ts";

export type CostItem = {
  /** Name of the resource. */
  readonly name: string;
  /** What is charged for, e.g. `2 to 4 × m7g.large`. */
  readonly what: string;
  /** USD an hour with nothing to do: the least that it shrinks to. */
  readonly idle: number;
  /** USD an hour at the largest size that it may grow to. */
  readonly peak: number;
  /** Its price was compared with no published list. */
  readonly isUnverified?: true;
};

export type Cost = {
  readonly idle: number;
  readonly peak: number;
  /** Dearest first. */
  readonly items: readonly CostItem[];
  /** Resources that cost by the hour, but which the tables have no price of. */
  readonly unpriced: readonly string[];
};

/** What the figures rest on. */
export function costAssumptions({ items }: Cost): readonly string[] {
  const guessed = [...new Set(items.flatMap(({ what, isUnverified }) => (isUnverified ? [what] : [])))];
  const unverified = `compared with no published list, so perhaps wrong: the prices of ${guessed.toSorted().join(", ")}`;
  return [...COST_ASSUMPTIONS, ...(guessed.length === 0 ? [] : [unverified])];
}

const COST_ASSUMPTIONS: readonly string[] = [
  "on-demand prices of us-east-1 in USD, without tax, reserved capacity and free tiers; spot counts as on demand",
  "not counted: data transfer, requests, stored gigabytes and disks of nodes",
];

type Priced = Omit<CostItem, "name"> | "unpriced";
type Context = {
  readonly resources: readonly Resource[];
  readonly day: string;
  /** GPUs in use at rest, by pool. */
  readonly restingGpus: ReadonlyMap<string, number>;
};
type Pricer = (resource: Resource, context: Context) => Priced | undefined;

/** `day` (`YYYY-MM-DD`) decides which support an EKS version has. */
export function costOf(resources: readonly Resource[], day: string): Cost {
  const context = { resources, day, restingGpus: restingGpus(planRollout(resources, resources)) };
  const priced = resources.flatMap((resource) => {
    const price = PRICERS[resource.type.replace(/^kubernetes:karpenter\.sh\/[^:]+:/, "karpenter:")];
    const result = price?.(resource, context);
    return result === undefined ? [] : [{ name: nameOf(resource), result }];
  });
  const items = priced.flatMap(({ name, result }) => (result === "unpriced" ? [] : [{ name, ...result }]));
  return {
    idle: sum(items.map(({ idle }) => idle)),
    peak: sum(items.map(({ peak }) => peak)),
    items: items.toSorted((a, b) => b.peak - a.peak || (a.name < b.name ? -1 : 1)),
    unpriced: priced.filter(({ result }) => result === "unpriced").map(({ name }) => name),
  };
}

const PRICERS: Readonly<Record<string, Pricer>> = {
  "aws:eks/cluster:Cluster": priceCluster,
  "aws:eks/nodeGroup:NodeGroup": priceNodeGroup,
  "karpenter:NodePool": priceNodePool,
  "aws:ec2/natGateway:NatGateway": () => fixed("NAT gateway", "nat.hour"),
  "aws:ec2/eip:Eip": () => fixed("public IPv4 address", "ipv4.hour"),
  "aws:ec2/vpcEndpoint:VpcEndpoint": priceEndpoint,
  "aws:rds/clusterInstance:ClusterInstance": priceAurora,
  "aws:rds/instance:Instance": priceDatabase,
  "aws:elasticache/replicationGroup:ReplicationGroup": priceCache,
  "aws:lb/loadBalancer:LoadBalancer": () => fixed("load balancer", "load-balancer.application"),
  "aws:kms/key:Key": () => fixed("key", "kms.key"),
  "aws:secretsmanager/secret:Secret": () => fixed("secret", "secrets-manager.secret"),
};

function fixed(what: string, price: string, count = 1): Priced {
  return ranged(count === 1 ? what : `${count} × ${what}`, price, { least: count, most: count });
}

type Range = { readonly least: number; readonly most: number };

function ranged(what: string, name: string, { least, most }: Range): Priced {
  const price = findPrice(name);
  const idle = price && usdPerHour(price, least);
  const peak = price && usdPerHour(price, most);
  if (idle === undefined || peak === undefined) return "unpriced";
  return { what, idle, peak, ...(price?.isUnverified && { isUnverified: true }) };
}

function priceCluster({ props }: Resource, { day }: Context): Priced {
  const version = textAt(props, "version");
  const isExtended = version !== undefined && eksSupport(version, day) === "extended";
  const what = `EKS control plane${isExtended ? " in extended support" : ""}`;
  return fixed(what, isExtended ? "eks.extended" : "eks.standard");
}

/** At rest its fewest nodes, or those of pods that always run where these are more. */
function priceNodeGroup({ props }: Resource, context: Context): Priced {
  const fewest =
    numberAt(props, "scalingConfig", "desiredSize") ?? numberAt(props, "scalingConfig", "minSize");
  const most = numberAt(props, "scalingConfig", "maxSize");
  const dearest = dearestOf(listAt(props, "instanceTypes").map(String));
  if (fewest === undefined || most === undefined || dearest === undefined) return "unpriced";
  const { name, row } = dearest;
  const used = nodesInUse(textAt(props, "labels", LABELS.pool), row, context);
  const least = Math.min(most, Math.max(fewest, used));
  const count = least === most ? `${most}` : `${least} to ${most}`;
  return { what: `${count} × ${name}`, idle: least * row.usdPerHour, peak: most * row.usdPerHour };
}

function nodesInUse(pool: string | undefined, { gpu }: InstanceType, { restingGpus }: Context): number {
  return perNode(restingGpus.get(pool ?? ""), gpu?.count) ?? 0;
}

type NamedType = { readonly name: string; readonly row: InstanceType };

function dearestOf(names: readonly string[]): NamedType | undefined {
  const rows = names.flatMap((name): readonly NamedType[] => {
    const row = findInstanceType(name);
    return row === undefined ? [] : [{ name, row }];
  });
  // One type without a price hides what the group may cost.
  if (rows.length < names.length) return undefined;
  return rows.toSorted((a, b) => b.row.usdPerHour - a.row.usdPerHour)[0];
}

/** At rest the nodes of pods that always run; at most what its limit of GPUs, CPUs or nodes lets it grow to. */
function priceNodePool({ props }: Resource, context: Context): Priced {
  const requirements = listAt(props, "spec", "template", "spec", "requirements");
  const types = requirements
    .filter((each) => textAt(each, "key") === "node.kubernetes.io/instance-type")
    .flatMap((each) => listAt(each, "values").map(String));
  const dearest = dearestOf(types);
  const nodes = dearest && mostNodes(valueAt(props, "spec", "limits"), dearest.row);
  if (dearest === undefined || nodes === undefined) return "unpriced";
  const fixedNodes = numberAt(props, "spec", "replicas") ?? 0;
  const { name, row } = dearest;
  const used = nodesInUse(textAt(props, "spec", "template", "metadata", "labels", LABELS.pool), row, context);
  return {
    what: `up to ${nodes} × ${name}`,
    idle: Math.min(nodes, Math.max(fixedNodes, used)) * row.usdPerHour,
    peak: nodes * row.usdPerHour,
  };
}

function mostNodes(limits: unknown, { gpu, vcpus }: InstanceType): number | undefined {
  const bounds = [
    numericAt(limits, "nodes"),
    perNode(numericAt(limits, "nvidia.com/gpu"), gpu?.count),
    perNode(numericAt(limits, "cpu"), vcpus),
  ].filter((bound) => bound !== undefined);
  return bounds.length === 0 ? undefined : Math.min(...bounds);
}

function perNode(limit: number | undefined, share: number | undefined): number | undefined {
  return limit === undefined || share === undefined ? undefined : Math.ceil(limit / share);
}

/** Kubernetes takes quantities as numbers and as text. */
function numericAt(value: unknown, key: string): number | undefined {
  const number = Number(valueAt(value, key));
  return Number.isNaN(number) ? undefined : number;
}

/** Endpoints of the gateway kind cost nothing. */
function priceEndpoint({ props }: Resource): Priced | undefined {
  if (textAt(props, "vpcEndpointType") !== "Interface") return undefined;
  const zones = Math.max(1, listAt(props, "subnetIds").length);
  return fixed(`interface endpoint in ${zones} zones`, "endpoint.zone-hour", zones);
}

/** An instance of a serverless cluster costs by the capacity that the cluster's settings allow it. */
function priceAurora({ props }: Resource, { resources }: Context): Priced {
  const instanceClass = textAt(props, "instanceClass") ?? "";
  if (instanceClass !== "db.serverless") return fixed(instanceClass, `rds.${instanceClass}`);
  const clusters = resources.filter(({ type }) => type === "aws:rds/cluster:Cluster");
  const identifier = textAt(props, "clusterIdentifier");
  const own = clusters.find((it) => textAt(it.props, "clusterIdentifier") === identifier) ?? clusters[0];
  const capacity = valueAt(own?.props, "serverlessv2ScalingConfiguration");
  const least = numberAt(capacity, "minCapacity");
  const most = numberAt(capacity, "maxCapacity");
  if (least === undefined || most === undefined) return "unpriced";
  return ranged(`Aurora, ${least} to ${most} capacity units`, "aurora.acu", { least, most });
}

function priceDatabase({ props }: Resource): Priced {
  const instanceClass = textAt(props, "instanceClass") ?? "";
  const zones = valueAt(props, "multiAz") === true ? 2 : 1;
  return fixed(instanceClass, `rds.${instanceClass}`, zones);
}

function priceCache({ props }: Resource): Priced {
  const type = textAt(props, "nodeType") ?? "";
  const shards = numberAt(props, "numNodeGroups") ?? 1;
  const replicas = numberAt(props, "replicasPerNodeGroup") ?? 0;
  const nodes = numberAt(props, "numCacheClusters") ?? shards * (1 + replicas);
  return fixed(type, `elasticache.${type}`, nodes);
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, each) => total + each, 0);
}
