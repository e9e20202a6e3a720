// Settings of a pool → its disks, network interfaces, sizes and times; what both kinds of pool are made of.
import { findInstanceType } from "../contract/instance-types.ts";
import type { Ownership } from "../kit/ownership.ts";
import { type GpuNodesPlan, planGpuNodes } from "./gpu-nodes.plan.ts";
import type { ManagedPoolSettings } from "./gpu-pool.args.ts";
import { DRAIN_MINUTES } from "./gpu-pool.rules.ts";
import type { PoolFields } from "./pool-fields.args.ts";
import { managedUserData } from "./user-data.ts";

export type DiskPlan = {
  readonly device: "/dev/xvda" | "/dev/xvdb";
  readonly sizeGib: number;
  readonly throughputMibps?: number;
  readonly iops?: number;
  readonly snapshotId?: string;
  readonly initializationRateMibps?: number;
};

export type ScheduledSize = { readonly name: string; readonly at: string; readonly nodes: number };

export type GpuPoolPlan = {
  readonly name: string;
  readonly nodes: GpuNodesPlan;
  readonly amiType: string;
  readonly capacityType: "ON_DEMAND" | "SPOT" | "CAPACITY_BLOCK";
  readonly instanceTypes: readonly string[];
  readonly reservationId?: string;
  readonly size: { readonly min: number; readonly max: number; readonly initial: number };
  readonly schedule: readonly ScheduledSize[];
  readonly disks: readonly DiskPlan[];
  readonly interfaces: readonly InterfacePlan[];
  readonly userData?: string;
  readonly repair: boolean;
  readonly updates: ManagedPoolSettings["updates"];
  /** Positions of its zones among the VPC's. */
  readonly subnets: readonly number[];
  readonly tags: Readonly<Record<string, string>>;
};

/** Decides what a managed pool consists of. */
export function planGpuPool(settings: ManagedPoolSettings): GpuPoolPlan {
  const nodes = planGpuNodes(settings);
  const size = planSize(settings, nodes.shapes[0]?.gpus ?? 1);
  const userData = managedUserData(settings);
  const { capacity } = settings;
  return {
    name: settings.name,
    nodes,
    amiType: amiType(settings),
    capacityType: CAPACITY_TYPES[capacity.kind],
    instanceTypes: settings.instanceTypes,
    ...(capacity.kind === "capacity-block" && { reservationId: capacity.reservationId }),
    ...(capacity.kind === "reservation" && { reservationId: capacity.id }),
    size,
    schedule: capacity.kind === "capacity-block" ? planSchedule(capacity, size.max) : [],
    disks: planDisks(settings),
    interfaces: planInterfaces(settings),
    ...(userData !== undefined && { userData }),
    repair: settings.repair,
    updates: settings.updates,
    subnets: planSubnets(settings),
    tags: planTags(settings),
  };
}

const CAPACITY_TYPES = {
  "on-demand": "ON_DEMAND",
  reservation: "ON_DEMAND",
  spot: "SPOT",
  "capacity-block": "CAPACITY_BLOCK",
} as const;

/** Source: EKS API, `amiType`. */
function amiType({ os, architecture }: PoolFields): string {
  const image = os === "bottlerocket" ? "BOTTLEROCKET" : "AL2023";
  const processor = architecture === "x86_64" ? "x86_64" : "ARM_64";
  return `${image}_${processor}_NVIDIA`;
}

/** A block's group is empty until its schedule says otherwise. */
function planSize({ nodes, maxGpus, capacity }: ManagedPoolSettings, gpus: number): GpuPoolPlan["size"] {
  const min = nodes.min ?? (capacity.kind === "capacity-block" ? 0 : 1);
  return { min, max: nodes.max ?? Math.floor(maxGpus / gpus), initial: min };
}

type Block = { readonly startsAt: string; readonly endsAt: string };

function planSchedule({ startsAt, endsAt }: Block, nodes: number): readonly ScheduledSize[] {
  return [
    { name: "start", at: toSeconds(Date.parse(startsAt)), nodes },
    { name: "drain", at: toSeconds(Date.parse(endsAt) - DRAIN_MINUTES * 60_000), nodes: 0 },
  ];
}

/** As EC2 Auto Scaling takes it: without fractions of a second. */
function toSeconds(time: number): string {
  return new Date(time).toISOString().replace(/\.\d+Z$/, "Z");
}

const SYSTEM_GIB = 4;

/** Bottlerocket has its system on the first disk, and images, caches and logs on the second. */
export function planDisks({ os, volume }: PoolFields): readonly DiskPlan[] {
  const { snapshotId, initializationRateMibps, ...rest } = volume;
  const data = {
    ...rest,
    ...(snapshotId !== undefined && { snapshotId }),
    ...(initializationRateMibps !== undefined && { initializationRateMibps }),
  };
  return os === "bottlerocket"
    ? [
        { device: "/dev/xvda", sizeGib: SYSTEM_GIB },
        { device: "/dev/xvdb", ...data },
      ]
    : [{ device: "/dev/xvda", ...data }];
}

export type InterfacePlan = { readonly card: number; readonly hasEfa: boolean };

/** With EFA, one interface a network card, the first of them for plain traffic too; none are written down without. */
export function planInterfaces({ efa, instanceTypes }: PoolFields): readonly InterfacePlan[] {
  const row = findInstanceType(instanceTypes[0] ?? "");
  if (!efa || row === undefined) return [];
  const first = row.efaFirstCard ?? 0;
  const cards = first + row.efaInterfaces;
  return Array.from({ length: cards }, (_, card) => ({ card, hasEfa: card >= first }));
}

export type ZoneSettings = {
  readonly vpcZones: readonly string[];
  readonly zones?: readonly string[] | undefined;
};

export function planSubnets({ zones, vpcZones }: ZoneSettings): readonly number[] {
  return (zones ?? vpcZones).map((zone) => vpcZones.indexOf(zone));
}

type TagSettings = { readonly name: string; readonly prefix: string; readonly ownership: Ownership };

/** Tags of machines and disks, which the provider's default tags do not reach. */
export function planTags({ name, prefix, ownership }: TagSettings): Record<string, string> {
  return {
    Name: `${prefix}-${name}`,
    environment: ownership.environment,
    owner: ownership.owner,
    "cost-center": ownership.costCenter,
  };
}
