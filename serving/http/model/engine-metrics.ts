// Metrics that every server with a model in it has: those of the process, gauges of its engine, passes, the memory limit.
import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";

export type EngineMetricsInput<Status> = {
  readonly version: string;
  /** Undefined until the model is loaded. */
  readonly status: () => Status | undefined;
  readonly memoryLimitBytes: number | undefined;
};

export type EngineMetrics<Status> = {
  readonly registry: Registry;
  /** Shows nothing until the model is loaded. */
  readonly gauge: (name: string, help: string, read: (now: Status) => number) => void;
};

export function createEngineMetrics<Status extends { readonly passes: number }>(
  { version, status, memoryLimitBytes }: EngineMetricsInput<Status>,
  passesHelp: string,
): EngineMetrics<Status> {
  const registry = new Registry();
  registry.setDefaultLabels({ version });
  collectDefaultMetrics({ register: registry });
  registerPasses(registry, passesHelp, () => status()?.passes ?? 0);
  if (memoryLimitBytes !== undefined) registerMemoryLimit(registry, memoryLimitBytes);
  return {
    registry,
    gauge: (name, help, read) => {
      new Gauge({
        name,
        help,
        registers: [registry],
        collect() {
          const now = status();
          if (now !== undefined) this.set(read(now));
        },
      });
    },
  };
}

/** The engine counts its passes itself. */
function registerPasses(registry: Registry, help: string, passes: () => number): void {
  new Counter({
    name: "rampa_model_passes_total",
    help,
    registers: [registry],
    collect() {
      this.reset();
      this.inc(passes());
    },
  });
}

function registerMemoryLimit(registry: Registry, bytes: number): void {
  const limit = new Gauge({
    name: "rampa_model_memory_limit_bytes",
    help: "Memory limit of the control group.",
    registers: [registry],
  });
  limit.set(bytes);
}
