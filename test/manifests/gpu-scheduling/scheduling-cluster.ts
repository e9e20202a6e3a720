// A real control plane with its scheduler and nodes that are only objects: which pod goes where, and why one does not.
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { z } from "zod";
import { GPU_DEVICE_CLASS } from "../../../components/contract/gpus.ts";
import { ensureClusterBinaries } from "../../../stacks/local/cluster/binaries.ts";
import { silent } from "../../../stacks/local/progress.ts";
import { startTestCluster, type TestCluster } from "../../stacks/local/engine/api-server-kit.ts";

const SETTLE_MS = 60_000;
const ASK_EVERY_MS = 200;
const MERGE_PATCH = "application/merge-patch+json";
const MOST_PODS = "110";

export const NAMESPACE = "rampa";
export const PRIORITY_CLASS = "rampa-model";

export type NodeLook = {
  readonly labels?: Readonly<Record<string, string>>;
  readonly taints?: readonly { readonly key: string; readonly value: string; readonly effect: string }[];
  readonly allocatable: Readonly<Record<string, string>>;
};

export type GpuLook = { readonly product: string; readonly memory: string; readonly count: number };

export type Placement = {
  /** Pods that a node got, by the node's name. */
  readonly bound: Readonly<Record<string, number>>;
  /** What the scheduler says of each pod that no node got. */
  readonly pending: readonly string[];
};

const RESOURCE_API = "/apis/resource.k8s.io/v1";

/** As the driver's chart makes it. */
const DEVICE_CLASS = {
  metadata: { name: GPU_DEVICE_CLASS },
  spec: {
    selectors: [
      {
        cel: {
          expression: `device.driver == "${GPU_DEVICE_CLASS}" && device.attributes["${GPU_DEVICE_CLASS}"].type == "gpu"`,
        },
      },
    ],
  },
};

const claimList = z.looseObject({
  items: z.array(
    z.looseObject({
      status: z
        .looseObject({
          allocation: z
            .looseObject({
              devices: z.looseObject({
                results: z.array(z.looseObject({ pool: z.string(), device: z.string() })),
              }),
            })
            .optional(),
        })
        .default({}),
    }),
  ),
});

const podList = z.looseObject({
  items: z.array(
    z.looseObject({
      spec: z.looseObject({ nodeName: z.string().optional() }),
      status: z.looseObject({
        conditions: z
          .array(z.looseObject({ type: z.string(), status: z.string(), message: z.string().optional() }))
          .default([]),
      }),
    }),
  ),
});
type Pod = z.output<typeof podList>["items"][number];

export class SchedulingCluster {
  readonly #cluster: TestCluster;
  readonly #scheduler: ChildProcess;

  private constructor(cluster: TestCluster, scheduler: ChildProcess) {
    this.#cluster = cluster;
    this.#scheduler = scheduler;
  }

  static async start(): Promise<SchedulingCluster> {
    const { kube } = await ensureClusterBinaries(silent);
    const cluster = await startTestCluster();
    const args = ["--kubeconfig", cluster.kubeconfig, "--leader-elect=false", "--secure-port=0"];
    const scheduler = spawn(join(kube, "kube-scheduler"), args, { stdio: "ignore" });
    const started = new SchedulingCluster(cluster, scheduler);
    try {
      await started.#create("/api/v1/namespaces", { metadata: { name: NAMESPACE } });
      const priority = { metadata: { name: PRIORITY_CLASS }, value: 1000 };
      await started.#create("/apis/scheduling.k8s.io/v1/priorityclasses", priority);
      await started.#create(`${RESOURCE_API}/deviceclasses`, DEVICE_CLASS);
    } catch (error) {
      await started.stop();
      throw error;
    }
    return started;
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#scheduler.once("close", resolve));
    if (this.#scheduler.exitCode === null && this.#scheduler.kill("SIGKILL")) await ended;
    await this.#cluster.stop();
  }

  async addNode(name: string, { labels = {}, taints = [], allocatable }: NodeLook): Promise<void> {
    const resources = { ...allocatable, pods: MOST_PODS };
    const node = {
      metadata: { name, labels: { ...labels, "kubernetes.io/hostname": name } },
      status: { capacity: resources, allocatable: resources },
    };
    await this.#create("/api/v1/nodes", node);
    // The API server taints every new node as not ready; there is no kubelet that could say otherwise.
    const path = `/api/v1/nodes/${name}`;
    await this.#expect(200, "PATCH", path, { body: { spec: { taints } }, contentType: MERGE_PATCH });
  }

  /** What NVIDIA's driver says of the GPUs of a node, each of which a claim may get. */
  async publishGpus(node: string, { product, memory, count }: GpuLook): Promise<void> {
    const devices = Array.from({ length: count }, (_, index) => ({
      name: `gpu-${index}`,
      attributes: { type: { string: "gpu" }, productName: { string: product } },
      capacity: { memory: { value: memory } },
    }));
    const pool = { name: node, generation: 1, resourceSliceCount: 1 };
    await this.#create(`${RESOURCE_API}/resourceslices`, {
      metadata: { name: `${node}-gpus` },
      spec: { driver: GPU_DEVICE_CLASS, nodeName: node, pool, devices },
    });
  }

  async createClaimTemplate(template: object): Promise<void> {
    await this.#create(`${RESOURCE_API}/namespaces/${NAMESPACE}/resourceclaimtemplates`, template);
  }

  /** Node and devices that each claim got, as `NODE/DEVICE`; a claim that got nothing is left out. */
  async allocatedGpus(): Promise<readonly string[]> {
    const path = `${RESOURCE_API}/namespaces/${NAMESPACE}/resourceclaims`;
    const { items } = claimList.parse(await this.#expect(200, "GET", path));
    return items
      .flatMap(({ status }) => status.allocation?.devices.results ?? [])
      .map(({ pool, device }) => `${pool}/${device}`)
      .toSorted();
  }

  /** The controllers make its pods, as in any cluster. */
  async createDeployment(deployment: object): Promise<void> {
    await this.#create(`/apis/apps/v1/namespaces/${NAMESPACE}/deployments`, deployment);
  }

  async createPod(pod: object): Promise<void> {
    await this.#create(`/api/v1/namespaces/${NAMESPACE}/pods`, pod);
  }

  /** Where the pods with these labels are, once the scheduler has said something about `count` of them. */
  async awaitPlacement(labels: Readonly<Record<string, string>>, count: number): Promise<Placement> {
    const selector = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
    const path = `/api/v1/namespaces/${NAMESPACE}/pods?labelSelector=${encodeURIComponent(selector.join(","))}`;
    const deadline = Date.now() + SETTLE_MS;
    for (;;) {
      const { items } = podList.parse(await this.#expect(200, "GET", path));
      const undecided = items.filter((pod) => pod.spec.nodeName === undefined && reasonOf(pod) === undefined);
      if (items.length === count && undecided.length === 0) return toPlacement(items);
      if (Date.now() > deadline) throw new Error(`${undecided.length} of ${items.length} pods undecided`);
      await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
    }
  }

  /** A field that the API does not know is refused. */
  async #create(path: string, body: object): Promise<void> {
    await this.#expect(201, "POST", `${path}?fieldValidation=Strict`, { body });
  }

  async #expect(
    status: number,
    method: string,
    path: string,
    { body, contentType }: { readonly body?: object; readonly contentType?: string } = {},
  ): Promise<unknown> {
    const answer = await this.#cluster.api(method, path, body, contentType);
    if (answer.status !== status) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  }
}

function toPlacement(pods: readonly Pod[]): Placement {
  const bound: Record<string, number> = {};
  for (const { spec } of pods) {
    if (spec.nodeName !== undefined) bound[spec.nodeName] = (bound[spec.nodeName] ?? 0) + 1;
  }
  const pending = pods.filter(({ spec }) => spec.nodeName === undefined).map((pod) => reasonOf(pod) ?? "");
  return { bound, pending };
}

function reasonOf({ status }: Pod): string | undefined {
  return status.conditions.find((it) => it.type === "PodScheduled" && it.status === "False")?.message;
}
