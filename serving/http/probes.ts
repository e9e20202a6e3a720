// Probes and /metrics: liveness asks only the event loop, readiness asks every named check and the drain.
import { OPEN_INFERENCE_ROOT } from "../contract/open-inference.ts";
import type { ReadinessCheck } from "../ports.ts";
import type { Exchange } from "./exchange.ts";

export type Metrics = {
  readonly contentType: string;
  readonly print: () => Promise<string>;
};

export type ProbeState = {
  readonly checks: readonly ReadinessCheck[];
  /** Parts that only a restart heals, e.g. a wedged engine. Dependencies never belong here. */
  readonly liveness: readonly ReadinessCheck[];
  readonly isDraining: () => boolean;
  readonly metrics: Metrics;
};

export type Probe = (exchange: Exchange) => void | Promise<void>;
type Result = { readonly name: string; readonly ok: boolean; readonly detail: string };

const TEXT = { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" };

/** The probe of each path. */
export function createProbes(state: ProbeState): ReadonlyMap<string, Probe> {
  let hasStarted = false;
  const live: Probe = (exchange) => answer(exchange, run(state.liveness), ["ok", "not alive"]);
  const ready: Probe = (exchange) => answer(exchange, readiness(state), ["ready", "not ready"]);
  /** Latches: once every check has passed, a later failure is readiness' matter. */
  const started: Probe = (exchange) => {
    hasStarted ||= allOk(run(state.checks));
    exchange.send(hasStarted ? 200 : 503, hasStarted ? "started\n" : "starting\n", TEXT);
  };
  /** As vLLM has it: an empty body, the status says it. */
  const health: Probe = (exchange) => exchange.send(allOk(readiness(state)) ? 200 : 503, "", TEXT);
  /** As the Open Inference Protocol has them. */
  const isLive: Probe = (exchange) => say(exchange, "live", allOk(run(state.liveness)));
  const isReady: Probe = (exchange) => say(exchange, "ready", allOk(readiness(state)));
  const metrics: Probe = async (exchange) =>
    exchange.send(200, await state.metrics.print(), { "content-type": state.metrics.contentType });
  return new Map([
    ["/livez", live],
    ["/healthz", live],
    ["/readyz", ready],
    ["/startupz", started],
    ["/health", health],
    [`${OPEN_INFERENCE_ROOT}/health/live`, isLive],
    [`${OPEN_INFERENCE_ROOT}/health/ready`, isReady],
    ["/metrics", metrics],
  ]);
}

function say(exchange: Exchange, what: "live" | "ready", ok: boolean): void {
  exchange.json(ok ? 200 : 503, { [what]: ok }, { "cache-control": "no-store" });
}

const run = (checks: readonly ReadinessCheck[]): Result[] =>
  checks.map(({ name, check }) => ({ name, ...check() }));

const allOk = (results: readonly Result[]): boolean => results.every((result) => result.ok);

/** Lists the checks when asked by `?verbose`, and always when one failed. */
function answer(exchange: Exchange, results: readonly Result[], [yes, no]: readonly [string, string]): void {
  const ok = allOk(results);
  const shown = !ok || exchange.query.has("verbose") ? results : [];
  const lines = shown.map((result) => `[${result.ok ? "+" : "-"}] ${result.name}: ${result.detail}\n`);
  exchange.send(ok ? 200 : 503, `${lines.join("")}${ok ? yes : no}\n`, TEXT);
}

function readiness(state: ProbeState): Result[] {
  const draining = state.isDraining();
  const lifecycle = { name: "lifecycle", ok: !draining, detail: draining ? "draining" : "serving" };
  return [...run(state.checks), lifecycle];
}
