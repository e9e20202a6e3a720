// Settings of a pool that Karpenter runs → requirements, limits and disruption of its NodePool.
import { GPU_RESOURCE } from "../contract/gpus.ts";
import { standardLabels } from "../kit/ownership.ts";
import { type GpuNodesPlan, planGpuNodes } from "./gpu-nodes.plan.ts";
import type { KarpenterPoolSettings } from "./gpu-pool.args.ts";
import * as shared from "./gpu-pool.plan.ts";
import { sharingToml } from "./user-data.ts";

type Requirement = { readonly key: string; readonly operator: "In"; readonly values: readonly string[] };
type Budget = KarpenterPoolSettings["disruption"]["budgets"][number];

export type KarpenterPoolPlan = {
  readonly name: string;
  readonly nodes: GpuNodesPlan;
  readonly imageAlias: string;
  readonly requirements: readonly Requirement[];
  readonly limits: Readonly<Record<string, string>>;
  readonly expireAfter: string;
  /** After this long a node goes with the pods that are left; never where nodes must not be interrupted. */
  readonly terminationGracePeriod?: string;
  readonly consolidateAfter: string;
  readonly budgets: readonly Budget[];
  readonly reservationId?: string;
  readonly disks: readonly shared.DiskPlan[];
  readonly interfaces: readonly shared.InterfacePlan[];
  readonly userData?: string;
  readonly usesInstanceStore: boolean;
  readonly subnets: readonly number[];
  readonly labels: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
};

/** Decides what a pool of Karpenter consists of. */
export function planKarpenterPool(settings: KarpenterPoolSettings): KarpenterPoolPlan {
  const { name, capacity, interruptible, disruption } = settings;
  const nodes = planGpuNodes(settings);
  const userData = settings.os === "bottlerocket" ? sharingToml(settings) : undefined;
  return {
    name,
    nodes,
    imageAlias: `${settings.os}@${settings.imageVersion}`,
    requirements: planRequirements(settings),
    limits: planLimits(settings.maxGpus, nodes),
    expireAfter: settings.expireAfter ?? (interruptible ? "336h" : "Never"),
    ...(interruptible && { terminationGracePeriod: "1h" }),
    consolidateAfter: disruption.consolidateAfter,
    budgets: [...disruption.budgets, ...(interruptible ? [] : [NO_MOVES])],
    ...(capacity.kind === "capacity-block" && { reservationId: capacity.reservationId }),
    ...(capacity.kind === "reservation" && { reservationId: capacity.id }),
    disks: shared.planDisks(settings),
    interfaces: shared.planInterfaces(settings),
    ...(userData !== undefined && { userData }),
    usesInstanceStore: settings.instanceStore === "raid0",
    subnets: shared.planSubnets(settings),
    labels: standardLabels(settings.ownership, { name: "gpu-pool", instance: name }),
    tags: shared.planTags(settings),
  };
}

/** Nodes that must not be interrupted go when they are empty, and for no other reason. */
const NO_MOVES: Budget = { nodes: "0", reasons: ["Drifted", "Underutilized"] };

function planRequirements(settings: KarpenterPoolSettings): readonly Requirement[] {
  const oneOf = (key: string, values: readonly string[]): Requirement => ({ key, operator: "In", values });
  return [
    oneOf("node.kubernetes.io/instance-type", settings.instanceTypes),
    oneOf("karpenter.sh/capacity-type", capacityTypes(settings.capacity)),
    oneOf("kubernetes.io/arch", [settings.architecture === "x86_64" ? "amd64" : "arm64"]),
    oneOf("kubernetes.io/os", ["linux"]),
    oneOf("topology.kubernetes.io/zone", settings.zones ?? settings.vpcZones),
  ];
}

function capacityTypes(capacity: KarpenterPoolSettings["capacity"]): readonly string[] {
  switch (capacity.kind) {
    case "on-demand":
      return ["on-demand"];
    case "capacity-block":
      return ["reserved"];
    case "spot":
      return capacity.onDemandFallback ? ["spot", "on-demand"] : ["spot"];
    case "reservation":
      return capacity.onDemandFallback ? ["reserved", "on-demand"] : ["reserved"];
  }
}

/** Karpenter counts what nodes offer, so the parts of shared GPUs; the number of nodes holds before they say so. */
function planLimits(maxGpus: number, { gpu, shapes }: GpuNodesPlan): Record<string, string> {
  const fewest = Math.min(...shapes.map(({ gpus }) => gpus));
  return {
    [GPU_RESOURCE]: String(maxGpus * gpu.shares),
    nodes: String(Math.floor(maxGpus / fewest)),
  };
}
