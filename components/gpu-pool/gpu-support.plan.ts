// Settings of all pools → which device plugins and DRA drivers run and where, and whether Karpenter does.
import { GPU_RESOURCE } from "../contract/gpus.ts";
import { GPU_TAINT, LABELS } from "../contract/labels.ts";
import type { GpuSupportSettings } from "./gpu-support.args.ts";
import type { PoolFields } from "./pool-fields.args.ts";

export type GpuSupportPlan = {
  /** Values of NVIDIA's device plugin; left out where all node images have one. */
  readonly devicePlugin?: Readonly<Record<string, unknown>>;
  /** Values of NVIDIA's DRA driver; left out where no pool has claims. */
  readonly draDriver?: Readonly<Record<string, unknown>>;
  /** Values of the EFA device plugin; left out where no pool has EFA. */
  readonly efaPlugin?: Readonly<Record<string, unknown>>;
  readonly karpenter?: KarpenterPlan;
};

export type KarpenterPlan = {
  readonly prefix: string;
  readonly accountId: string;
  readonly region: string;
  readonly nodeRepair: boolean;
  readonly tags: Readonly<Record<string, string>>;
  /** Of the chart's objects. */
  readonly labels: Readonly<Record<string, string>>;
};

/** Decides what the pools of a cluster need besides themselves. */
export function planGpuSupport(settings: GpuSupportSettings): GpuSupportPlan {
  const { pools, prefix, accountId, region, nodeRepair } = settings;
  const isClaimed = ({ allocation }: PoolFields) => allocation === "dra";
  const hasClaims = pools.some(isClaimed);
  const plugged = pools.filter((pool) => pool.os === "al2023" && !isClaimed(pool));
  const withEfa = pools.filter(({ efa }) => efa);
  const tags = { Name: `${prefix}-karpenter` };
  const labels = {
    [LABELS.environment]: settings.ownership.environment,
    [LABELS.owner]: settings.ownership.owner,
    [LABELS.costCenter]: settings.ownership.costCenter,
  };
  return {
    ...(plugged.length > 0 && {
      devicePlugin: { ...devicePluginValues(plugged), ...(hasClaims && { affinity: WITHOUT_CLAIMS }) },
    }),
    ...(hasClaims && { draDriver: DRA_DRIVER_VALUES }),
    ...(withEfa.length > 0 && { efaPlugin: efaPluginValues(withEfa) }),
    ...(pools.some(({ kind }) => kind === "karpenter") && {
      karpenter: { prefix, accountId, region, nodeRepair, tags, labels },
    }),
  };
}

const TOLERATIONS = [{ key: GPU_TAINT.key, operator: "Exists", effect: GPU_TAINT.effect }];

/** Selected by the image's label: on Bottlerocket a second plugin would offer the same GPUs again. */
function devicePluginValues(pools: readonly PoolFields[]): Record<string, unknown> {
  const shared = pools.flatMap((pool) => sharingConfig(pool));
  return {
    nodeSelector: { [LABELS.nodeImage]: "al2023" },
    tolerations: TOLERATIONS,
    gfd: { enabled: false },
    // On by default since 0.19, it would hand out what the EFA plugin does.
    mofedEnabled: false,
    ...(shared.length > 0 && {
      config: { default: "whole", map: { whole: pluginConfig({}), ...Object.fromEntries(shared) } },
    }),
  };
}

/** Two programs that hand out the same GPUs would hand them out twice. */
const WITHOUT_CLAIMS = {
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [
        { matchExpressions: [{ key: LABELS.gpuAllocation, operator: "NotIn", values: ["dra"] }] },
      ],
    },
  },
};

/** GPUs only: compute domains are for NVLink between machines that no pool has. The override says that no plugin runs beside it. */
const DRA_DRIVER_VALUES = {
  gpuResourcesEnabledOverride: true,
  resources: { gpus: { enabled: true }, computeDomains: { enabled: false } },
  nvidiaDriverRoot: "/",
  kubeletPlugin: { nodeSelector: { [LABELS.gpuAllocation]: "dra" }, tolerations: TOLERATIONS },
};

/** Named after the pool, whose nodes carry that name in `nvidia.com/device-plugin.config`. */
function sharingConfig({ name, sharing }: PoolFields): readonly (readonly [string, string])[] {
  switch (sharing.kind) {
    case "none":
    case "mig":
      return [];
    case "time-slicing":
      return [[name, pluginConfig({ timeSlicing: toShares(sharing.replicas) })]];
    case "mps":
      return [[name, pluginConfig({ mps: toShares(sharing.replicas) })]];
  }
}

/** Two parts may be of one GPU, so a pod that asked for two would not have twice the GPU. */
function toShares(replicas: number): Record<string, unknown> {
  return { failRequestsGreaterThanOne: true, resources: [{ name: GPU_RESOURCE, replicas }] };
}

/** JSON is YAML, which the plugin reads. */
function pluginConfig(sharing: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ version: "v1", flags: { migStrategy: "none" }, sharing });
}

function efaPluginValues(pools: readonly PoolFields[]): Record<string, unknown> {
  return {
    tolerations: TOLERATIONS,
    supportedInstanceLabels: {
      keys: ["node.kubernetes.io/instance-type"],
      values: [...new Set(pools.flatMap(({ instanceTypes }) => instanceTypes))].toSorted(),
    },
  };
}
