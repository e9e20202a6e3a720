// The most that a pool of nodes can cost an hour, from its limits and the instance table; pure.
import { findInstanceType, type InstanceType } from "../../components/contract/instance-types.ts";
import { type Finding, type Subject, unknownAmong, violation } from "../rule.ts";
import type { Value } from "../value.ts";
import { GPU_TAINT } from "./gpus.ts";
import { hiddenTypes, LAUNCH_TEMPLATES, NODE_GROUPS, requirementsOf, typeNames } from "./node-pools.ts";
import { quantityOf } from "./quantity.ts";

export type PoolCost =
  | { readonly kind: "bounded"; readonly usdPerHour: number }
  | { readonly kind: "open"; readonly findings: readonly Finding[] };

/** On demand, which is what a spot pool falls back to and never costs more than. */
export function highestCost(pool: Subject, subjects: readonly Subject[]): PoolCost {
  const types = pricedTypes(pool, subjects);
  if (types.kind === "open") return types;
  return NODE_GROUPS.test(pool.type) ? nodeGroupCost(pool, types.rows) : nodePoolCost(pool, types.rows);
}

type PricedTypes = { readonly kind: "priced"; readonly rows: readonly InstanceType[] };

function pricedTypes(
  pool: Subject,
  subjects: readonly Subject[],
): PricedTypes | (PoolCost & { kind: "open" }) {
  const hidden = hiddenTypes(pool);
  if (hidden.length > 0) return open(unknownAmong(hidden));
  const own = typeNames(pool);
  const names = own.length > 0 || !NODE_GROUPS.test(pool.type) ? own : templateTypes(pool, subjects);
  const place = NODE_GROUPS.test(pool.type) ? pool.props.at("instanceTypes") : requirementsOf(pool.props);
  if (names.length === 0)
    return open([violation(place, "names no instance types, so nothing bounds the price")]);
  const unknown = unknownAmong(names);
  if (unknown.length > 0) return open(unknown);
  const rows = names.map((name) => findInstanceType(name.text() ?? ""));
  const strangers = names.filter((_, index) => rows[index] === undefined);
  return strangers.length === 0
    ? { kind: "priced", rows: rows.filter((row) => row !== undefined) }
    : open(strangers.map(() => violation(place, "an instance type without a price in the table")));
}

/** Of the template that a node group names; while that is not known, of each in the stack, which contains it. */
function templateTypes({ props }: Subject, subjects: readonly Subject[]): readonly Value[] {
  const reference = props.at("launchTemplate");
  if (reference.state === "absent") return [];
  const templates = subjects.filter(({ type }) => LAUNCH_TEMPLATES.test(type));
  const named = templates.filter((template) =>
    ["id", "name"].some((key) => {
      const wanted = reference.at(key).text();
      return wanted !== undefined && template.props.at(key).text() === wanted;
    }),
  );
  return (named.length > 0 ? named : templates)
    .map((template) => template.props.at("instanceType"))
    .filter(({ state }) => state !== "absent");
}

function nodeGroupCost({ props }: Subject, rows: readonly InstanceType[]): PoolCost {
  const most = props.at("scalingConfig", "maxSize");
  if (most.state === "unknown") return open(unknownAmong([most]));
  const nodes = most.number();
  if (nodes === undefined) return open([violation(most, "no largest size")]);
  return { kind: "bounded", usdPerHour: nodes * Math.max(...rows.map((row) => row.usdPerHour)) };
}

/** What one node has of the resources by which Karpenter limits a pool. */
const SHARES: Readonly<Record<string, (row: InstanceType) => number>> = {
  [GPU_TAINT]: (row) => row.gpu?.count ?? 0,
  cpu: (row) => row.vcpus,
  memory: (row) => row.memoryGib * 2 ** 30,
  nodes: () => 1,
};

/**
 * Each limit bounds the cost by the dearest way to use it up, and the tightest of them holds. Nodes of several types
 * together cannot cost more than that, since each costs at most the dearest price of its share.
 */
function nodePoolCost({ props }: Subject, rows: readonly InstanceType[]): PoolCost {
  const limits = props.at("spec", "limits");
  const replicas = props.at("spec", "replicas");
  const bounds = Object.entries(SHARES).flatMap(([resource, shareOf]) => {
    const amount = quantityOf(limits.at(resource)) ?? (resource === "nodes" ? replicas.number() : undefined);
    const dearest = Math.max(...rows.map((row) => row.usdPerHour / shareOf(row)));
    return amount === undefined || !Number.isFinite(dearest) ? [] : [amount * dearest];
  });
  if (bounds.length > 0) return { kind: "bounded", usdPerHour: Math.min(...bounds) };
  const unknown = unknownAmong([limits, replicas, ...Object.keys(SHARES).map((key) => limits.at(key))]);
  if (limits.state === "unknown") return open(unknownAmong([limits]));
  return open(unknown.length > 0 ? unknown : [violation(limits, "no limit bounds what this pool can cost")]);
}

function open(findings: readonly Finding[]): PoolCost & { kind: "open" } {
  return { kind: "open", findings };
}
