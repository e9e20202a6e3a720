// GPUs of a pod: where it is placed, what it sees of a shared GPU, and which settings are refused.
import { describe, expect, it } from "vitest";
import { gpuSettings, largestShare, memoryOfGpu, placeOnGpus } from "../../../components/kit/gpu.ts";

const parse = (change: object) => gpuSettings.parse({ pool: "l4", ...change });

describe("placeOnGpus", () => {
  it("asks for whole GPUs of its pool, tolerates their taint, and stays where it is", () => {
    expect(placeOnGpus(parse({ count: 4 }))).toEqual({
      resources: { "nvidia.com/gpu": "4" },
      nodeSelector: { "rampa.dev/pool": "l4" },
      tolerations: [{ key: "nvidia.com/gpu", operator: "Equal", value: "true", effect: "NoSchedule" }],
      labels: { "rampa.dev/pool": "l4" },
      annotations: { "karpenter.sh/do-not-disrupt": "true" },
    });
  });

  it.each([
    { kind: "mig", profile: "1g.10gb" },
    { kind: "time-slicing", replicas: 4 },
    { kind: "mps", replicas: 2 },
  ])("asks for a part by %j as its pool offers it, under the name of a GPU", (shared) => {
    expect(placeOnGpus(parse({ sharing: shared })).resources).toEqual({ "nvidia.com/gpu": "1" });
  });

  it("may be moved when told so", () => {
    expect(placeOnGpus(parse({ disruptible: true })).annotations).toEqual({});
  });
});

describe("a shared GPU", () => {
  it.each([
    ["whole", undefined, 80, 1],
    ["MIG", { kind: "mig", profile: "2g.20gb" }, 18.6, 1],
    ["time-slicing", { kind: "time-slicing", replicas: 4 }, 80, 0.25],
    ["MPS", { kind: "mps", replicas: 2 }, 80, 0.5],
  ])("%s: what a pod sees of 80 GiB, and the share it may take", (_, sharing, memoryGib, share) => {
    const gpu = parse({ sharing });
    expect(memoryOfGpu(gpu, 80)).toBeCloseTo(memoryGib, 1);
    expect(largestShare(gpu)).toBe(share);
  });

  it.each([
    [{ pool: "L4" }, "lower-case letters, digits and dashes, starting with a letter"],
    [{ count: 0 }, "a whole number of GPUs from 1 to 16"],
    [{ count: 1.5 }, "a whole number of GPUs from 1 to 16"],
    [{ sharing: { kind: "mig", profile: "8g.80gb" } }, "a MIG profile, e.g. 1g.10gb"],
    [
      { count: 2, sharing: { kind: "mps", replicas: 2 } },
      "1, as parts of shared GPUs don't add up to a larger one",
    ],
  ])("refuses %j", (change, message) => {
    const result = gpuSettings.safeParse({ pool: "l4", ...change });
    expect(result.error?.issues.map((issue) => issue.message)).toContain(message);
  });
});
