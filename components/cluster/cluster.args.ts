// Settings of an EKS cluster: version, who may call it, its own nodes and add-ons, and what goes with what.
import type { LogGroupArgs } from "@pulumi/aws/cloudwatch/logGroup.js";
import type { LaunchTemplateArgs } from "@pulumi/aws/ec2/launchTemplate.js";
import type { AddonArgs } from "@pulumi/aws/eks/addon.js";
import type { ClusterArgs } from "@pulumi/aws/eks/cluster.js";
import type { NodeGroupArgs } from "@pulumi/aws/eks/nodeGroup.js";
import type { NetworkPolicyArgs } from "@pulumi/kubernetes/networking/v1/index.js";
import type { StorageClassArgs } from "@pulumi/kubernetes/storage/v1/index.js";
import type { Input } from "@pulumi/pulumi";
import { z } from "zod";
import { EKS_VERSIONS, eksSupport } from "../contract/eks-versions.ts";
import { regionName } from "../kit/aws-account.ts";
import { dnsLabel } from "../kit/names.ts";
import type { Override } from "../kit/override.ts";
import { ownership } from "../kit/ownership.ts";
import { accessSettings } from "./access.args.ts";
import { publicAccess } from "./public-access.args.ts";
import { systemPoolSettings } from "./system-pool.args.ts";

/** Add-ons that EKS manages; those of `NODE_ADDONS` have to be there before a node can join. */
export const NODE_ADDONS = ["vpc-cni", "kube-proxy", "eks-pod-identity-agent"] as const;
export const POD_ADDONS = [
  "coredns",
  "metrics-server",
  "aws-ebs-csi-driver",
  "eks-node-monitoring-agent",
] as const;
/** The only ones that Auto Mode does not bring itself. */
export const AUTO_MODE_ADDONS: readonly AddonName[] = ["metrics-server"];

export type AddonName = (typeof NODE_ADDONS)[number] | (typeof POD_ADDONS)[number];

/** CloudWatch takes no other number of days below ten years. Source: PutRetentionPolicy. */
const RETENTION_DAYS = [30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557] as const;

const day = z.iso.date("a day such as 2026-11-21");

export const clusterSettings = z.strictObject({
  ownership,
  prefix: dnsLabel.describe("Name of the cluster and start of what carries its name, e.g. `rampa-prod`."),
  region: regionName,
  mode: z
    .enum(["standard", "auto"])
    .default("standard")
    .describe("`auto`: EKS Auto Mode runs nodes, network, storage and load balancers."),
  version: z
    .literal(Object.keys(EKS_VERSIONS))
    .default("1.35")
    .describe("Kubernetes version of control plane and nodes; go up one minor version at a time."),
  support: z
    .enum(["standard", "extended"])
    .default("standard")
    .describe("`extended` keeps a version that is out of standard support, at six times the price."),
  asOf: day.optional().describe("Day on which support is judged; today (UTC) when left out."),
  access: accessSettings,
  publicAccess,
  logRetentionDays: z
    .literal([...RETENTION_DAYS])
    .default(365)
    .describe("Days that the control plane's five logs are kept; CloudWatch allows only these."),
  zonalShift: z.boolean().default(true).describe("AWS may move traffic away from an impaired zone."),
  protect: z
    .boolean()
    .default(true)
    .describe("Neither Pulumi nor a call to AWS deletes the cluster; turn it off first to take it down."),
  networkPolicy: z
    .enum(["strict", "standard"])
    .optional()
    .describe(
      "`strict`: a pod that no NetworkPolicy selects has no network. `standard`: it has all. Strict when left out, in Auto Mode standard.",
    ),
  systemPool: systemPoolSettings.optional(),
  addonVersions: z
    .partialRecord(
      z.enum([...NODE_ADDONS, ...POD_ADDONS]),
      z.string().regex(/^v\d+\.\d+\.\d+-eksbuild\.\d+$/, "an add-on's version, e.g. v1.20.4-eksbuild.2"),
    )
    .default({})
    .describe("Versions of add-ons by name; EKS' default for the Kubernetes version when left out."),
});

/** Settings judged on a day, `asOf` where they name one; the day is `YYYY-MM-DD`. */
export function clusterSettingsOn(today: string): typeof clusterSettings {
  return clusterSettings.superRefine((it, context) => {
    for (const { path, want } of [...findSupportProblems(it, today), ...findModeProblems(it)]) {
      context.addIssue({ code: "custom", path, message: want });
    }
  });
}

export type ClusterSettings = z.output<typeof clusterSettings>;

type Problem = { readonly path: string[]; readonly want: string };

function findSupportProblems(settings: ClusterSettings, today: string): Problem[] {
  const { version, support } = settings;
  const asOf = settings.asOf ?? today;
  if (!day.safeParse(asOf).success) return [];
  const has = eksSupport(version, asOf);
  if (has === "standard" || (has === "extended" && support === "extended")) return [];
  const fitting = Object.keys(EKS_VERSIONS).filter((each) => eksSupport(each, asOf) === "standard");
  const want = `a version in standard support on ${asOf} (${fitting.join(", ") || "none is known"})`;
  const paid = has === "extended" ? ', or `support: "extended"`, which costs six times as much' : "";
  return [{ path: ["version"], want: `${want}${paid}` }];
}

function findModeProblems(settings: ClusterSettings): Problem[] {
  if (settings.mode === "standard") return [];
  const problems: Problem[] = [];
  if (settings.systemPool !== undefined)
    problems.push({ path: ["systemPool"], want: "nothing, as Auto Mode brings the nodes" });
  if (settings.networkPolicy === "strict")
    problems.push({
      path: ["networkPolicy"],
      want: 'nothing or "standard": Auto Mode closes pods by the `networkPolicy` of a NodeClass',
    });
  const brought = Object.keys(settings.addonVersions).filter((name) => !isAutoModeAddon(name));
  return [
    ...problems,
    ...brought.map((name) => ({
      path: ["addonVersions", name],
      want: "nothing, as Auto Mode brings this add-on",
    })),
  ];
}

function isAutoModeAddon(name: string): boolean {
  return AUTO_MODE_ADDONS.some((each) => each === name);
}

export type EksClusterRefs = {
  /** One a zone; the control plane and the nodes are spread over all. */
  readonly privateSubnetIds: readonly Input<string>[];
  /** Key for the Secrets in the control plane's store. */
  readonly secretsKeyArn: Input<string>;
  /** Key for the disks; its policy has to let the Auto Scaling service use it. */
  readonly volumesKeyArn: Input<string>;
  /** Key for the logs; its policy has to let CloudWatch Logs use it. */
  readonly logsKeyArn: Input<string>;
};

export type AddonOverrides = Partial<Record<AddonName, Override<AddonArgs>>>;

export type EksClusterOverride = {
  readonly cluster?: Override<ClusterArgs>;
  readonly logGroup?: Override<LogGroupArgs>;
  readonly nodeTemplate?: Override<LaunchTemplateArgs>;
  readonly nodeGroup?: Override<NodeGroupArgs>;
  readonly addons?: AddonOverrides;
};

export type EksClusterArgs = z.input<typeof clusterSettings> & {
  readonly refs: EksClusterRefs;
  /** Changes to single children, by name. */
  readonly override?: EksClusterOverride;
};

export type ClusterDefaultsRefs = {
  readonly clusterName: Input<string>;
  readonly clusterArn: Input<string>;
  /** Known once nodes stand on which the add-ons' pods can run. */
  readonly systemNodes: Input<string>;
  readonly volumesKeyArn: Input<string>;
};

export type ClusterDefaultsOverride = {
  readonly systemTraffic?: Override<NetworkPolicyArgs>;
  readonly storageClass?: Override<StorageClassArgs>;
  readonly addons?: AddonOverrides;
};

/** The settings are those of the cluster, as they decide together what is inside of it. */
export type ClusterDefaultsArgs = z.input<typeof clusterSettings> & {
  readonly refs: ClusterDefaultsRefs;
  /** Changes to single children, by name. */
  readonly override?: ClusterDefaultsOverride;
};
