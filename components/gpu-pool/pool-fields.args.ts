// Fields of a pool of GPU nodes, managed by EKS or by Karpenter; which of them go together is checked apart.
import { z } from "zod";
import { GPU_ALLOCATIONS } from "../contract/gpus.ts";
import { dnsLabel } from "../kit/names.ts";
import { karpenterCapacity, managedCapacity } from "./capacity.args.ts";

const POSITIVE = "a whole number from 1 up";
const NATURAL = "a whole number from 0 up";
const REPLICAS = "a whole number from 2 to 48";
const GIB = "a whole number of GiB from 20 to 16384";
const THROUGHPUT = "MiB a second from 125 to 1000";
const IOPS = "operations a second from 3000 to 16000";
const RATE = "MiB a second from 100 to 300";

const atLeastOne = z.int(POSITIVE).min(1, POSITIVE);
const duration = z.string().regex(/^([1-9]\d*(s|m|h))+$/, "a duration above 0 such as 10m or 1h30m");

const replicas = z.int(REPLICAS).min(2, REPLICAS).max(48, REPLICAS).describe("Pods that share one GPU.");

const sharing = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("none").describe("Each pod has whole GPUs.") }),
    z.strictObject({
      kind: z.literal("time-slicing").describe("Pods take turns; nothing separates their memory."),
      replicas,
    }),
    z.strictObject({ kind: z.literal("mps").describe("Pods run side by side by CUDA MPS."), replicas }),
    z.strictObject({
      kind: z.literal("mig").describe("GPUs are cut into parts with memory and processors of their own."),
      profile: z
        .string()
        .regex(/^[1-7]g\.\d+gb$/, "a MIG profile, e.g. 1g.10gb")
        .describe("Size of the parts."),
    }),
  ])
  .prefault({ kind: "none" })
  .describe("How pods share a GPU; not at all when left out.");

const volume = z
  .strictObject({
    sizeGib: z
      .int(GIB)
      .min(20, GIB)
      .max(16_384, GIB)
      .default(200)
      .describe("Size of the encrypted gp3 volume for images and caches."),
    throughputMibps: z
      .int(THROUGHPUT)
      .min(125, THROUGHPUT)
      .max(1000, THROUGHPUT)
      .default(500)
      .describe("Its throughput in MiB a second; pulling an image and loading a model wait for it."),
    iops: z
      .int(IOPS)
      .min(3000, IOPS)
      .max(16_000, IOPS)
      .default(3000)
      .describe("Its operations a second, at least 4 for each 1 MiB a second of throughput."),
    snapshotId: z
      .string()
      .regex(/^snap-[0-9a-f]+$/, "the ID of a snapshot, e.g. snap-0123456789abcdef0")
      .optional()
      .describe("Snapshot with images and models that the volume starts from; empty when left out."),
    initializationRateMibps: z
      .int(RATE)
      .min(100, RATE)
      .max(300, RATE)
      .optional()
      .describe("Rate in MiB a second at which the snapshot is fetched ahead; on first use when left out."),
  })
  .refine((it) => it.throughputMibps * 4 <= it.iops, {
    path: ["throughputMibps"],
    message: "at most a quarter of `iops`, as gp3 volumes have it",
  })
  .prefault({});

const poolFields = {
  name: dnsLabel
    .max(40, "at most 40 characters")
    .refine((name) => name !== "system", "a name other than system, which is the pool of the cluster itself")
    .describe("Name of the pool, and value of the label `rampa.dev/pool` on its nodes."),
  os: z
    .enum(["bottlerocket", "al2023"])
    .default("bottlerocket")
    .describe("Image of the nodes. Bottlerocket's is read-only and has the device plugin."),
  architecture: z
    .enum(["x86_64", "arm64"])
    .default("x86_64")
    .describe("Processor that node image and pods are built for; all instance types are of it."),
  instanceTypes: z
    .array(z.string())
    .min(1, "at least one instance type with GPUs")
    .describe("Instance types with GPUs of one model, the preferred one first."),
  maxGpus: atLeastOne.describe("Most GPUs of all nodes together: what bounds the bill."),
  zones: z
    .array(z.string())
    .min(1, "at least one zone")
    .optional()
    .describe("Zones of its nodes; all zones of the VPC when left out."),
  sharing,
  allocation: z
    .enum(GPU_ALLOCATIONS)
    .default("device-plugin")
    .describe(
      "How pods get the GPUs: by number from NVIDIA's device plugin, or by resource claims (`dra`), which can ask for memory or product.",
    ),
  efa: z
    .boolean()
    .default(false)
    .describe("Elastic Fabric Adapters in a cluster placement group, for models over several nodes."),
  interruptible: z
    .boolean()
    .default(false)
    .describe("Whether nodes may be taken away while pods run on them; needed for spot."),
  instanceStore: z
    .enum(["unused", "raid0"])
    .default("unused")
    .describe("`raid0` puts images and caches on the machine's own disks, where it has any."),
  volume: volume.describe("The nodes' disk."),
};

export const managedFields = z.strictObject({
  kind: z.literal("managed").describe("An EKS managed node group (`managed`) or a NodePool (`karpenter`)."),
  ...poolFields,
  capacity: managedCapacity.describe("Where the machines come from; on demand when left out."),
  nodes: z
    .strictObject({
      min: z
        .int(NATURAL)
        .min(0, NATURAL)
        .optional()
        .describe("Fewest nodes; 1 when left out, 0 with a capacity block."),
      max: atLeastOne.optional().describe("Most nodes; as many as `maxGpus` allows when left out."),
    })
    .prefault({})
    .describe("Nodes of a managed pool."),
  repair: z.boolean().default(true).describe("Whether EKS replaces a node whose GPU or kubelet has failed."),
  updates: z
    .strictObject({
      maxUnavailable: atLeastOne.default(1).describe("Nodes replaced at a time."),
      surge: z
        .boolean()
        .default(false)
        .describe("Whether a new node comes before the old one goes; needs a spare machine to be had."),
    })
    .prefault({})
    .describe("How a managed pool's nodes are replaced."),
});

const budget = z
  .strictObject({
    nodes: z
      .string()
      .regex(/^((100|[0-9]{1,2})%|[0-9]+)$/, "a number of nodes or a percentage, as text, e.g. 1 or 10%")
      .describe("Nodes that may be disrupted at a time."),
    reasons: z
      .array(z.enum(["Empty", "Drifted", "Underutilized"]))
      .min(1, "at least one reason")
      .optional()
      .describe("Reasons it is for; all when left out."),
    schedule: z
      .string()
      .regex(/^\S+ \S+ \S+ \S+ \S+$/, "a cron schedule in UTC, e.g. 0 8 * * 1-5")
      .optional()
      .describe("When it begins to hold; always when left out."),
    duration: z
      .string()
      .regex(/^([0-9]+h([0-9]+m)?|[0-9]+m)$/, "hours and minutes, e.g. 10h or 1h30m")
      .optional()
      .describe("How long it holds from `schedule` on."),
  })
  .refine((it) => (it.schedule === undefined) === (it.duration === undefined), {
    path: ["duration"],
    message: "`schedule` and `duration` together",
  });

export const karpenterFields = z.strictObject({
  kind: z.literal("karpenter").describe("A NodePool of Karpenter."),
  ...poolFields,
  capacity: karpenterCapacity.describe("Where the machines come from; on demand when left out."),
  imageVersion: z
    .string()
    .regex(/^(latest|v?\d[0-9a-z.]*)$/, "latest, or a version of the node image such as v20260310 or 1.54.0")
    .default("latest")
    .describe("Version of the node image; nodes of another one are replaced as the budgets allow."),
  expireAfter: z
    .union([z.literal("Never"), duration], "Never, or a duration above 0 such as 336h")
    .optional()
    .describe(
      "Age at which a node is replaced; `336h` when left out, `Never` where nodes must not be interrupted.",
    ),
  disruption: z
    .strictObject({
      consolidateAfter: duration.default("10m").describe("How long a node is empty before it goes."),
      budgets: z
        .array(budget)
        .min(1, "at least one budget")
        .default([{ nodes: "1" }])
        .describe("How many nodes Karpenter may disrupt at a time; one when left out. The strictest holds."),
    })
    .prefault({})
    .describe("How Karpenter takes nodes away."),
});

export type PoolFields = z.output<typeof managedFields> | z.output<typeof karpenterFields>;
