// What happens to endpoints and GPUs: weights in percent, pods replaced or scaled, the peak in between.
import { describe, expect, it } from "vitest";
import { planGpuDemand } from "../../../stacks/preview/gpu-demand.ts";
import { planRollout } from "../../../stacks/preview/rollout-plan.ts";
import { deployment, nodeGroup, resource, route, type VersionFixture } from "./platform-resources.ts";

const platform = (version: VersionFixture = {}, weights = { "1.0.0": 9, "1.1.0": 1 }) => [
  route(weights),
  deployment("1.0.0"),
  deployment("1.1.0", version),
];
const scaler = (spec: Record<string, unknown>) =>
  resource("kubernetes:keda.sh/v1alpha1:ScaledObject", "chat-1-1-0", {
    spec: { scaleTargetRef: { name: "chat-1-1-0" }, ...spec },
  });

describe("planRollout", () => {
  it("gives weights in percent, before and after", () => {
    const [chat] = planRollout(platform(), platform({}, { "1.0.0": 1, "1.1.0": 2 }));
    expect(chat).toMatchObject({
      endpoint: "chat",
      before: { "1.0.0": 90, "1.1.0": 10 },
      steps: [{ "1.0.0": 33.33, "1.1.0": 66.67 }],
    });
  });

  it("knows the versions of a route before their Services have names", () => {
    const [chat] = planRollout([], [route({ "1.0.0": 3, "1.1.0": 1 }, true), deployment("1.0.0")]);
    expect(chat?.steps).toEqual([{ "1.0.0": 75, "1.1.0": 25 }]);
  });

  it.each([
    ["none", {}, 2],
    ["scaled", { replicas: 5 }, 5],
    ["replaced", { image: "b" }, 3],
    ["replaced", { image: "b", maxSurge: 0 }, 2],
  ] as const)("tells that pods are %s by %j", (change, version, peakPods) => {
    const [chat] = planRollout(platform(), platform(version));
    expect(chat?.versions[1]).toMatchObject({ version: "1.1.0", change, peakPods });
    expect(chat?.versions[0]).toMatchObject({ version: "1.0.0", change: "none", peakPods: 2 });
  });

  it("counts the pods of a version that goes until it is gone", () => {
    const [chat] = planRollout(platform(), [route({ "1.0.0": 1 }), deployment("1.0.0")]);
    expect(chat?.versions[1]).toMatchObject({ change: "removed", pods: { least: 0, most: 0 }, peakPods: 2 });
  });

  it("takes the bounds of an autoscaler instead of a number of pods", () => {
    const [chat] = planRollout([], [...platform(), scaler({ minReplicaCount: 0, maxReplicaCount: 6 })]);
    expect(chat).toMatchObject({ before: undefined });
    expect(chat?.versions[1]).toMatchObject({ change: "added", pods: { least: 0, most: 6 }, peakPods: 6 });
  });

  it("names an endpoint that is removed", () => {
    expect(planRollout(platform(), [])).toMatchObject([{ endpoint: "chat", steps: [] }]);
  });
});

describe("planGpuDemand", () => {
  const demand = (before: ReturnType<typeof platform>, after: ReturnType<typeof platform>) =>
    planGpuDemand(after, planRollout(before, after));

  it("adds up the GPUs of all versions at the peak against the pool's largest size", () => {
    const after = [...platform({ image: "b", gpus: 2 }), nodeGroup(4)];
    expect(demand(platform(), after)).toEqual([{ pool: "l4", gpus: ["L4"], peak: 2 * 1 + 3 * 2, limit: 4 }]);
  });

  it("counts the GPUs that pods claim, by the template of their claims", () => {
    const template = (name: string, requests: object[]) =>
      resource("kubernetes:resource.k8s.io/v1:ResourceClaimTemplate", name, {
        metadata: { name },
        spec: { spec: { devices: { requests } } },
      });
    const gpus = { deviceClassName: "gpu.nvidia.com" };
    const after = [
      route({ "1.1.0": 1 }),
      deployment("1.1.0", { gpus: 0, replicas: 3, claims: "mine" }),
      template("mine", [
        { name: "gpus", exactly: { ...gpus, count: 4 } },
        { name: "one", exactly: gpus },
        { name: "nic", exactly: { deviceClassName: "efa.example.com", count: 8 } },
      ]),
      template("other", [{ name: "gpus", exactly: { ...gpus, count: 16 } }]),
      nodeGroup(4),
    ];
    expect(demand([], after)).toEqual([{ pool: "l4", gpus: ["L4"], peak: 3 * 5, limit: 4 }]);
  });

  it("leaves out nodes without GPUs", () => {
    const system = resource("aws:eks/nodeGroup:NodeGroup", "system", {
      labels: { "rampa.dev/pool": "system" },
      instanceTypes: ["m7i.large"],
      scalingConfig: { maxSize: 3 },
    });
    expect(demand([], [system])).toEqual([]);
  });

  it("reads the limit of a Karpenter pool, and none where there is none", () => {
    const pool = (limits: Record<string, unknown>) =>
      resource("kubernetes:karpenter.sh/v1:NodePool", "l4", {
        spec: { limits, template: { metadata: { labels: { "rampa.dev/pool": "l4" } } } },
      });
    expect(demand([], [pool({ "nvidia.com/gpu": "8" })])).toMatchObject([{ pool: "l4", peak: 0, limit: 8 }]);
    expect(demand([], [pool({ cpu: "8" })])).toMatchObject([{ pool: "l4", limit: undefined }]);
  });

  it("gives a pool that does not exist no GPUs at all", () => {
    expect(demand([], platform())).toEqual([{ pool: "l4", gpus: [], peak: 4, limit: 0 }]);
  });
});
