// The pods that serving and batch jobs make, on nodes as their pools look, bound by the real scheduler.
import { Provider as KubernetesProvider } from "@pulumi/kubernetes/provider.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { BatchJob } from "../../components/batch/batch.ts";
import { type NodeSettings, planGpuNodes } from "../../components/gpu-pool/gpu-nodes.plan.ts";
import { modelVersionSettings } from "../../components/serving/serving.args.ts";
import { ModelVersion } from "../../components/serving/serving.ts";
import { llama, refs, vllm } from "../components/serving/engine-versions.ts";
import { ownership } from "../kit/component-owner.ts";
import { recordResources } from "../kit/record-resources.ts";
import {
  NAMESPACE,
  type Placement,
  PRIORITY_CLASS,
  SchedulingCluster,
} from "./gpu-scheduling/scheduling-cluster.ts";

const NONE = { kind: "none" } as const;
const TIME_SLICING = { kind: "time-slicing", replicas: 4 } as const;
const MPS = { kind: "mps", replicas: 2 } as const;
const MIG = { kind: "mig", profile: "3g.40gb" } as const;

type Pool = Omit<NodeSettings, "allocation"> & Partial<NodeSettings> & { readonly nodes: number };

/** One node of 8 H100 makes 16 parts of half a GPU. */
const POOLS: readonly Pool[] = [
  { name: "l4", os: "al2023", instanceTypes: ["g6.xlarge"], sharing: NONE, nodes: 2 },
  { name: "full", os: "bottlerocket", instanceTypes: ["g6.xlarge"], sharing: NONE, nodes: 2 },
  { name: "quad", os: "bottlerocket", instanceTypes: ["g6.12xlarge"], sharing: NONE, nodes: 1 },
  { name: "small", os: "bottlerocket", instanceTypes: ["g6.12xlarge"], sharing: NONE, nodes: 2 },
  { name: "batch", os: "al2023", instanceTypes: ["g6.xlarge"], sharing: NONE, nodes: 1 },
  { name: "sliced", os: "al2023", instanceTypes: ["g6.xlarge"], sharing: TIME_SLICING, nodes: 1 },
  { name: "mps", os: "al2023", instanceTypes: ["g6.xlarge"], sharing: MPS, nodes: 1 },
  {
    name: "claims",
    os: "al2023",
    instanceTypes: ["g6.12xlarge"],
    sharing: NONE,
    allocation: "dra",
    nodes: 2,
  },
  { name: "mig", os: "bottlerocket", instanceTypes: ["p5.48xlarge"], sharing: MIG, nodes: 1 },
];

/** What NVIDIA's driver would say of the nodes with claims; the second has GPUs of another kind. */
const CLAIMED_GPUS = {
  "claims-0": { product: "NVIDIA L4", memory: "23034Mi", count: 4 },
  "claims-1": { product: "NVIDIA L40S", memory: "46068Mi", count: 4 },
};

/** As large as a m7i.xlarge; room for one pod of the llama engine. */
const CPU_NODE = { allocatable: { cpu: "3920m", memory: "6Gi" } };

const GPU_NODES = POOLS.reduce((sum, { nodes }) => sum + nodes, 0);
const FULL = "Insufficient nvidia.com/gpu";

let cluster: SchedulingCluster;

beforeAll(async () => {
  cluster = await SchedulingCluster.start();
  await cluster.addNode("cpu-0", CPU_NODE);
  for (const pool of POOLS) {
    const { labels, taints, shapes } = planGpuNodes({ allocation: "device-plugin", ...pool });
    const [shape] = shapes;
    if (shape === undefined) throw new Error(`${pool.name} has no shape`);
    for (let node = 0; node < pool.nodes; node++) {
      await cluster.addNode(`${pool.name}-${node}`, { labels, taints, allocatable: shape.allocatable });
    }
  }
  for (const [node, look] of Object.entries(CLAIMED_GPUS)) await cluster.publishGpus(node, look);
});

afterAll(async () => await cluster?.stop());

/** Small enough for the parts of one GPU to be what runs out first. */
const SMALL = { resources: { cpu: "200m", memory: "1Gi" } };

describe("a version on GPUs", () => {
  it("gets the nodes of its pool, one GPU a pod, with the default resources", async () => {
    expect(await serve("l4", { gpu: { pool: "l4" }, replicas: 2 })).toEqual({
      bound: { "l4-0": 1, "l4-1": 1 },
      pending: [],
    });
  });

  it("waits while its pool is full, and goes to no other pool", async () => {
    const { bound, pending } = await serve("full", { gpu: { pool: "full" }, replicas: 3 });
    expect(bound).toEqual({ "full-0": 1, "full-1": 1 });
    expect(pending).toEqual([expect.stringContaining(`2 ${FULL}`)]);
    expect(pending[0]).toContain("node(s) didn't match Pod's node affinity/selector");
  });

  it("has all GPUs of a pod on one node", async () => {
    expect(await serve("quad", { gpu: { pool: "quad", count: 4 }, replicas: 1 })).toEqual({
      bound: { "quad-0": 1 },
      pending: [],
    });
    const { bound, pending } = await serve("small", { gpu: { pool: "small", count: 8 }, replicas: 1 });
    expect(bound).toEqual({});
    expect(pending).toEqual([expect.stringContaining(`2 ${FULL}`)]);
  });

  it("waits for a pool that no node belongs to", async () => {
    const { bound, pending } = await serve("nowhere", { gpu: { pool: "nowhere" }, replicas: 1 });
    expect(bound).toEqual({});
    expect(pending).toEqual([expect.stringContaining("didn't match Pod's node affinity/selector")]);
  });

  it.each([
    ["sliced", TIME_SLICING, 4],
    ["mps", MPS, 2],
    ["mig", MIG, 16],
  ])("shares the GPUs of pool %s by %j among %i pods", async (pool, sharing, shares) => {
    const gpuMemoryUtilization = sharing.kind === "mig" ? 0.9 : 1 / shares;
    const version = { ...SMALL, gpu: { pool, sharing }, gpuMemoryUtilization, replicas: shares + 1 };
    const { bound, pending } = await serve(pool, version);
    expect(bound).toEqual({ [`${pool}-0`]: shares });
    expect(pending).toEqual([expect.stringContaining(`1 ${FULL}`)]);
  });
});

describe("a version that claims its GPUs", () => {
  const claim = (count: number, select: object) => ({
    ...SMALL,
    gpu: { pool: "claims", allocation: "dra", count, select },
  });

  it("gets those that its claim selects by product, and waits where they are taken", async () => {
    const { bound, pending } = await serve("product", {
      ...claim(2, { product: "NVIDIA L4" }),
      replicas: 3,
    });
    expect(bound).toEqual({ "claims-0": 2 });
    expect(pending).toEqual([expect.stringContaining("cannot allocate all claims")]);
    expect(await cluster.allocatedGpus()).toEqual([0, 1, 2, 3].map((gpu) => `claims-0/gpu-${gpu}`));
  });

  it("gets those with the memory that it asks for, and none with less", async () => {
    const large = { ...claim(1, { memoryGib: 40 }), replicas: 1 };
    expect(await serve("memory", large)).toEqual({ bound: { "claims-1": 1 }, pending: [] });
    const { bound, pending } = await serve("larger", { ...claim(1, { memoryGib: 80 }), replicas: 1 });
    expect(bound).toEqual({});
    expect(pending).toEqual([expect.stringContaining("cannot allocate all claims")]);
  });

  it("shares the rest of a node with a batch job that claims too, and with nobody who counts", async () => {
    await cluster.createPod(
      await batchPod("claiming", { gpu: { pool: "claims", allocation: "dra", count: 3 } }),
    );
    expect(await cluster.awaitPlacement({ test: "claiming" }, 1)).toEqual({
      bound: { "claims-1": 1 },
      pending: [],
    });
    const { bound, pending } = await serve("counting", { ...SMALL, gpu: { pool: "claims" }, replicas: 1 });
    expect(bound).toEqual({});
    expect(pending).toEqual([expect.stringContaining(`2 ${FULL}`)]);
  });
});

describe("a batch job on GPUs", () => {
  it("gets a node of its pool", async () => {
    await cluster.createPod(await batchPod("batch", { gpu: { pool: "batch" } }));
    expect(await cluster.awaitPlacement({ test: "batch" }, 1)).toEqual({
      bound: { "batch-0": 1 },
      pending: [],
    });
  });
});

describe("a version on processors", () => {
  it("never gets a node with GPUs, also when no other has room", async () => {
    const { bound, pending } = await place({ ...llama, endpoint: "cpu", replicas: 2 });
    expect(bound).toEqual({ "cpu-0": 1 });
    expect(pending).toEqual([expect.stringContaining(`${GPU_NODES} node(s) had untolerated taint(s)`)]);
    expect(pending[0]).toContain("1 Insufficient cpu");
  });
});

async function serve(endpoint: string, change: object): Promise<Placement> {
  return await place({ ...vllm, endpoint, ...change });
}

const deployment = z.looseObject({
  spec: z.looseObject({
    replicas: z.int(),
    selector: z.object({ matchLabels: z.record(z.string(), z.string()) }),
  }),
});

/** Creates what a version's pods are made of, as its component gives it, and waits for the pods. */
async function place(version: object): Promise<Placement> {
  const settings = modelVersionSettings.parse(version);
  const props = await createdBy("Deployment", (provider) => {
    const all = { ...refs, namespace: NAMESPACE, priorityClass: PRIORITY_CLASS };
    new ModelVersion("version", { ...settings, refs: all }, { provider });
  });
  const { replicas, selector } = deployment.parse(props).spec;
  await cluster.createDeployment(props);
  return await cluster.awaitPlacement(selector.matchLabels, replicas);
}

const cronJob = z.object({
  spec: z.looseObject({
    jobTemplate: z.looseObject({ spec: z.looseObject({ template: z.looseObject({ spec: z.unknown() }) }) }),
  }),
});

/** One pod of the job, as its controller would make it. */
async function batchPod(name: string, change: object): Promise<object> {
  const image = `registry.example.com/labels@sha256:${"1".repeat(64)}`;
  const props = await createdBy("CronJob", (provider) => {
    const job = { ownership, job: name, command: ["label"], ...SMALL, ...change };
    new BatchJob(
      "job",
      { ...job, refs: { namespace: NAMESPACE, image, serviceAccount: "batch" } },
      { provider },
    );
  });
  const { template } = cronJob.parse(props).spec.jobTemplate.spec;
  return { metadata: { name, labels: { test: name } }, spec: template.spec };
}

/** Properties of the resource of that kind, once the templates of its claims are in the cluster. */
async function createdBy(
  kind: string,
  define: (provider: KubernetesProvider) => void,
): Promise<Readonly<Record<string, unknown>>> {
  const program = () => define(new KubernetesProvider("k8s"));
  const resources = await recordResources(program, { stack: "dev", project: "rampa" });
  for (const { type, props } of resources) {
    if (type.endsWith(":ResourceClaimTemplate")) await cluster.createClaimTemplate(props);
  }
  const found = resources.find(({ type }) => type.endsWith(`:${kind}`));
  if (found === undefined) throw new Error(`no ${kind}`);
  return found.props;
}
