// The watchdog ends a process whose engine is wedged or broken, and no other.
import { describe, expect, it, vi } from "vitest";
import type { EngineStatus } from "../../../serving/contract/generation.ts";
import { startWatchdog } from "../../../serving/http/model/watchdog.ts";

const status = (stalledMs: number): EngineStatus => ({
  sequences: 1,
  sequencesBusy: 1,
  waiting: 0,
  kvTokensUsed: 0,
  kvTokens: 1,
  kvBytes: 0,
  modelBytes: 0,
  threads: 1,
  passes: 0,
  stalledMs,
});

describe("the watchdog", () => {
  it("gives up once pending work has not moved for the time limit", () => {
    vi.useFakeTimers();
    const giveUp = vi.fn();
    let stalledMs = 0;
    const watchdog = startWatchdog({
      status: () => status(stalledMs),
      completed: () => 0,
      giveUp,
      wedgedMs: 500,
      everyMs: 10,
    });
    stalledMs = 500;
    vi.advanceTimersByTime(10);
    expect(giveUp).not.toHaveBeenCalled();
    stalledMs = 501;
    vi.advanceTimersByTime(10);
    expect(giveUp).toHaveBeenCalledOnce();
    watchdog.stop();
    vi.useRealTimers();
  });

  it("gives up after three failures in a row, and forgives after an answer", () => {
    const giveUp = vi.fn();
    let completed = 0;
    const watchdog = startWatchdog({ status: () => undefined, completed: () => completed, giveUp });
    watchdog.failed();
    watchdog.failed();
    completed = 1;
    watchdog.failed();
    watchdog.failed();
    expect(giveUp).not.toHaveBeenCalled();
    watchdog.failed();
    expect(giveUp).toHaveBeenCalledOnce();
    watchdog.stop();
  });
});
