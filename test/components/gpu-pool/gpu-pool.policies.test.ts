// Pools of every kind, as a production stack would have them, pass the whole policy pack.

import type { ProviderResource } from "@pulumi/pulumi";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BatchJob } from "../../../components/batch/batch.ts";
import { GpuPool } from "../../../components/gpu-pool/gpu-pool.ts";
import { type GpuSupportArgs, gpuSupportSettings } from "../../../components/gpu-pool/gpu-support.args.ts";
import { GpuSupport } from "../../../components/gpu-pool/gpu-support.ts";
import { KarpenterPool } from "../../../components/gpu-pool/karpenter-pool.ts";
import { Isolation } from "../../../components/network/network.ts";
import { ModelVersion } from "../../../components/serving/serving.ts";
import { type Analyser, startAnalyser } from "../../../policies/harness/analyser.ts";
import { recordResources } from "../../kit/record-resources.ts";
import { createPack, type PackFixture } from "../../policies/pack-fixture.ts";
import { refs, versionOf, vllm } from "../serving/engine-versions.ts";
import {
  block,
  createProviders,
  karpenterRefs,
  poolRefs,
  support,
  supportRefs,
  ZONES,
} from "./pool-fixture.ts";

const pools: GpuSupportArgs["pools"] = [
  { kind: "managed", name: "chat", instanceTypes: ["g6.xlarge"], maxGpus: 2 },
  {
    kind: "managed",
    name: "shared",
    os: "al2023",
    instanceTypes: ["g6.xlarge"],
    maxGpus: 2,
    sharing: { kind: "time-slicing", replicas: 4 },
    instanceStore: "raid0",
  },
  {
    kind: "managed",
    name: "claimed",
    os: "al2023",
    instanceTypes: ["g6.xlarge"],
    maxGpus: 2,
    allocation: "dra",
  },
  { ...block, kind: "managed", name: "block", maxGpus: 8, efa: true },
  {
    kind: "karpenter",
    name: "burst",
    instanceTypes: ["g6.xlarge", "g6.12xlarge"],
    maxGpus: 8,
    interruptible: true,
    capacity: { kind: "spot", onDemandFallback: true },
  },
  {
    kind: "karpenter",
    name: "cut",
    instanceTypes: ["p4d.24xlarge"],
    maxGpus: 8,
    sharing: { kind: "mig", profile: "1g.5gb" },
  },
];

const approval = { by: "board", on: "2026-11-01" };

/** Pods that claim the GPUs of their pool: servers of a version, and a job. */
function createClaims(providers: ProviderResource[]): void {
  const gpu = { pool: "claimed", allocation: "dra", count: 1, select: { memoryGib: 20 } } as const;
  const ownership = { ...support.ownership, environment: "prod" };
  const { namespace } = refs;
  new Isolation("isolation", { ownership, apiServers: ["10.0.0.0/16"], refs: { namespace } }, { providers });
  const card = { url: "https://example.com/card", licence: "Apache-2.0", approval };
  const version = versionOf("vllm", { ...vllm, ownership, gpu, card, spread: "require" });
  new ModelVersion("chat-2-0-0", { ...version, refs }, { providers });
  new BatchJob(
    "labels",
    { ownership, job: "labels", command: ["label"], gpu, refs: { ...refs, serviceAccount: "batch" } },
    { providers },
  );
}

function createAll(): void {
  const opts = { providers: createProviders() };
  createClaims(opts.providers);
  const place = { ownership: support.ownership, prefix: support.prefix, vpcZones: ZONES };
  const { karpenter } = new GpuSupport("gpus", { ...support, pools, refs: supportRefs }, opts);
  if (karpenter === undefined) throw new Error("no Karpenter for pools of Karpenter");
  for (const pool of pools) {
    if (pool.kind === "managed") new GpuPool(pool.name, { ...pool, ...place, refs: poolRefs }, opts);
    else {
      const refs = { ...karpenterRefs, controller: karpenter.controller };
      new KarpenterPool(pool.name, { ...pool, ...place, refs }, opts);
    }
  }
}

const QUEUE = "arn:aws:sqs:eu-west-1:111122223333:interruptions";
const ROLE = "arn:aws:iam::111122223333:role/karpenter-nodes";
/** Without these, texts that contain them would be unknown and so not judged. */
const computed = {
  "aws:sqs/queue:Queue": { arn: QUEUE, name: "interruptions", url: "https://sqs/interruptions" },
  "aws:iam/role:Role": { arn: ROLE, name: "karpenter-nodes" },
  "aws:iam/instanceProfile:InstanceProfile": { arn: ROLE, name: "karpenter-nodes" },
  "aws:ec2/launchTemplate:LaunchTemplate": { latestVersion: 1 },
};

describe("pools in production", () => {
  let pack: PackFixture;
  let analyser: Analyser;

  beforeAll(async () => {
    pack = createPack([]);
    analyser = await startAnalyser(pack.folder);
  });

  afterAll(async () => {
    await analyser.close();
    pack.remove();
  });

  it("violate no rule", async () => {
    const resources = await recordResources(createAll, { stack: "prod", project: "rampa", computed });
    expect(resources.length).toBeGreaterThan(30);
    expect(await analyser.judge(resources)).toEqual([]);
  });

  it("are settings that a stack file can hold", () => {
    expect(gpuSupportSettings.parse({ ...support, pools }).pools).toHaveLength(pools.length);
  });
});
