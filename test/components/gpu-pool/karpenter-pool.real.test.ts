// What is written for Karpenter, judged by the definitions that its release publishes, and its chart's values by the chart.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ConfigMap } from "@pulumi/kubernetes/core/v1/index.js";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { CHARTS } from "../../../components/contract/charts.ts";
import { karpenterPoolSettings } from "../../../components/gpu-pool/gpu-pool.args.ts";
import { gpuSupportSettings } from "../../../components/gpu-pool/gpu-support.args.ts";
import { planGpuSupport } from "../../../components/gpu-pool/gpu-support.plan.ts";
import { karpenterReleaseArgs } from "../../../components/gpu-pool/karpenter.manifests.ts";
import { KarpenterPool } from "../../../components/gpu-pool/karpenter-pool.ts";
import { type CustomResourceCheck, readDefinitions } from "../../kit/crd-schema.ts";
import { fetchGoModule } from "../../kit/go-module.ts";
import { recordResources } from "../../kit/record-resources.ts";
import { block, createProviders, karpenter, karpenterRefs, support } from "./pool-fixture.ts";

const pools: readonly Readonly<Record<string, unknown>>[] = [
  {},
  { os: "al2023", instanceStore: "raid0", imageVersion: "v20260310" },
  { interruptible: true, capacity: { kind: "spot", onDemandFallback: true }, expireAfter: "24h" },
  { instanceTypes: ["g6.xlarge"], sharing: { kind: "time-slicing", replicas: 4 } },
  { instanceTypes: ["p5.48xlarge"], maxGpus: 8, sharing: { kind: "mig", profile: "1g.10gb" } },
  { ...block, efa: true },
  { volume: { snapshotId: "snap-0123", initializationRateMibps: 300, throughputMibps: 1000, iops: 4000 } },
  {
    disruption: {
      consolidateAfter: "1h30m",
      budgets: [
        { nodes: "10%" },
        { nodes: "0", schedule: "0 8 * * 1-5", duration: "10h", reasons: ["Empty"] },
      ],
    },
  },
];

const { version } = CHARTS.karpenter;
let check: CustomResourceCheck;
let values: unknown;

beforeAll(async () => {
  const module = await fetchGoModule(`github.com/aws/karpenter-provider-aws@v${version}`);
  const folder = join(module, "pkg", "apis", "crds");
  check = readDefinitions(readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8")));
  values = parse(readFileSync(join(module, "charts", "karpenter", "values.yaml"), "utf8"));
});

describe("a pool of Karpenter", () => {
  it.each(pools)("with %j is two objects as its release defines them", async (change) => {
    const objects = await recordResources(
      () => {
        const providers = createProviders();
        const controller = new ConfigMap("controller", {}, { provider: providers[1] });
        const settings = karpenterPoolSettings.parse({ ...karpenter, ...change });
        new KarpenterPool("pool", { ...settings, refs: { ...karpenterRefs, controller } }, { providers });
      },
      {
        stack: "dev",
        project: "rampa",
        computed: { "aws:ec2/placementGroup:PlacementGroup": { name: "pg" } },
      },
    );
    const judged = objects.filter(({ type }) => type.startsWith("kubernetes:karpenter"));
    expect(judged.map(({ props }) => [props.kind, check(props)])).toEqual([
      ["EC2NodeClass", []],
      ["NodePool", []],
    ]);
  });
});

describe("the release of Karpenter", () => {
  it("sets only values that its chart has", () => {
    const settings = gpuSupportSettings.parse({
      ...support,
      pools: [{ kind: "karpenter", name: "burst", instanceTypes: ["g6.xlarge"], maxGpus: 8 }],
    });
    const { karpenter: plan } = planGpuSupport(settings);
    if (plan === undefined) throw new Error("no Karpenter for a pool of Karpenter");
    const args = karpenterReleaseArgs(plan, { clusterName: "rampa-dev", queueName: "interruptions" });
    expect(unknownPaths(args.values, values)).toEqual([]);
  });
});

const tree = z.record(z.string(), z.unknown());

/** Paths of `given` that `known` has no place for; what is empty in `known` takes anything. */
function unknownPaths(given: unknown, known: unknown, path = ""): string[] {
  const [mine, theirs] = [tree.safeParse(given), tree.safeParse(known)];
  if (!mine.success || !theirs.success || Object.keys(theirs.data).length === 0) return [];
  if (path.endsWith("nodeSelector")) return [];
  return Object.entries(mine.data).flatMap(([key, value]) => {
    const at = `${path}.${key}`;
    return key in theirs.data ? unknownPaths(value, theirs.data[key], at) : [at];
  });
}
