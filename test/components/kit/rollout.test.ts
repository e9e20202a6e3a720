// Rollouts: a Deployment can always replace a pod, and Pulumi waits at least as long as that may take.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  gpuRolloutSettings,
  progressSeconds,
  rolloutSettings,
  rolloutTimeouts,
} from "../../../components/kit/rollout.ts";

describe("rollout", () => {
  it("replaces pods one more at a time and none fewer when nothing is said", () => {
    expect(rolloutSettings.parse({})).toEqual({ maxSurge: 1, maxUnavailable: 0 });
  });

  it("takes a pod away before its successor comes where each needs a GPU", () => {
    expect(gpuRolloutSettings.parse({})).toEqual({ maxSurge: 0, maxUnavailable: 1 });
    expect(gpuRolloutSettings.safeParse({ maxUnavailable: 0 }).success).toBe(false);
  });

  it("refuses settings under which no pod could be replaced", () => {
    const result = rolloutSettings.safeParse({ maxSurge: 0, maxUnavailable: 0 });
    expect(result.error?.issues[0]?.message).toBe(
      "`maxSurge` or `maxUnavailable` above 0: with both 0 no pod could ever be replaced",
    );
  });

  it("waits for every batch of pods", () => {
    const rollout = { maxSurge: 1, maxUnavailable: 0 };
    const times = { replicas: 3, rollout, startupSeconds: 300, terminationSeconds: 75 };
    expect(rolloutTimeouts(times)).toEqual({ create: "1365s", update: "1365s", delete: "135s" });
  });

  it("never gives up before Kubernetes does", () => {
    const counts = fc.integer({ min: 1, max: 50 });
    fc.assert(
      fc.property(
        counts,
        counts,
        fc.integer({ min: 10, max: 3600 }),
        (replicas, maxSurge, startupSeconds) => {
          const rollout = { maxSurge, maxUnavailable: 0 };
          const { update } = rolloutTimeouts({ replicas, rollout, startupSeconds, terminationSeconds: 10 });
          expect(Number.parseInt(String(update), 10)).toBeGreaterThan(progressSeconds(startupSeconds));
        },
      ),
    );
  });
});
