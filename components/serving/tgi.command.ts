// Settings of a TGI version → arguments of its launcher, written in full. Flags are those of TGI 3.
import { PORTS } from "../contract/labels.ts";
import type { ModelFiles } from "./model-files.args.ts";
import { CACHE_DIR } from "./server-paths.ts";
import type { TgiSettings } from "./tgi.args.ts";

/** Arguments only: the image's entry point finds the launcher's Python environment, and starts it. */
export function tgiArgs(settings: TgiSettings): readonly string[] {
  const { dtype, kvCacheDtype, quantize } = settings;
  return [
    ...modelArgs(settings.model),
    ...["--hostname", "0.0.0.0", "--port", String(PORTS.http.number)],
    ...(quantize === "none" ? [] : ["--quantize", quantize]),
    ...(dtype === undefined ? [] : ["--dtype", dtype]),
    ...(kvCacheDtype === undefined ? [] : ["--kv-cache-dtype", kvCacheDtype]),
    ...["--num-shard", String(settings.gpu.count)],
    ...["--max-input-tokens", String(settings.maxInputTokens)],
    ...["--max-total-tokens", String(settings.maxTotalTokens)],
    ...["--max-batch-prefill-tokens", String(settings.maxBatchPrefillTokens)],
    ...["--max-concurrent-requests", String(settings.maxConcurrentRequests)],
    ...["--cuda-memory-fraction", String(settings.gpuMemoryUtilization)],
    ...adapterArgs(settings),
    ...["--json-output", "--usage-stats", "off"],
    ...settings.extraArgs,
  ];
}

function modelArgs(model: Exclude<ModelFiles, { from: "s3" }>): readonly string[] {
  return model.from === "hf"
    ? ["--model-id", model.repository, "--revision", model.revision]
    : ["--model-id", `${CACHE_DIR}/${model.path}`];
}

function adapterArgs({ adapters }: TgiSettings): readonly string[] {
  if (adapters.length === 0) return [];
  return ["--lora-adapters", adapters.map(({ name, path }) => `${name}=${CACHE_DIR}/${path}`).join(",")];
}
