// Settings of a cluster → its managed add-ons: version, configuration and identity of each, by when it is needed.
import type { Ownership } from "../kit/ownership.ts";
import {
  type AddonName,
  AUTO_MODE_ADDONS,
  type ClusterSettings,
  NODE_ADDONS,
  POD_ADDONS,
} from "./cluster.args.ts";

export type AddonPlan = {
  readonly name: AddonName;
  /** Left out where EKS' default for the Kubernetes version is asked for. */
  readonly version?: string;
  readonly configuration?: Readonly<Record<string, unknown>>;
  readonly identity?: AddonIdentity;
};

/** An add-on that calls AWS: by which ServiceAccount, and what it may do there. */
export type AddonIdentity = {
  readonly serviceAccount: string;
  readonly policy: string;
  readonly usesVolumesKey: boolean;
};

export type AddonsPlan = {
  /** Before nodes: without them none becomes ready. */
  readonly ofNodes: readonly AddonPlan[];
  /** After nodes: their pods need one, and stay degraded for 20 minutes where there is none. */
  readonly ofPods: readonly AddonPlan[];
};

/** Where a policy of AWS is limited to what belongs to the driver, that one is taken. */
const IDENTITIES: Readonly<Partial<Record<AddonName, AddonIdentity>>> = {
  "vpc-cni": { serviceAccount: "aws-node", policy: "AmazonEKS_CNI_Policy", usesVolumesKey: false },
  "aws-ebs-csi-driver": {
    serviceAccount: "ebs-csi-controller-sa",
    policy: "AmazonEBSCSIDriverPolicyV2",
    usesVolumesKey: true,
  },
};

/** Decides which add-ons a cluster has. */
export function planAddons(settings: ClusterSettings): AddonsPlan {
  const isNeeded = (name: AddonName): boolean =>
    settings.mode === "standard" || AUTO_MODE_ADDONS.includes(name);
  return {
    ofNodes: NODE_ADDONS.filter(isNeeded).map((name) => planAddon(name, settings)),
    ofPods: POD_ADDONS.filter(isNeeded).map((name) => planAddon(name, settings)),
  };
}

function planAddon(name: AddonName, settings: ClusterSettings): AddonPlan {
  const version = settings.addonVersions[name];
  const configuration = configurationOf(name, settings);
  const identity = IDENTITIES[name];
  return {
    name,
    ...(version !== undefined && { version }),
    ...(configuration !== undefined && { configuration }),
    ...(identity !== undefined && { identity }),
  };
}

/** What differs from the add-on's own defaults; EKS checks it by the add-on's schema. */
function configurationOf(
  name: AddonName,
  settings: ClusterSettings,
): Readonly<Record<string, unknown>> | undefined {
  const tolerations = settings.systemPool?.dedicated === true ? CRITICAL_TOLERATIONS : undefined;
  switch (name) {
    case "vpc-cni":
      return {
        enableNetworkPolicy: "true",
        env: { NETWORK_POLICY_ENFORCING_MODE: settings.networkPolicy ?? "strict" },
      };
    case "aws-ebs-csi-driver":
      return {
        controller: { extraVolumeTags: costTags(settings.ownership), ...(tolerations && { tolerations }) },
      };
    case "coredns":
    case "metrics-server":
      return tolerations && { tolerations };
    default:
      return undefined;
  }
}

/** Setting tolerations replaces an add-on's own, so all that these Deployments need are named. */
const CRITICAL_TOLERATIONS = [{ key: "CriticalAddonsOnly", operator: "Exists" }] as const;

/** Tags of what AWS makes on a cluster's behalf, which the provider's default tags do not reach. */
export function costTags(owner: Ownership): Record<string, string> {
  return { environment: owner.environment, owner: owner.owner, "cost-center": owner.costCenter };
}
