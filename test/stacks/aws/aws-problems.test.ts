// What a stack file may not say about its AWS half and its GPUs: each illegal pair with what to change, all at once.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseDocument } from "yaml";
import { ConfigError } from "../../../serving/contract/config-error.ts";
import { parseStackSettings } from "../../../stacks/settings.ts";

const prod = await readFile(join(import.meta.dirname, "../../../stacks/Pulumi.prod.yaml"), "utf8");

type Path = readonly (string | number)[];
type Change = readonly [path: Path, value: unknown];

const aws = (...path: Path): Path => ["rampa:aws", ...path];
const pool = (index: number, ...path: Path): Path => aws("gpuPools", index, ...path);

/** The problems of prod's file after the changes; `undefined` takes a field away. */
function problemsOf(changes: readonly Change[], day = "2026-11-21"): readonly string[] {
  const document = parseDocument(prod);
  for (const [path, value] of changes) {
    if (value === undefined) document.deleteIn(["config", ...path]);
    else document.setIn(["config", ...path], value);
  }
  try {
    parseStackSettings(document.toJS().config, "prod", day);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ path, got, want }) => `${path}: got ${got}, want ${want}`);
  }
}

const OWN_WEIGHTS = "s3://rampa-prod-models-333344445555-eu-west-1/models/";
const SOURCE: Path = ["rampa:endpoints", "chat", "versions", "1.0.0", "artefact", "source"];

const CARD = {
  url: "https://example.com/card",
  licence: "Apache-2.0",
  approval: { by: "board", on: "2026-11-01" },
};

/** Llama 3 70B in 16 bits: its weights alone take 131 GiB. */
const large = (gpu: object) => ({
  weights: { "1.0.0": 100 },
  versions: {
    "1.0.0": {
      engine: "vllm",
      image: `registry.example.com/vllm/vllm-openai@sha256:${"a".repeat(64)}`,
      model: { from: "hf", repository: "meta-llama/Llama-3-70B", revision: "a".repeat(40) },
      modelShape: {
        parametersBillions: 70.55,
        layers: 80,
        kvHeads: 8,
        headDim: 128,
        hiddenSize: 8192,
        vocabularySize: 128_256,
      },
      maxModelLength: 8192,
      gpu,
      card: CARD,
    },
  },
});

describe("a stack with its own AWS half", () => {
  it("is right as it is checked in", () => {
    expect(problemsOf([])).toEqual([]);
  });

  it.each<readonly [string, readonly Change[], readonly string[]]>([
    [
      "MIG on GPUs that have none",
      [
        [["rampa:endpoints", "assistant"], undefined],
        [pool(0, "sharing"), { kind: "mig", profile: "1g.10gb" }],
      ],
      [
        'rampa:aws.gpuPools.0.sharing.kind: got "mig", want none, time-slicing or mps, as MIG is not for the L4',
      ],
    ],
    [
      "a pool without a limit of GPUs",
      [[pool(0, "maxGpus"), undefined]],
      ["rampa:aws.gpuPools.0.maxGpus: got nothing, want a whole number from 1 up"],
    ],
    [
      "spot for a pool that must not be interrupted",
      [[pool(0, "capacity"), { kind: "spot" }]],
      [
        'rampa:aws.gpuPools.0.capacity.kind: got "spot", want on-demand, reservation or capacity-block; spot needs interruptible: true',
      ],
    ],
    [
      "a capacity block without dates",
      [[pool(0, "capacity"), { kind: "capacity-block", reservationId: "cr-0123456789abcdef0" }]],
      [
        "rampa:aws.gpuPools.0.capacity.startsAt: got nothing, want a time in UTC, e.g. 2027-01-10T11:30:00Z",
        "rampa:aws.gpuPools.0.capacity.endsAt: got nothing, want a time in UTC, e.g. 2027-01-10T11:30:00Z",
      ],
    ],
    [
      "a Kubernetes version out of support",
      [[aws("cluster", "version"), "1.33"]],
      [
        'rampa:aws.cluster.version: got "1.33", want a version in standard support on 2026-11-21 (1.34, 1.35, 1.36), or `support: "extended"`, which costs six times as much',
      ],
    ],
    [
      "a node image for another processor",
      [[aws("cluster", "systemPool", "amiType"), "BOTTLEROCKET_ARM_64"]],
      [
        'rampa:aws.cluster.systemPool.instanceTypes.0: got "m7i.2xlarge", want an instance type of architecture arm64, which the image BOTTLEROCKET_ARM_64 is for',
      ],
    ],
    [
      "a second device plugin and a second Karpenter beside Auto Mode",
      [
        [aws("cluster", "mode"), "auto"],
        [aws("cluster", "systemPool"), undefined],
        [pool(0, "os"), "al2023"],
      ],
      [
        'rampa:aws.gpuPools.0.kind: got "karpenter", want managed, as two Karpenters of one cluster would fight over its nodes',
        'rampa:aws.gpuPools.0.os: got "al2023", want bottlerocket, as a second device plugin would offer the same GPUs twice',
      ],
    ],
    [
      "pools above the account's quota",
      [[aws("quotas", "onDemandG"), 16]],
      [
        "rampa:aws.quotas.onDemandG: got 16, want at least 76 vCPUs, which the pools may grow to (l4 64, l40s 12), or pools of fewer `maxGpus`",
      ],
    ],
    [
      "a model larger than the GPUs of its pool",
      [[["rampa:endpoints", "big"], large({ pool: "l40s" })]],
      [expect.stringMatching(/^rampa:endpoints\.big\.versions\.1\.0\.0\.modelShape: got .+ GiB/)],
    ],
    [
      "more GPUs for a pod than a node has",
      [[["rampa:endpoints", "big"], large({ pool: "l4", count: 4 })]],
      [
        "rampa:endpoints.big.versions.1.0.0.gpu.count: got 4, want at most 1, as a node of pool l4 has no more",
        expect.stringMatching(/^rampa:endpoints\.big\.versions\.1\.0\.0\.modelShape: got .+ GiB/),
      ],
    ],
    [
      "a claim of GPUs that are counted, and of more memory than they have",
      [[["rampa:endpoints", "big"], large({ pool: "l40s", allocation: "dra", select: { memoryGib: 48 } })]],
      [
        'rampa:endpoints.big.versions.1.0.0.gpu.allocation: got "dra", want device-plugin, as pool l40s has it',
        "rampa:endpoints.big.versions.1.0.0.gpu.select.memoryGib: got 48, want at most 44, as the GPUs of pool l40s have no more",
        expect.stringMatching(/^rampa:endpoints\.big\.versions\.1\.0\.0\.modelShape: got .+ GiB/),
      ],
    ],
    [
      "claims on a cluster that is too old for them",
      [
        [["rampa:endpoints", "assistant"], undefined],
        [pool(1, "allocation"), "dra"],
        [pool(1, "os"), "al2023"],
        [aws("cluster", "version"), "1.33"],
        [aws("cluster", "support"), "extended"],
      ],
      [
        'rampa:aws.gpuPools.1.allocation: got "dra", want device-plugin, or a cluster of 1.34 or later; it has 1.33',
      ],
    ],
    [
      "a pool that does not exist",
      [[["rampa:endpoints", "big"], large({ pool: "h100" })]],
      [
        'rampa:endpoints.big.versions.1.0.0.gpu.pool: got "h100", want a pool of `rampa:aws.gpuPools`: l4, l40s',
      ],
    ],
    [
      "weights in a bucket that the stack's role does not read, and access where the stack gives it",
      [
        [SOURCE, "s3://weights/chat.gguf"],
        [["rampa:bucketAccess"], "public"],
      ],
      [
        'rampa:bucketAccess: got "public", want nothing, as the stack\'s own cluster gives its pods a role for its own bucket',
        `rampa:endpoints.chat.versions.1.0.0.artefact.source: got "s3://weights/chat.gguf", want ${OWN_WEIGHTS}…, as the role of the stack's own cluster reads nothing else`,
      ],
    ],
    ["weights in the stack's own bucket", [[SOURCE, `${OWN_WEIGHTS}chat/1.gguf`]], []],
    [
      "weights beside the prefix that pods may read",
      [
        [SOURCE, `${OWN_WEIGHTS}chat/1.gguf`],
        [aws("models", "weightsPrefix"), "weights/"],
      ],
      [expect.stringContaining(`want ${OWN_WEIGHTS.replace("/models/", "/weights/")}…`)],
    ],
    [
      "a prefix that is none",
      [[aws("models", "weightsPrefix"), "models"]],
      [
        'rampa:aws.models.weightsPrefix: got "models", want the start of keys, with its closing slash, e.g. models/',
      ],
    ],
    [
      "a version in production that nobody approved",
      [[["rampa:endpoints", "chat", "versions", "1.0.0", "card", "approval"], undefined]],
      [
        "rampa:endpoints.chat.versions.1.0.0.card.approval: got nothing, want a model card and who approved the version, as the environment is prod",
      ],
    ],
    [
      "a Prometheus that KEDA may not call",
      [
        [
          ["rampa:endpoints", "chat", "versions", "1.0.0", "scaling"],
          { kind: "keda", max: 4, prometheusUrl: "https://prometheus.example.com" },
        ],
      ],
      [
        'rampa:endpoints.chat.versions.1.0.0.scaling.prometheusUrl: got "https://prometheus.example.com", want the address of a Service, e.g. http://prometheus-operated.monitoring.svc:9090: KEDA\'s network policy lets it out to nothing else',
      ],
    ],
    [
      "weights of a version that does not exist",
      [[["rampa:endpoints", "chat", "weights"], { "1.0.0": 95, "9.9.9": 5 }]],
      ["rampa:endpoints.chat.weights.9.9.9: got 5, want a version that exists: 1.0.0, 1.1.0"],
    ],
    [
      "an API that the whole internet may call",
      [[aws("cluster", "publicAccess"), { cidrs: ["0.0.0.0/0"] }]],
      [
        'rampa:aws.cluster.publicAccess.cidrs.0: got "0.0.0.0/0", want a range of prefix /16 or longer, so that it names callers',
      ],
    ],
    [
      "an AWS half that is missing",
      [[aws(), undefined]],
      [
        "rampa:aws: got nothing, want account, region, zones and access of the cluster to make, or `rampa:cluster.context`",
      ],
    ],
  ])("refuses %s", (_, changes, problems) => {
    expect(problemsOf(changes)).toEqual(problems);
  });

  it("refuses a monitoring stack for a cluster that is not its own", () => {
    const changes: readonly Change[] = [[["rampa:cluster"], { use: "context", context: "theirs" }]];
    expect(problemsOf(changes).map((line) => line.split(", want")[1])).toEqual([
      " `standalone`, or no `stack` where the cluster has the Prometheus operator: it is installed into clusters of the stack's own only",
    ]);
  });

  it("names the faults of every component at once", () => {
    const changes: readonly Change[] = [
      [["rampa:endpoints", "assistant"], undefined],
      [aws("zones", 2), "us-east-1a"],
      [aws("cluster", "version"), "1.33"],
      [pool(1, "name"), "l4"],
      [aws("cache", "replicas"), 0],
      [aws("store", "backupRetentionDays"), 0],
    ];
    expect(problemsOf(changes).map((line) => line.split(":").slice(0, 2).join(":"))).toEqual([
      "rampa:aws.zones.2",
      "rampa:aws.cluster.version",
      "rampa:aws.gpuPools.1.name",
      "rampa:aws.store.backupRetentionDays",
      "rampa:aws.cache.automaticFailover",
      "rampa:aws.cache.replicas",
    ]);
  });

  it("judges support by the day", () => {
    expect(problemsOf([], "2027-03-28")).toEqual([
      expect.stringMatching(/^rampa:aws\.cluster\.version: got nothing, want .* on 2027-03-28 \(1\.36\)/),
    ]);
  });
});
