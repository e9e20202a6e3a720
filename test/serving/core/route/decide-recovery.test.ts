// After a failed attempt: asked again while that is safe, kept only where nothing was sent and a pod may come.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decideRecovery, type FailedAttempt } from "../../../../serving/core/route/decide-recovery.ts";

const failed: FailedAttempt = { fault: "unreachable", retries: 0, hasStarted: false, maySleep: false };
const asleep: FailedAttempt = { ...failed, maySleep: true };

describe("after a failed attempt", () => {
  it.each<[string, FailedAttempt, object]>([
    ["a refused connection is tried again", failed, { kind: "retry", pauseMs: 50 }],
    ["a second one later", { ...failed, retries: 1 }, { kind: "retry", pauseMs: 250 }],
    ["a third one not", { ...failed, retries: 2 }, { kind: "give up" }],
    ["a slow connection is tried again", { ...failed, fault: "connect timeout" }, { kind: "retry" }],
    ["a reset is tried again", { ...failed, fault: "reset" }, { kind: "retry", pauseMs: 50 }],
    [
      "a reset within the answer is not",
      { ...failed, fault: "reset", hasStarted: true },
      { kind: "give up" },
    ],
    ["a late first byte is not", { ...failed, fault: "first byte timeout" }, { kind: "give up" }],
    ["what is not HTTP is not", { ...failed, fault: "invalid" }, { kind: "give up" }],
    ["a version that may sleep is waited for", asleep, { kind: "wait" }],
    ["also when the connection is not answered", { ...asleep, fault: "connect timeout" }, { kind: "wait" }],
    ["also after retries", { ...asleep, retries: 2 }, { kind: "wait" }],
    ["its reset is tried again", { ...asleep, fault: "reset" }, { kind: "retry", pauseMs: 50 }],
    ["its late first byte is not", { ...asleep, fault: "first byte timeout" }, { kind: "give up" }],
  ])("%s", (_name, attempt, recovery) => {
    expect(decideRecovery(attempt)).toMatchObject(recovery);
  });

  it("nothing is kept that a model server may have seen, and nobody is asked for ever", () => {
    const attempts = fc.record({
      fault: fc.constantFrom<FailedAttempt["fault"][]>(
        "unreachable",
        "connect timeout",
        "first byte timeout",
        "idle timeout",
        "reset",
        "invalid",
        "aborted",
      ),
      retries: fc.nat(5),
      hasStarted: fc.boolean(),
      maySleep: fc.boolean(),
    });
    fc.assert(
      fc.property(attempts, (attempt) => {
        const { kind } = decideRecovery(attempt);
        const isUnsent = ["unreachable", "connect timeout"].includes(attempt.fault);
        if (kind === "wait") expect(isUnsent && attempt.maySleep && !attempt.hasStarted).toBe(true);
        if (kind === "retry") expect(attempt.retries < 2 && !attempt.hasStarted).toBe(true);
      }),
    );
  });
});
