// What the roles that hold a model share: when they are ready, and how they end where files or the engine are broken.
import { ModelError } from "../../adapters/llama/model-error.ts";
import type { ReadinessCheck } from "../../ports.ts";
import { endProcess } from "../end-process.ts";
import { describeError, type RoleLog } from "../log.ts";

const EXIT_LOAD = 1;
/** EX_SOFTWARE of sysexits.h: the engine broke while serving. */
const EXIT_ENGINE = 70;

/** Ready once there are figures of a loaded model; they are shown. */
export function modelReadiness(figures: () => Readonly<Record<string, number>> | undefined): ReadinessCheck {
  return {
    name: "model",
    check() {
      const loaded = figures();
      if (loaded === undefined) return { ok: false, detail: "loading" };
      const lines = Object.entries(loaded).map(([name, value]) => `${name}=${value}`);
      return { ok: true, detail: `loaded ${lines.join(" ")}` };
    },
  };
}

/** The exit code after files that were refused; anything else is thrown on. */
export function refuseLoad(log: RoleLog, error: unknown): number {
  if (!(error instanceof ModelError)) throw error;
  log.error({ code: error.code }, error.message);
  return EXIT_LOAD;
}

/** Ends the process at once, to be started anew. */
export function giveUp(log: RoleLog, reason: string): void {
  log.error({ reason: describeError(new Error(reason)).message }, "the engine is broken, ending the process");
  void log.flush().then(() => endProcess(EXIT_ENGINE));
}
