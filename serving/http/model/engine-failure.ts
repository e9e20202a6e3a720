// What a request of a broken or refusing engine ends with: the fault that the caller gets, and how it is counted.
import { EngineFault } from "../../contract/generation.ts";
import { faults, type OpenAiFault } from "../../contract/openai/fault.ts";
import type { Log } from "../../ports.ts";
import type { Exchange } from "../exchange.ts";
import { describeError } from "../log.ts";

type Told = { readonly log: Log; readonly onEngineError: () => void };

/** The engine's own refusals are passed on; anything else is its failure, which is told and logged. */
export function toEngineFault(error: unknown, exchange: Exchange, { log, onEngineError }: Told): OpenAiFault {
  if (error instanceof EngineFault) return error.fault;
  onEngineError();
  log.error({ requestId: exchange.requestId, error: describeError(error) }, "the engine failed");
  return faults.internal();
}

/** A full queue is a refusal as well. */
export function outcomeOfFault({ status }: OpenAiFault): "refused" | "failed" {
  return status < 500 || status === 503 ? "refused" : "failed";
}
