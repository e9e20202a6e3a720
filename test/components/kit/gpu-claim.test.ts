// The claim of a pod's GPUs: its template, its conditions, and how pod and container refer to it.
import { describe, expect, it } from "vitest";
import { gpuSettings, placeOnGpus, withGpus } from "../../../components/kit/gpu.ts";
import { claimsOfPod, claimTemplateArgs, planGpuClaim } from "../../../components/kit/gpu-claim.ts";

const placed = (change: object = {}) =>
  placeOnGpus(gpuSettings.parse({ pool: "l4", allocation: "dra", ...change }));
const claimOf = (change: object = {}) => {
  const { claim } = placed(change);
  if (claim === undefined) throw new Error("no claim");
  return claim;
};
const base = { requests: { cpu: "1", memory: "2Gi" }, limits: { cpu: "2", memory: "2Gi" } };

describe("GPUs by claim", () => {
  it("are asked for by a claim in place of a number, on the same pool and past the same taint", () => {
    const counted = placeOnGpus(gpuSettings.parse({ pool: "l4" }));
    const { resources, claim, ...place } = placed();
    expect(resources).toEqual({});
    expect(claim).toMatchObject({ count: 1, selectors: [] });
    expect(counted).toMatchObject(place);
    expect(counted.claim).toBeUndefined();
  });

  it("are the container's by reference, without amounts of GPUs", () => {
    expect(withGpus(base, placed({ count: 2 }))).toEqual({ ...base, claims: [{ name: "gpus" }] });
    expect(withGpus(base, undefined)).toEqual(base);
    expect(claimsOfPod("chat-gpus")).toEqual([{ name: "gpus", resourceClaimTemplateName: "chat-gpus" }]);
  });

  it("are a template of the class of whole GPUs, all of them on one node", () => {
    const claim = claimOf({ count: 4 });
    const labels = { "rampa.dev/owner": "search" };
    expect(claimTemplateArgs(claim, "chat-1-0-0", { namespace: "rampa", labels })).toEqual({
      metadata: { namespace: "rampa", labels, name: `chat-1-0-0-${claim.suffix}` },
      spec: {
        metadata: { labels },
        spec: {
          devices: {
            requests: [
              {
                name: "gpus",
                exactly: { deviceClassName: "gpu.nvidia.com", allocationMode: "ExactCount", count: 4 },
              },
            ],
          },
        },
      },
    });
  });

  it("may be chosen by memory and product, in CEL", () => {
    const claim = claimOf({ select: { memoryGib: 20, product: "NVIDIA L4" } });
    expect(claim.selectors).toEqual([
      'device.capacity["gpu.nvidia.com"].memory.compareTo(quantity("20Gi")) >= 0',
      'device.attributes["gpu.nvidia.com"].productName == "NVIDIA L4"',
    ]);
    expect(claimTemplateArgs(claim, "chat", {})).toMatchObject({
      spec: {
        spec: {
          devices: {
            requests: [
              { exactly: { selectors: claim.selectors.map((expression) => ({ cel: { expression } })) } },
            ],
          },
        },
      },
    });
  });

  it("get another template when they change, as a template cannot", () => {
    const { suffix } = planGpuClaim({ count: 1 });
    expect(planGpuClaim({ count: 1, select: {} }).suffix).toBe(suffix);
    expect(planGpuClaim({ count: 2 }).suffix).not.toBe(suffix);
    expect(planGpuClaim({ count: 1, select: { memoryGib: 8 } }).suffix).not.toBe(suffix);
  });

  it.each([
    [
      { allocation: "device-plugin", select: { memoryGib: 20 } },
      "nothing, as only claims can select; or allocation: dra",
    ],
    [
      { allocation: "dra", sharing: { kind: "time-slicing", replicas: 2 } },
      "nothing, as claims are of whole GPUs; or allocation: device-plugin",
    ],
    [{ allocation: "dra", select: { memoryGib: 0.5 } }, "a whole number of GiB from 1 up"],
    [
      { allocation: "dra", select: { product: 'L4" || true' } },
      "letters, digits, spaces, dots, dashes and underscores",
    ],
  ])("refuse %j", (change, message) => {
    const { error } = gpuSettings.safeParse({ pool: "l4", ...change });
    expect(error?.issues.map((issue) => issue.message)).toEqual([message]);
  });
});
