// Ends the process when the engine no longer moves or keeps failing, so that it is started anew instead of hanging.
import type { EngineStatus } from "../../contract/generation.ts";

export type Watchdog = {
  /** The engine failed in a way nobody expects; several times in a row end the process. */
  readonly failed: () => void;
  readonly stop: () => void;
};

export type WatchdogInput = {
  readonly status: () => Pick<EngineStatus, "stalledMs"> | undefined;
  /** Completed answers so far: one more forgives earlier failures. */
  readonly completed: () => number;
  readonly giveUp: (reason: string) => void;
  readonly wedgedMs?: number;
  readonly everyMs?: number;
};

/** Longer than one batch of prompt tokens takes on one slow core. */
const WEDGED_MS = 120_000;
const EVERY_MS = 1_000;
const MOST_FAILURES = 3;

export function startWatchdog(input: WatchdogInput): Watchdog {
  const wedgedMs = input.wedgedMs ?? WEDGED_MS;
  let failures = 0;
  let completedBefore = 0;
  const timer = setInterval(() => {
    const stalledMs = input.status()?.stalledMs ?? 0;
    if (stalledMs > wedgedMs)
      input.giveUp(`the engine made no progress for ${Math.round(stalledMs)} ms with work pending`);
  }, input.everyMs ?? EVERY_MS);
  timer.unref();
  return {
    failed() {
      failures = input.completed() > completedBefore ? 1 : failures + 1;
      completedBefore = input.completed();
      if (failures >= MOST_FAILURES) input.giveUp(`the engine failed ${failures} times in a row`);
    },
    stop: () => clearInterval(timer),
  };
}
