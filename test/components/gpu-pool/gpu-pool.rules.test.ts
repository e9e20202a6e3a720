// What a pool's settings refuse: every pair that does not go together, with what to change.
import { describe, expect, it } from "vitest";
import { karpenterPoolSettings, managedPoolSettings } from "../../../components/gpu-pool/gpu-pool.args.ts";
import { ConfigError, parseConfig } from "../../../serving/contract/config-error.ts";
import { block, karpenter, managed } from "./pool-fixture.ts";

type Change = Readonly<Record<string, unknown>>;
type Case = readonly [what: string, change: Change, problems: readonly (readonly [string, string, string])[]];

function problemsOf(settings: Change): readonly (readonly [string, string, string])[] {
  const schema = settings.kind === "managed" ? managedPoolSettings : karpenterPoolSettings;
  try {
    parseConfig(schema, settings, { source: "pool", next: "" });
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ path, got, want }) => [path, got, want]);
  }
}

const GPU_TYPES =
  "g4dn.xlarge, g5.xlarge, g5.2xlarge, g5.12xlarge, g5g.xlarge, g5g.2xlarge, g6.xlarge, g6.2xlarge, g6.12xlarge, g6e.xlarge, g6e.2xlarge, g6e.12xlarge, g7.2xlarge, g7e.2xlarge, p4d.24xlarge, p4de.24xlarge, p5.4xlarge, p5.48xlarge, p5en.48xlarge, p6-b200.48xlarge, p6-b300.48xlarge";
const H100 = { instanceTypes: ["p5.48xlarge"], maxGpus: 8 };
const FALLBACK = "false: what is over the block would be bought at the list price of its types";

const ofEither: readonly Case[] = [
  [
    "unknown instance types",
    { instanceTypes: ["g6.metal"] },
    [["instanceTypes.0", '"g6.metal"', `a known type with GPUs: ${GPU_TYPES}`]],
  ],
  [
    "types without GPUs",
    { instanceTypes: ["m7i.large"] },
    [["instanceTypes.0", '"m7i.large"', `a type with GPUs: ${GPU_TYPES}`]],
  ],
  [
    "a type twice",
    { instanceTypes: ["g6.xlarge", "g6.xlarge"] },
    [["instanceTypes.1", '"g6.xlarge"', "each type once"]],
  ],
  [
    "a type that the node image is not for",
    { instanceTypes: ["g5g.xlarge"] },
    [["instanceTypes.0", '"g5g.xlarge"', "a type for a node image of x86_64; this one is arm64"]],
  ],
  [
    "GPUs of several models",
    { instanceTypes: ["g6.xlarge", "g6e.xlarge"] },
    [
      [
        "instanceTypes",
        '["g6.xlarge","g6e.xlarge"]',
        "types with GPUs of one model, not L4 and L40S: a pool each",
      ],
    ],
  ],
  [
    "a GPU limit below one node",
    { instanceTypes: ["g6.12xlarge"], maxGpus: 2 },
    [["maxGpus", "2", "at least 4, the GPUs of one g6.12xlarge"]],
  ],
  ["no GPU limit", { maxGpus: undefined }, [["maxGpus", "nothing", "a whole number from 1 up"]]],
  [
    "spot where nodes must not be interrupted",
    { capacity: { kind: "spot" } },
    [["capacity.kind", '"spot"', "on-demand, reservation or capacity-block; spot needs interruptible: true"]],
  ],
  [
    "a capacity block without its times",
    { ...block, capacity: { kind: "capacity-block", reservationId: "cr-01" } },
    [
      ["capacity.startsAt", "nothing", "a time in UTC, e.g. 2027-01-10T11:30:00Z"],
      ["capacity.endsAt", "nothing", "a time in UTC, e.g. 2027-01-10T11:30:00Z"],
    ],
  ],
  [
    "a capacity block that ends before it starts",
    { ...block, capacity: { ...block.capacity, endsAt: "2027-01-10T10:00:00Z" } },
    [["capacity.endsAt", '"2027-01-10T10:00:00Z"', "more than 40 minutes after startsAt"]],
  ],
  [
    "a capacity block of types that are not sold so",
    { ...block, instanceTypes: ["g6.xlarge"] },
    [
      [
        "instanceTypes.0",
        '"g6.xlarge"',
        "a type of the P family, as capacity blocks are sold for no other GPUs",
      ],
    ],
  ],
  [
    "a reservation of several types, in any zone",
    { instanceTypes: ["g6.xlarge", "g6.2xlarge"], capacity: { kind: "reservation", id: "cr-01" } },
    [
      ["instanceTypes", '["g6.xlarge","g6.2xlarge"]', "exactly one type, as a reservation has only one"],
      ["zones", "nothing", "exactly one zone, the one of the reservation"],
    ],
  ],
  [
    "MIG on a GPU that cannot be cut",
    { instanceTypes: ["g5.xlarge"], sharing: { kind: "mig", profile: "1g.10gb" } },
    [["sharing.kind", '"mig"', "none, time-slicing or mps, as MIG is not for the A10G"]],
  ],
  [
    "a MIG profile of another GPU, on an image that cannot cut",
    { ...H100, os: "al2023", sharing: { kind: "mig", profile: "1g.18gb" } },
    [
      ["os", '"al2023"', "bottlerocket, whose image cuts GPUs by MIG when it starts"],
      [
        "sharing.profile",
        '"1g.18gb"',
        "a profile of the H100: 1g.10gb, 1g.20gb, 2g.20gb, 3g.40gb, 4g.40gb, 7g.80gb",
      ],
    ],
  ],
  [
    "time-slicing of MIG parts",
    { ...H100, sharing: { kind: "mig", profile: "1g.10gb", replicas: 2 } },
    [["sharing.replicas", "an unknown field", "no such field (check the spelling)"]],
  ],
  [
    "EFA on types without it, of several types and in several zones",
    { instanceTypes: ["g6.xlarge", "g6.2xlarge"], efa: true },
    [
      ["instanceTypes.0", '"g6.xlarge"', "a type with EFA, or efa: false"],
      ["instanceTypes.1", '"g6.2xlarge"', "a type with EFA, or efa: false"],
      [
        "instanceTypes",
        '["g6.xlarge","g6.2xlarge"]',
        "exactly one type, as the network interfaces are written down for only one",
      ],
      ["zones", "nothing", "exactly one zone, as a cluster placement group is in one"],
    ],
  ],
  [
    "a zone that the VPC is not in",
    { zones: ["eu-west-1d"] },
    [["zones.0", '"eu-west-1d"', "a zone of the VPC: eu-west-1a, eu-west-1b, eu-west-1c"]],
  ],
  [
    "a rate without a snapshot",
    { volume: { initializationRateMibps: 200 } },
    [["volume.snapshotId", "nothing", "the snapshot that initializationRateMibps is for"]],
  ],
  [
    "a snapshot that would be hidden, on an image without a data volume",
    { os: "al2023", instanceStore: "raid0", volume: { snapshotId: "snap-0123" } },
    [
      ["os", '"al2023"', "bottlerocket, which has a data volume apart from its system's"],
      ["instanceStore", '"raid0"', "unused, as raid0 would hide what the snapshot holds"],
    ],
  ],
  [
    "throughput that its operations cannot carry",
    { volume: { throughputMibps: 1000 } },
    [["volume.throughputMibps", "1000", "at most a quarter of `iops`, as gp3 volumes have it"]],
  ],
  [
    "the name of the cluster's own pool",
    { name: "system" },
    [["name", '"system"', "a name other than system, which is the pool of the cluster itself"]],
  ],
];

describe("a pool of either kind refuses", () => {
  it.each(ofEither)("%s", (_, change, problems) => {
    expect(problemsOf({ ...managed, ...change })).toEqual(problems);
    expect(problemsOf({ ...karpenter, instanceTypes: ["g6.xlarge"], ...change })).toEqual(problems);
  });
});

const ofManaged: readonly Case[] = [
  [
    "nodes with different numbers of GPUs",
    { instanceTypes: ["g6.xlarge", "g6.12xlarge"] },
    [
      [
        "instanceTypes",
        '["g6.xlarge","g6.12xlarge"]',
        "types with the same number of GPUs, not 1 and 4: a pool each",
      ],
    ],
  ],
  ["more nodes than GPUs", { nodes: { max: 5 } }, [["nodes.max", "5", "at most 4, as maxGpus is 4"]]],
  ["min above max", { nodes: { min: 3, max: 2 } }, [["nodes.min", "3", "at most 2, the largest size"]]],
  [
    "standing nodes of a capacity block",
    { ...block, nodes: { min: 1 } },
    [["nodes.min", "1", "0, as there are no nodes outside of the block"]],
  ],
  [
    "claims beside Bottlerocket's device plugin, of shared GPUs",
    { allocation: "dra", sharing: { kind: "mps", replicas: 4 } },
    [
      ["os", "nothing", "al2023, as Bottlerocket's image has a device plugin of its own"],
      ["sharing.kind", '"mps"', "none, as claims share GPUs by alpha features of the driver only"],
    ],
  ],
  [
    "two kinds of capacity in one node group",
    { interruptible: true, capacity: { kind: "spot", onDemandFallback: true } },
    [["capacity.onDemandFallback", "an unknown field", "no such field (check the spelling)"]],
  ],
];

describe("a managed pool refuses", () => {
  it.each(ofManaged)("%s", (_, change, problems) => {
    expect(problemsOf({ ...managed, ...change })).toEqual(problems);
  });
});

const ofKarpenter: readonly Case[] = [
  [
    "on-demand machines beside a capacity block",
    { ...block, capacity: { ...block.capacity, onDemandFallback: true } },
    [["capacity.onDemandFallback", "true", FALLBACK]],
  ],
  [
    "shared GPUs on nodes of different size",
    { sharing: { kind: "mps", replicas: 4 } },
    [
      [
        "instanceTypes",
        '["g6.xlarge","g6.12xlarge"]',
        "types with the same number of GPUs, not 1 and 4: a pool each",
      ],
    ],
  ],
  [
    "an age at which nodes that must not be interrupted go",
    { expireAfter: "336h" },
    [
      [
        "expireAfter",
        '"336h"',
        "Never, as an expired node goes with its pods; another age needs interruptible: true",
      ],
    ],
  ],
  [
    "budgets that never hold for all reasons",
    { disruption: { budgets: [{ nodes: "100%" }, { nodes: "1", reasons: ["Empty"] }] } },
    [
      [
        "disruption.budgets",
        '[{"nodes":"100%"},{"nodes":"1","reasons":["Empty"]}]',
        "one budget below 100% without schedule and reasons",
      ],
    ],
  ],
  [
    "a schedule without its length",
    { disruption: { budgets: [{ nodes: "1" }, { nodes: "0", schedule: "0 8 * * 1-5" }] } },
    [["disruption.budgets.1.duration", "nothing", "`schedule` and `duration` together"]],
  ],
  [
    "nodes that go as soon as they are empty",
    { disruption: { consolidateAfter: "0s" } },
    [["disruption.consolidateAfter", '"0s"', "a duration above 0 such as 10m or 1h30m"]],
  ],
  [
    "claims, for which it starts no nodes",
    { allocation: "dra", os: "al2023" },
    [
      [
        "kind",
        '"karpenter"',
        "managed, as Karpenter starts no nodes for claims; or allocation: device-plugin",
      ],
    ],
  ],
  [
    "repair of one pool",
    { repair: true },
    [["repair", "an unknown field", "no such field (check the spelling)"]],
  ],
];

describe("a pool of Karpenter refuses", () => {
  it.each(ofKarpenter)("%s", (_, change, problems) => {
    expect(problemsOf({ ...karpenter, ...change })).toEqual(problems);
  });
});

it("reports all illegal pairs of a pool at once", () => {
  const wrong = {
    instanceTypes: ["g5.xlarge", "g6.metal"],
    capacity: { kind: "spot" },
    sharing: { kind: "mig", profile: "1g.10gb" },
    nodes: { min: 9 },
    efa: true,
    zones: ["eu-west-1z"],
  };
  expect(problemsOf({ ...managed, ...wrong }).map(([path]) => path)).toEqual([
    "instanceTypes.1",
    "nodes.min",
    "capacity.kind",
    "sharing.kind",
    "instanceTypes.0",
    "instanceTypes",
    "zones.0",
  ]);
});
