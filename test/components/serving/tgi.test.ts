// Text Generation Inference: exact arguments, of flags that its launcher has, and settings that contradict each other.
import { describe, expect, it } from "vitest";
import { TGI_FLAGS } from "../../../components/serving/tgi.args.ts";
import { tgiArgs } from "../../../components/serving/tgi.command.ts";
import { TGI_KNOWN } from "./engine-flags.ts";
import { problemsOf, revision, tgi, versionOf } from "./engine-versions.ts";

const argsOf = (change: object): readonly string[] => tgiArgs(versionOf("tgi", { ...tgi, ...change }));

const full = {
  cache: "node",
  model: { from: "cache", path: "llama" },
  quantize: "awq",
  kvCacheDtype: "fp8_e4m3fn",
  gpu: { pool: "l40s", count: 2 },
  numShard: 2,
  maxBatchPrefillTokens: 4096,
  maxConcurrentRequests: 64,
  gpuMemoryUtilization: 0.8,
  adapters: [
    { name: "sql", path: "lora/sql", maxRank: 16 },
    { name: "legal", path: "lora/legal", maxRank: 64 },
  ],
  extraArgs: ["--cuda-graphs=0"],
};

describe("tgiArgs", () => {
  it("are written in full for a model of the hub", () => {
    expect(argsOf({ dtype: "bfloat16" }).join(" ")).toBe(
      [
        `--model-id meta-llama/Llama-3.1-8B-Instruct --revision ${revision} --hostname 0.0.0.0 --port 8080`,
        "--dtype bfloat16 --num-shard 1 --max-input-tokens 4096 --max-total-tokens 8192",
        "--max-batch-prefill-tokens 8192 --max-concurrent-requests 128 --cuda-memory-fraction 0.95",
        "--json-output --usage-stats off",
      ].join(" "),
    );
  });

  it("have everything that was asked for", () => {
    expect(argsOf(full).join(" ")).toBe(
      [
        "--model-id /cache/llama --hostname 0.0.0.0 --port 8080",
        "--quantize awq --kv-cache-dtype fp8_e4m3fn --num-shard 2 --max-input-tokens 4096 --max-total-tokens 8192",
        "--max-batch-prefill-tokens 4096 --max-concurrent-requests 64 --cuda-memory-fraction 0.8",
        "--lora-adapters sql=/cache/lora/sql,legal=/cache/lora/legal",
        "--json-output --usage-stats off --cuda-graphs=0",
      ].join(" "),
    );
  });

  it("have no flag but those of the launcher, and none that a caller could repeat", () => {
    const flags = [...argsOf({ dtype: "float16" }), ...argsOf({ ...full, extraArgs: [] })].filter((arg) =>
      arg.startsWith("--"),
    );
    for (const flag of flags) {
      expect(TGI_KNOWN.has(flag), flag).toBe(true);
      expect(problemsOf({ ...tgi, extraArgs: [`${flag}=1`] }), flag).toHaveLength(1);
    }
    expect(Object.keys(TGI_FLAGS).filter((flag) => !TGI_KNOWN.has(flag))).toEqual([]);
  });
});

describe("a TGI version that cannot work", () => {
  it.each([
    [{ numShard: 2 }, "numShard", "1, as each pod has that many GPUs"],
    [{ maxInputTokens: 8192 }, "maxTotalTokens", "more than maxInputTokens (8192)"],
    [
      { maxBatchPrefillTokens: 1000 },
      "maxBatchPrefillTokens",
      "at least 4096, as one pass must hold the longest prompt",
    ],
    [{ dtype: "float16", quantize: "awq" }, "dtype", "nothing beside `quantize`"],
    [
      { quantize: "compressed-tensors" },
      "modelShape.weightBits",
      "the bits of a weight, as compressed-tensors has many forms",
    ],
    [
      { gpu: { pool: "l4", sharing: { kind: "mps", replicas: 2 } } },
      "gpuMemoryUtilization",
      "at most 0.50, the pod's slice",
    ],
    [
      { drain: { graceMs: 120_000 } },
      "drain.graceMs",
      "at most 90000, after which the launcher ends the engine",
    ],
    [{ extraArgs: ["--ngrok"] }, "extraArgs.0", "no --ngrok: the gateway is the only way in"],
    [{ extraArgs: ["--quantize=awq"] }, "extraArgs.0", "the setting `quantize` instead of --quantize"],
  ])("%j", (change, path, want) => {
    expect(problemsOf({ ...tgi, ...change })).toEqual([[path, want]]);
  });

  it("streams from no bucket, which it cannot", () => {
    const model = { from: "s3", prefix: "s3://models/llama" };
    expect(problemsOf({ ...tgi, model }).map(([path]) => path)).toEqual(["model.from"]);
  });
});
