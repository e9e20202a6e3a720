// Settings of a cluster → what its control plane, its access entries, its own nodes and its add-ons are.
import { LABELS } from "../contract/labels.ts";
import { shortHash } from "../kit/names.ts";
import { standardLabels } from "../kit/ownership.ts";
import { type AddonsPlan, costTags, planAddons } from "./addons.plan.ts";
import type { ClusterSettings } from "./cluster.args.ts";
import { type SystemPoolSettings, systemPoolSettings } from "./system-pool.args.ts";

/** One role's access: a policy of EKS in the whole cluster or in some namespaces. */
export type GrantPlan = {
  /** Part of a child's name: the role's name and a hash of its ARN, so that the order of roles means nothing. */
  readonly key: string;
  readonly role: string;
  readonly policy: string;
  /** Undefined for the whole cluster. */
  readonly namespaces?: readonly string[];
};

export type RolePlan = {
  readonly service: string;
  readonly actions: readonly string[];
  /** Names of policies that AWS manages. */
  readonly policies: readonly string[];
};

export type SystemPoolPlan = SystemPoolSettings & {
  readonly desired: number;
  readonly labels: Readonly<Record<string, string>>;
  /** Devices that hold what pods write: one for AL2023, a second one beside the root for Bottlerocket. */
  readonly devices: readonly { readonly name: string; readonly gib?: number }[];
};

export type ClusterPlan = {
  readonly name: string;
  readonly region: string;
  readonly version: string;
  readonly supportType: "STANDARD" | "EXTENDED";
  readonly isAuto: boolean;
  readonly isStrict: boolean;
  readonly protect: boolean;
  readonly zonalShift: boolean;
  readonly publicCidrs: readonly string[];
  readonly logGroup: { readonly name: string; readonly retentionDays: number };
  readonly grants: readonly GrantPlan[];
  readonly role: RolePlan;
  readonly nodeRole: RolePlan;
  /** Undefined in Auto Mode. */
  readonly systemPool?: SystemPoolPlan;
  readonly addons: AddonsPlan;
  readonly storageProvisioner: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Tags of the machines and disks that EKS makes. */
  readonly tags: Readonly<Record<string, string>>;
};

/** Auto Mode's names of the pools that it may fill by itself. */
export const AUTO_NODE_POOLS = ["general-purpose", "system"] as const;

/** Decides what a cluster consists of. */
export function planCluster(settings: ClusterSettings): ClusterPlan {
  const { prefix, region } = settings;
  const isAuto = settings.mode === "auto";
  return {
    name: prefix,
    region,
    version: settings.version,
    supportType: settings.support === "extended" ? "EXTENDED" : "STANDARD",
    isAuto,
    isStrict: !isAuto && settings.networkPolicy !== "standard",
    protect: settings.protect,
    zonalShift: settings.zonalShift,
    publicCidrs: settings.publicAccess?.cidrs ?? [],
    // EKS writes to the group of this name, and makes one that keeps everything for ever where there is none.
    logGroup: { name: `/aws/eks/${prefix}/cluster`, retentionDays: settings.logRetentionDays },
    grants: planGrants(settings.access),
    ...(isAuto ? AUTO_ROLES : STANDARD_ROLES),
    ...(!isAuto && { systemPool: planSystemPool(settings.systemPool ?? systemPoolSettings.parse({})) }),
    addons: planAddons(settings),
    storageProvisioner: isAuto ? "ebs.csi.eks.amazonaws.com" : "ebs.csi.aws.com",
    labels: standardLabels(settings.ownership, { name: "cluster", instance: prefix }),
    tags: costTags(settings.ownership),
  };
}

/** Nodes get their pods' network and identity from add-ons with roles of their own, so theirs joins and pulls only. */
const STANDARD_ROLES = {
  role: { service: "eks.amazonaws.com", actions: ["sts:AssumeRole"], policies: ["AmazonEKSClusterPolicy"] },
  nodeRole: {
    service: "ec2.amazonaws.com",
    actions: ["sts:AssumeRole"],
    policies: ["AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly"],
  },
} as const;

/** Source: EKS, "Learn about identity and access in EKS Auto Mode". */
const AUTO_ROLES = {
  role: {
    service: "eks.amazonaws.com",
    actions: ["sts:AssumeRole", "sts:TagSession"],
    policies: [
      "AmazonEKSClusterPolicy",
      "AmazonEKSComputePolicy",
      "AmazonEKSBlockStoragePolicy",
      "AmazonEKSLoadBalancingPolicy",
      "AmazonEKSNetworkingPolicy",
    ],
  },
  nodeRole: {
    service: "ec2.amazonaws.com",
    actions: ["sts:AssumeRole"],
    policies: ["AmazonEKSWorkerNodeMinimalPolicy", "AmazonEC2ContainerRegistryPullOnly"],
  },
} as const;

function planGrants(access: ClusterSettings["access"]): GrantPlan[] {
  const limited = (grants: ClusterSettings["access"]["developers"], policy: string): GrantPlan[] =>
    grants.map(({ role, scope, namespaces }) => ({
      ...toGrant(role, policy),
      ...(scope === "namespaces" && { namespaces }),
    }));
  return [
    ...access.admins.map((role) => toGrant(role, "AmazonEKSClusterAdminPolicy")),
    ...limited(access.developers, "AmazonEKSEditPolicy"),
    ...limited(access.viewers, "AmazonEKSViewPolicy"),
  ];
}

function toGrant(role: string, policy: string): GrantPlan {
  const name = role.split("/").at(-1) ?? role;
  return { key: `${name}-${shortHash(role)}`, role, policy };
}

function planSystemPool(pool: SystemPoolSettings): SystemPoolPlan {
  const { volumeGib, amiType } = pool;
  return {
    ...pool,
    desired: pool.desired ?? pool.min,
    labels: { [LABELS.pool]: "system" },
    devices: amiType.startsWith("BOTTLEROCKET")
      ? [{ name: "/dev/xvda" }, { name: "/dev/xvdb", gib: volumeGib }]
      : [{ name: "/dev/xvda", gib: volumeGib }],
  };
}
