// Which settings of a pool do not go together, each with what to change; pure.
import { migOf } from "../contract/gpus.ts";
import { findInstanceType, INSTANCE_TYPES, type InstanceType } from "../contract/instance-types.ts";
import type { PoolFields } from "./pool-fields.args.ts";

type Problem = { readonly path: readonly (string | number)[]; readonly want: string };
type GpuRow = InstanceType & { readonly gpu: NonNullable<InstanceType["gpu"]> };
type NamedRow = { readonly name: string; readonly index: number; readonly row: GpuRow };

/** Nodes of a block are empty this long before its end: EC2 ends them from 30 minutes before it on. */
export const DRAIN_MINUTES = 40;

type Issues = {
  addIssue(issue: { code: "custom"; path: (string | number)[]; message: string }): void;
};

/** Reports every illegal pair of a pool's settings. */
export function reportIllegalPairs(pool: PoolFields, issues: Issues): void {
  report(
    RULES.flatMap((rule) => rule(pool)),
    issues,
  );
}

type Places = { readonly vpcZones: readonly string[]; readonly zones?: readonly string[] | undefined };

/** Reports zones in which the VPC has no subnet. */
export function reportUnknownZones({ zones = [], vpcZones }: Places, issues: Issues): void {
  const problems = zones.flatMap((zone, index) =>
    vpcZones.includes(zone)
      ? []
      : [{ path: ["zones", index], want: `a zone of the VPC: ${vpcZones.join(", ")}` }],
  );
  report(problems, issues);
}

function report(problems: readonly Problem[], issues: Issues): void {
  for (const { path, want } of problems) issues.addIssue({ code: "custom", path: [...path], message: want });
}

const RULES: readonly ((pool: PoolFields) => readonly Problem[])[] = [
  checkTypes,
  checkModels,
  checkLimit,
  checkNodes,
  checkInterruption,
  checkReserved,
  checkBlock,
  checkSharing,
  checkAllocation,
  checkEfa,
  checkVolume,
  checkBudgets,
];

function rowsOf({ instanceTypes }: PoolFields): readonly NamedRow[] {
  return instanceTypes.flatMap((name, index) => {
    const row = findInstanceType(name);
    return row?.gpu === undefined ? [] : [{ name, index, row: { ...row, gpu: row.gpu } }];
  });
}

function knownTypes(): string {
  return Object.keys(INSTANCE_TYPES)
    .filter((name) => findInstanceType(name)?.gpu !== undefined)
    .join(", ");
}

function checkTypes(pool: PoolFields): readonly Problem[] {
  return pool.instanceTypes.flatMap((name, index) => {
    const path = ["instanceTypes", index];
    const row = findInstanceType(name);
    if (row === undefined) return [{ path, want: `a known type with GPUs: ${knownTypes()}` }];
    if (row.gpu === undefined) return [{ path, want: `a type with GPUs: ${knownTypes()}` }];
    if (pool.instanceTypes.indexOf(name) < index) return [{ path, want: "each type once" }];
    return row.architecture === pool.architecture
      ? []
      : [{ path, want: `a type for a node image of ${pool.architecture}; this one is ${row.architecture}` }];
  });
}

function checkModels(pool: PoolFields): readonly Problem[] {
  const models = distinct(rowsOf(pool).map(({ row }) => row.gpu.model));
  const counts = distinct(rowsOf(pool).map(({ row }) => row.gpu.count));
  const path = ["instanceTypes"];
  if (models.length > 1) {
    return [{ path, want: `types with GPUs of one model, not ${models.join(" and ")}: a pool each` }];
  }
  const isEven = pool.kind === "managed" || pool.sharing.kind !== "none";
  return isEven && counts.length > 1
    ? [{ path, want: `types with the same number of GPUs, not ${counts.join(" and ")}: a pool each` }]
    : [];
}

function checkLimit(pool: PoolFields): readonly Problem[] {
  const largest = rowsOf(pool).toSorted((a, b) => b.row.gpu.count - a.row.gpu.count)[0];
  if (largest === undefined || largest.row.gpu.count <= pool.maxGpus) return [];
  return [{ path: ["maxGpus"], want: `at least ${largest.row.gpu.count}, the GPUs of one ${largest.name}` }];
}

function checkNodes(pool: PoolFields): readonly Problem[] {
  const count = rowsOf(pool)[0]?.row.gpu.count;
  if (pool.kind !== "managed" || count === undefined) return [];
  const { min = 0, max } = pool.nodes;
  const allowed = Math.floor(pool.maxGpus / count);
  if (max !== undefined && max > allowed && allowed > 0) {
    return [{ path: ["nodes", "max"], want: `at most ${allowed}, as maxGpus is ${pool.maxGpus}` }];
  }
  const most = max ?? allowed;
  return min > most ? [{ path: ["nodes", "min"], want: `at most ${most}, the largest size` }] : [];
}

function checkInterruption(pool: PoolFields): readonly Problem[] {
  if (pool.interruptible) return [];
  const spot: Problem = {
    path: ["capacity", "kind"],
    want: "on-demand, reservation or capacity-block; spot needs interruptible: true",
  };
  const expiry: Problem = {
    path: ["expireAfter"],
    want: "Never, as an expired node goes with its pods; another age needs interruptible: true",
  };
  return [
    ...(pool.capacity.kind === "spot" ? [spot] : []),
    ...(pool.kind === "karpenter" && (pool.expireAfter ?? "Never") !== "Never" ? [expiry] : []),
  ];
}

/** Reserved machines are of one type and in one zone. */
function checkReserved(pool: PoolFields): readonly Problem[] {
  const { kind } = pool.capacity;
  if (kind !== "reservation" && kind !== "capacity-block") return [];
  return [...checkOneType(pool, `a ${kind} has`), ...checkOneZone(pool, `the one of the ${kind}`)];
}

function checkOneType({ instanceTypes }: PoolFields, who: string): readonly Problem[] {
  return instanceTypes.length === 1
    ? []
    : [{ path: ["instanceTypes"], want: `exactly one type, as ${who} only one` }];
}

function checkOneZone({ zones }: PoolFields, which: string): readonly Problem[] {
  return zones?.length === 1 ? [] : [{ path: ["zones"], want: `exactly one zone, ${which}` }];
}

function checkBlock(pool: PoolFields): readonly Problem[] {
  const { capacity } = pool;
  if (capacity.kind !== "capacity-block") return [];
  const minutes = (Date.parse(capacity.endsAt) - Date.parse(capacity.startsAt)) / 60_000;
  const unsold = rowsOf(pool).filter(({ name }) => !name.startsWith("p"));
  const isStanding = pool.kind === "managed" && (pool.nodes.min ?? 0) > 0;
  return [
    ...(minutes > DRAIN_MINUTES
      ? []
      : [{ path: ["capacity", "endsAt"], want: `more than ${DRAIN_MINUTES} minutes after startsAt` }]),
    ...unsold.map(({ index }) => ({
      path: ["instanceTypes", index],
      want: "a type of the P family, as capacity blocks are sold for no other GPUs",
    })),
    ...(isStanding
      ? [{ path: ["nodes", "min"], want: "0, as there are no nodes outside of the block" }]
      : []),
  ];
}

function checkSharing(pool: PoolFields): readonly Problem[] {
  const model = rowsOf(pool)[0]?.row.gpu.model;
  if (pool.sharing.kind !== "mig" || model === undefined) return [];
  const mig = migOf(model);
  const image: Problem = { path: ["os"], want: "bottlerocket, whose image cuts GPUs by MIG when it starts" };
  const profiles = Object.keys(mig?.profiles ?? {});
  if (mig === undefined) {
    return [{ path: ["sharing", "kind"], want: `none, time-slicing or mps, as MIG is not for the ${model}` }];
  }
  return [
    ...(pool.os === "bottlerocket" ? [] : [image]),
    ...(profiles.includes(pool.sharing.profile)
      ? []
      : [{ path: ["sharing", "profile"], want: `a profile of the ${model}: ${profiles.join(", ")}` }]),
  ];
}

/** Claims need nodes that are there before them, and no other program that hands out their GPUs. */
function checkAllocation({ kind, os, sharing, allocation }: PoolFields): readonly Problem[] {
  if (allocation !== "dra") return [];
  return [
    ...(kind === "managed"
      ? []
      : [
          {
            path: ["kind"],
            want: "managed, as Karpenter starts no nodes for claims; or allocation: device-plugin",
          },
        ]),
    ...(os === "al2023"
      ? []
      : [{ path: ["os"], want: "al2023, as Bottlerocket's image has a device plugin of its own" }]),
    ...(sharing.kind === "none"
      ? []
      : [
          {
            path: ["sharing", "kind"],
            want: "none, as claims share GPUs by alpha features of the driver only",
          },
        ]),
  ];
}

function checkEfa(pool: PoolFields): readonly Problem[] {
  if (!pool.efa) return [];
  const without = rowsOf(pool).filter(({ row }) => row.efaInterfaces === 0);
  return [
    ...without.map(({ index }) => ({
      path: ["instanceTypes", index],
      want: "a type with EFA, or efa: false",
    })),
    ...checkOneType(pool, "the network interfaces are written down for"),
    ...checkOneZone(pool, "as a cluster placement group is in one"),
  ];
}

function checkVolume({ os, volume, instanceStore }: PoolFields): readonly Problem[] {
  const { snapshotId, initializationRateMibps } = volume;
  if (snapshotId === undefined) {
    return initializationRateMibps === undefined
      ? []
      : [{ path: ["volume", "snapshotId"], want: "the snapshot that initializationRateMibps is for" }];
  }
  return [
    ...(os === "bottlerocket"
      ? []
      : [{ path: ["os"], want: "bottlerocket, which has a data volume apart from its system's" }]),
    ...(instanceStore === "unused"
      ? []
      : [{ path: ["instanceStore"], want: "unused, as raid0 would hide what the snapshot holds" }]),
  ];
}

/** Of several budgets the strictest holds, so one that always does is enough. */
function checkBudgets(pool: PoolFields): readonly Problem[] {
  if (pool.kind !== "karpenter") return [];
  const isBounded = pool.disruption.budgets.some(
    ({ nodes, reasons, schedule }) => nodes !== "100%" && reasons === undefined && schedule === undefined,
  );
  return isBounded
    ? []
    : [{ path: ["disruption", "budgets"], want: "one budget below 100% without schedule and reasons" }];
}

function distinct<T>(values: readonly T[]): readonly T[] {
  return [...new Set(values)];
}
