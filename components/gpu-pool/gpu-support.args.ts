// Settings of what GPU pools need once a cluster: device plugins, the DRA driver, and Karpenter where a pool is Karpenter's.
import type { RoleArgs } from "@pulumi/aws/iam/role.js";
import type { QueueArgs } from "@pulumi/aws/sqs/queue.js";
import type { ReleaseArgs } from "@pulumi/kubernetes/helm/v3/index.js";
import type { Input } from "@pulumi/pulumi";
import { z } from "zod";
import { accountId, regionName } from "../kit/aws-account.ts";
import { dnsLabel } from "../kit/names.ts";
import type { Override } from "../kit/override.ts";
import { ownership } from "../kit/ownership.ts";
import { gpuPoolFields } from "./gpu-pool.args.ts";
import type { PoolFields } from "./pool-fields.args.ts";

export const gpuSupportSettings = z
  .strictObject({
    ownership,
    prefix: dnsLabel.describe("First part of the names of what it makes, e.g. `rampa-prod`."),
    accountId,
    region: regionName,
    compute: z
      .enum(["standard", "auto"])
      .default("standard")
      .describe(
        "`auto` on a cluster in EKS Auto Mode, which has a Karpenter and a device plugin of its own.",
      ),
    kubernetesVersion: z
      .string()
      .regex(/^1\.\d+$/, "a version of Kubernetes, e.g. 1.35")
      .describe("Version of the cluster; resource claims (`allocation: dra`) need 1.34."),
    pools: z
      .array(gpuPoolFields)
      .describe("All GPU pools of the cluster, as they are given to GpuPool and KarpenterPool."),
    nodeRepair: z
      .boolean()
      .default(true)
      .describe("Whether Karpenter replaces a node whose GPU or kubelet has failed."),
  })
  .superRefine(({ compute, kubernetesVersion, pools }, issues) => {
    const problems = [
      ...clashes(pools),
      ...(compute === "auto" ? doubles(pools) : []),
      ...unclaimable(pools, compute, kubernetesVersion),
    ];
    for (const { path, want } of problems) {
      issues.addIssue({ code: "custom", path: ["pools", ...path], message: want });
    }
  });

type Problem = { readonly path: (string | number)[]; readonly want: string };

function clashes(pools: readonly PoolFields[]): readonly Problem[] {
  return pools.flatMap(({ name }, index) =>
    pools.findIndex((other) => other.name === name) < index
      ? [{ path: [index, "name"], want: "a name that no other pool has" }]
      : [],
  );
}

/** What would run twice beside Auto Mode's own. */
function doubles(pools: readonly PoolFields[]): readonly Problem[] {
  return pools.flatMap(({ kind, os, allocation }, index) => [
    ...(kind === "karpenter"
      ? [
          {
            path: [index, "kind"],
            want: "managed, as two Karpenters of one cluster would fight over its nodes",
          },
        ]
      : []),
    ...(os === "al2023" && allocation === "device-plugin"
      ? [
          {
            path: [index, "os"],
            want: "bottlerocket, as a second device plugin would offer the same GPUs twice",
          },
        ]
      : []),
  ]);
}

/** `resource.k8s.io/v1` is on from here. */
const CLAIMS_SINCE = 34;

function unclaimable(
  pools: readonly PoolFields[],
  compute: "standard" | "auto",
  kubernetesVersion: string,
): readonly Problem[] {
  const isOld = Number(kubernetesVersion.split(".")[1]) < CLAIMS_SINCE;
  const wants = [
    ...(isOld
      ? [`device-plugin, or a cluster of 1.${CLAIMS_SINCE} or later; it has ${kubernetesVersion}`]
      : []),
    ...(compute === "auto" ? ["device-plugin, as NVIDIA's DRA driver is not for clusters in Auto Mode"] : []),
  ];
  return pools.flatMap(({ allocation }, index) =>
    allocation === "dra" ? wants.map((want) => ({ path: [index, "allocation"], want })) : [],
  );
}

export type GpuSupportSettings = z.output<typeof gpuSupportSettings>;

export type GpuSupportRefs = {
  readonly clusterName: Input<string>;
  readonly clusterArn: Input<string>;
  /** Known once the system nodes stand, on which Karpenter runs. */
  readonly systemNodes: Input<string>;
  readonly privateSubnetIds: readonly Input<string>[];
  readonly clusterSecurityGroupId: Input<string>;
  readonly volumesKeyArn: Input<string>;
};

export type GpuSupportOverride = {
  readonly devicePlugin?: Override<ReleaseArgs>;
  readonly draDriver?: Override<ReleaseArgs>;
  readonly efaPlugin?: Override<ReleaseArgs>;
  readonly karpenter?: Override<ReleaseArgs>;
  readonly karpenterRole?: Override<RoleArgs>;
  readonly nodeRole?: Override<RoleArgs>;
  readonly interruptions?: Override<QueueArgs>;
};

export type GpuSupportArgs = z.input<typeof gpuSupportSettings> & {
  readonly refs: GpuSupportRefs;
  /** Changes to single children, by name. */
  readonly override?: GpuSupportOverride;
};
