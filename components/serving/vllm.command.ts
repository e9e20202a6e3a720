// Settings of a vLLM version → the command line of `vllm serve`, written in full. Flags are those of vLLM 0.33.
import { PORTS } from "../contract/labels.ts";
import type { ModelFiles } from "./model-files.args.ts";
import { CACHE_DIR } from "./server-paths.ts";
import type { VllmSettings } from "./vllm.args.ts";

/** The whole command line: what ran can be read from the pod, whatever the engine's defaults are later. */
export function vllmCommand(settings: VllmSettings, endpoint: string): readonly string[] {
  const names = [endpoint, ...(settings.servedName === undefined ? [] : [settings.servedName])];
  return [
    "vllm",
    "serve",
    ...modelArgs(settings.model),
    ...["--host", "0.0.0.0", "--port", String(PORTS.http.number)],
    ...["--served-model-name", ...new Set(names)],
    ...(settings.quantization === "none" ? [] : ["--quantization", settings.quantization]),
    ...["--dtype", settings.dtype],
    ...["--kv-cache-dtype", settings.kvCacheDtype],
    ...["--tensor-parallel-size", String(settings.gpu.count)],
    ...["--pipeline-parallel-size", String(settings.pipelineParallel)],
    ...["--max-model-len", String(settings.maxModelLength)],
    ...["--max-num-seqs", String(settings.maxSequences)],
    ...["--max-num-batched-tokens", String(settings.maxBatchedTokens)],
    ...["--gpu-memory-utilization", String(settings.gpuMemoryUtilization)],
    settings.prefixCache ? "--enable-prefix-caching" : "--no-enable-prefix-caching",
    settings.chunkedPrefill ? "--enable-chunked-prefill" : "--no-enable-chunked-prefill",
    ...adapterArgs(settings),
    ...parserArgs(settings),
    ...["--shutdown-timeout", String(Math.ceil(settings.drain.graceMs / 1000))],
    ...["--disable-access-log-for-endpoints", "/health,/metrics"],
    ...settings.extraArgs,
  ];
}

function modelArgs(model: ModelFiles): readonly string[] {
  switch (model.from) {
    case "hf":
      return [model.repository, "--revision", model.revision, "--tokenizer-revision", model.revision];
    case "s3":
      return [model.prefix, "--load-format", "runai_streamer"];
    case "cache":
      return [`${CACHE_DIR}/${model.path}`];
  }
}

function adapterArgs({ adapters }: VllmSettings): readonly string[] {
  if (adapters.length === 0) return [];
  return [
    "--enable-lora",
    ...["--max-loras", String(adapters.length)],
    ...["--max-lora-rank", String(Math.max(...adapters.map(({ maxRank }) => maxRank)))],
    ...["--lora-modules", ...adapters.map(({ name, path }) => `${name}=${CACHE_DIR}/${path}`)],
  ];
}

function parserArgs({ toolParser, reasoningParser }: VllmSettings): readonly string[] {
  return [
    ...(toolParser === undefined ? [] : ["--enable-auto-tool-choice", "--tool-call-parser", toolParser]),
    ...(reasoningParser === undefined ? [] : ["--reasoning-parser", reasoningParser]),
  ];
}
