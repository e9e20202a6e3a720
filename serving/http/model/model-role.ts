// The model role: listens at once, loads verified weights, answers until told to stop.

import { artefactPath } from "../../adapters/artefact/store-artefact.ts";
import { loadLlama } from "../../adapters/llama/llama-engine.ts";
import { detectMemoryLimit, detectThreads } from "../../adapters/llama/read-cgroup.ts";
import type { ModelRuntime } from "../../contract/runtime-config.ts";
import type { Engine, ReadinessCheck } from "../../ports.ts";
import { createLog, type RoleLog } from "../log.ts";
import { type RunningServer, runUntilSignal, startServer } from "../server.ts";
import type { Serving } from "./answer-request.ts";
import { chatCompletionsRoute } from "./chat-completions.ts";
import { completionsRoute } from "./completions.ts";
import { createModelMetrics, type ModelMetrics } from "./model-metrics.ts";
import { giveUp, modelReadiness, refuseLoad } from "./model-process.ts";
import { modelsRoutes } from "./models.ts";
import { startWatchdog } from "./watchdog.ts";

/** What a test of the whole role puts in place of the real engine and its time limit. */
export type ModelParts = {
  readonly load?: (config: ModelRuntime, log: RoleLog) => Promise<Engine>;
  readonly wedgedMs?: number;
};

/** Resolves to the exit code: 0 after a drain, 1 when the weights were refused. A wedged engine ends the process at once. */
export async function runModel(config: ModelRuntime, parts: ModelParts = {}): Promise<number> {
  const log = createLog("model", config.log);
  let engine: Engine | undefined;
  let completed = 0;
  const status = () => engine?.status();
  const metrics = createModelMetrics({ ...config, status, memoryLimitBytes: await detectMemoryLimit() });
  const watchdog = startWatchdog({
    status,
    completed: () => completed,
    giveUp: (reason) => giveUp(log, reason),
    ...(parts.wedgedMs === undefined ? {} : { wedgedMs: parts.wedgedMs }),
  });
  const counted: ModelMetrics = {
    ...metrics,
    observe(seen) {
      if (seen.outcome === "ok") completed += 1;
      metrics.observe(seen);
    },
  };
  const serving: Serving = {
    ...config,
    log,
    logPrompts: config.log.prompts,
    metrics: counted,
    engine: () => engine,
    onEngineError: watchdog.failed,
  };
  const server = await listen(config, serving, [modelReadiness(() => engine && describeStatus(engine))]);
  const stopped = runUntilSignal(server, log);
  const loading = (parts.load ?? loadEngine)(config, log).then((loaded) => {
    engine = loaded;
    log.info({ port: server.port, ...describeStatus(loaded) }, "ready");
  });
  const code = await Promise.race([stopped, loading.then(() => stopped)]).catch((error: unknown) =>
    refuseLoad(log, error),
  );
  watchdog.stop();
  await log.flush();
  return code;
}

function listen(
  config: ModelRuntime,
  serving: Serving,
  checks: readonly ReadinessCheck[],
): Promise<RunningServer> {
  const { log, metrics } = serving;
  const routes = [
    chatCompletionsRoute(serving),
    completionsRoute(serving),
    ...modelsRoutes(config.endpoint, Date.now()),
  ];
  return startServer({ listen: config.listen, drain: config.drain, routes, checks, metrics, log });
}

async function loadEngine(config: ModelRuntime, log: RoleLog): Promise<Engine> {
  const threads = config.threads === "auto" ? await detectThreads() : config.threads;
  const path = artefactPath(config.cacheDir, config.artefact.sha256);
  const startedAt = performance.now();
  const onMessage = (level: string, message: string): void => {
    if (level === "error" || level === "fatal") log.error({ engine: message }, "engine");
    else if (level === "warn") log.debug({ engine: message }, "engine");
  };
  log.info({ path, threads, sequences: config.sequences, contextTokens: config.contextTokens }, "loading");
  const engine = await loadLlama({
    ...config,
    path,
    sha256: config.artefact.sha256,
    threads,
    log: onMessage,
  });
  log.info({ elapsedMs: Math.round(performance.now() - startedAt) }, "loaded");
  return engine;
}

function describeStatus(engine: Engine): Readonly<Record<string, number>> {
  const { threads, sequences, sequencesBusy, waiting, kvBytes, modelBytes } = engine.status();
  return {
    threads,
    sequences,
    sequencesBusy,
    waiting,
    kvBytes,
    modelBytes,
    rssBytes: process.memoryUsage.rss(),
  };
}
