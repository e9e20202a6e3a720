// Ends the process where no role does: on a signal before one listens for it, and after an error that nobody expects.
import { writeSync } from "node:fs";
import { isMainThread } from "node:worker_threads";
import { endProcess } from "./end-process.ts";

/** 128 and the signal's number, as a shell reports it. */
const SIGNAL_CODES = { SIGTERM: 143, SIGINT: 130 } as const;
const EXIT_BUG = 1;

// The kernel spares process 1 of a container a signal that it does not listen for: a pod deleted while it starts would
// live on until its whole grace period is over. So this is the first module that main.ts imports, and acts at once.
function endOnSignals(): void {
  for (const [signal, code] of Object.entries(SIGNAL_CODES)) {
    process.on(signal, () => {
      if (process.listenerCount(signal) === 1) endProcess(code);
    });
  }
}

// Node's own end after an uncaught error waits for threads that may never come back (see end-process.ts).
function endOnErrors(): void {
  process.on("uncaughtException", (error) => {
    try {
      writeSync(2, `${error instanceof Error ? error.stack : String(error)}\n`);
    } catch {
      // Nobody reads stderr any more.
    }
    endProcess(EXIT_BUG);
  });
}

// Signals and the end of the process are not an engine's thread's; its errors reach the thread that started it.
if (isMainThread) {
  endOnSignals();
  endOnErrors();
}
