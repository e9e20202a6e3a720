// The inference role: listens at once, loads a verified graph, answers until told to stop.
import { artefactPath } from "../../adapters/artefact/store-artefact.ts";
import { detectMemoryLimit, detectThreads } from "../../adapters/llama/read-cgroup.ts";
import { loadOnnx } from "../../adapters/onnx/onnx-engine.ts";
import type { InferenceRuntime } from "../../contract/runtime-config.ts";
import type { InferenceEngine, ReadinessCheck } from "../../ports.ts";
import { createLog, type RoleLog } from "../log.ts";
import { giveUp, modelReadiness, refuseLoad } from "../model/model-process.ts";
import { modelsRoutes } from "../model/models.ts";
import { startWatchdog } from "../model/watchdog.ts";
import { type RunningServer, runUntilSignal, startServer } from "../server.ts";
import type { InferenceServing } from "./answer-inference.ts";
import { embeddingsRoute } from "./embeddings.ts";
import { createInferenceMetrics, type InferenceMetrics } from "./inference-metrics.ts";
import { openInferenceRoutes } from "./open-inference.ts";

/** What a test of the whole role puts in place of the watchdog's time limit. */
export type InferenceParts = { readonly wedgedMs?: number };

/** Resolves to the exit code: 0 after a drain, 1 when a file was refused. A broken engine ends the process at once. */
export async function runInference(config: InferenceRuntime, parts: InferenceParts = {}): Promise<number> {
  const log = createLog("inference", config.log);
  let engine: InferenceEngine | undefined;
  let completed = 0;
  const status = () => engine?.status();
  const metrics = createInferenceMetrics({ ...config, status, memoryLimitBytes: await detectMemoryLimit() });
  const breakOff = (reason: string): void => giveUp(log, reason);
  const watchdog = startWatchdog({ status, completed: () => completed, giveUp: breakOff, ...parts });
  const counted: InferenceMetrics = {
    ...metrics,
    observe(seen) {
      if (seen.outcome === "ok") completed += 1;
      metrics.observe(seen);
    },
  };
  const serving: InferenceServing = {
    ...config,
    elementLimit: elementLimitOf(config),
    log,
    metrics: counted,
    engine: () => engine,
    onEngineError: watchdog.failed,
  };
  const server = await listen(config, serving, [modelReadiness(() => engine && describeStatus(engine))]);
  const stopped = runUntilSignal(server, log);
  const loading = loadEngine(config, log, breakOff).then((loaded) => {
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

/** What texts may take in one pass, tensors of texts may not exceed either: memory grows faster than their size. */
function elementLimitOf({ embeddings, tensorElements, batchTokens }: InferenceRuntime): number {
  return embeddings === undefined ? tensorElements : Math.min(tensorElements, batchTokens);
}

function listen(
  config: InferenceRuntime,
  serving: InferenceServing,
  checks: readonly ReadinessCheck[],
): Promise<RunningServer> {
  const { log, metrics } = serving;
  const routes = [
    embeddingsRoute(serving),
    ...openInferenceRoutes(serving),
    ...modelsRoutes(config.endpoint, Date.now()),
  ];
  return startServer({ listen: config.listen, drain: config.drain, routes, checks, metrics, log });
}

async function loadEngine(
  config: InferenceRuntime,
  log: RoleLog,
  breakOff: (reason: string) => void,
): Promise<InferenceEngine> {
  const { artefact, externalData, embeddings, cacheDir } = config;
  const threads = config.threads === "auto" ? await detectThreads() : config.threads;
  const startedAt = performance.now();
  const locate = <T extends { readonly sha256: string }>(file: T) => ({
    ...file,
    path: artefactPath(cacheDir, file.sha256),
  });
  log.info({ path: locate(artefact).path, threads }, "loading");
  const engine = await loadOnnx({
    ...config,
    graph: locate(artefact),
    externalData: externalData.map(locate),
    embeddings: embeddings && { ...embeddings, tokenizer: locate(embeddings.tokenizer) },
    threads,
    onDeath: (reason) => breakOff(reason.message),
  });
  log.info({ elapsedMs: Math.round(performance.now() - startedAt) }, "loaded");
  return engine;
}

function describeStatus(engine: InferenceEngine): Readonly<Record<string, number>> {
  const { threads, running, waiting, modelBytes, embeddingSize } = engine.status();
  return {
    threads,
    running,
    waiting,
    modelBytes,
    ...(embeddingSize !== undefined && { embeddingSize }),
    rssBytes: process.memoryUsage.rss(),
  };
}
