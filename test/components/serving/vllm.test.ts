// vLLM: exact command lines, of flags that vLLM has, and settings that contradict each other.
import { describe, expect, it } from "vitest";
import { VLLM_FLAGS } from "../../../components/serving/vllm.args.ts";
import { vllmCommand } from "../../../components/serving/vllm.command.ts";
import { VLLM_KNOWN } from "./engine-flags.ts";
import { problemsOf, revision, versionOf, vllm } from "./engine-versions.ts";

const commandOf = (change: object): readonly string[] =>
  vllmCommand(versionOf("vllm", { ...vllm, ...change }), "chat");

/** Everything that a command line can have, in one. */
const full = {
  cache: "shared",
  model: { from: "cache", path: "llama-3.1-8b/awq" },
  servedName: "meta-llama/Llama-3.1-8B-Instruct",
  quantization: "awq",
  dtype: "float16",
  kvCacheDtype: "fp8",
  gpu: { pool: "l40s", count: 4 },
  tensorParallel: 4,
  maxModelLength: 16_384,
  maxSequences: 128,
  maxBatchedTokens: 16_384,
  gpuMemoryUtilization: 0.85,
  prefixCache: false,
  chunkedPrefill: false,
  adapters: [
    { name: "sql", path: "lora/sql", maxRank: 16 },
    { name: "legal", path: "lora/legal", maxRank: 64 },
  ],
  toolParser: "llama3_json",
  reasoningParser: "deepseek_r1",
  extraArgs: ["--enforce-eager", "--seed=7"],
  drain: { graceMs: 90_500 },
};

describe("vllmCommand", () => {
  it("is written in full for a model of the hub, pinned by commit with its tokenizer", () => {
    expect(commandOf({}).join(" ")).toBe(
      [
        `vllm serve meta-llama/Llama-3.1-8B-Instruct --revision ${revision} --tokenizer-revision ${revision}`,
        "--host 0.0.0.0 --port 8080 --served-model-name chat",
        "--dtype auto --kv-cache-dtype auto --tensor-parallel-size 1 --pipeline-parallel-size 1",
        "--max-model-len 8192 --max-num-seqs 64 --max-num-batched-tokens 8192 --gpu-memory-utilization 0.9",
        "--enable-prefix-caching --enable-chunked-prefill",
        "--shutdown-timeout 60 --disable-access-log-for-endpoints /health,/metrics",
      ].join(" "),
    );
  });

  it("has everything that was asked for, and the caller's own flags last", () => {
    expect(commandOf(full).join(" ")).toBe(
      [
        "vllm serve /cache/llama-3.1-8b/awq",
        "--host 0.0.0.0 --port 8080 --served-model-name chat meta-llama/Llama-3.1-8B-Instruct",
        "--quantization awq --dtype float16 --kv-cache-dtype fp8",
        "--tensor-parallel-size 4 --pipeline-parallel-size 1",
        "--max-model-len 16384 --max-num-seqs 128 --max-num-batched-tokens 16384 --gpu-memory-utilization 0.85",
        "--no-enable-prefix-caching --no-enable-chunked-prefill",
        "--enable-lora --max-loras 2 --max-lora-rank 64",
        "--lora-modules sql=/cache/lora/sql legal=/cache/lora/legal",
        "--enable-auto-tool-choice --tool-call-parser llama3_json --reasoning-parser deepseek_r1",
        "--shutdown-timeout 91 --disable-access-log-for-endpoints /health,/metrics",
        "--enforce-eager --seed=7",
      ].join(" "),
    );
  });

  it("streams from a bucket", () => {
    const model = { from: "s3", prefix: "s3://models/llama-3.1-8b/1" };
    expect(commandOf({ model }).slice(2, 5)).toEqual([model.prefix, "--load-format", "runai_streamer"]);
  });

  it("answers to the endpoint's name once, also where it is the second name", () => {
    const command = commandOf({ servedName: "chat" });
    const at = command.indexOf("--served-model-name");
    expect(command.slice(at + 1, at + 3)).toEqual(["chat", "--dtype"]);
  });

  it("has no flag but those of vLLM, and none that a caller could repeat", () => {
    for (const command of [commandOf({}), commandOf(full)]) {
      const flags = command.filter((arg) => arg.startsWith("--")).map((arg) => arg.replace(/=.*/, ""));
      const unknown = flags.filter((flag) => !VLLM_KNOWN.has(flag.replace(/^--no-/, "--")));
      expect(unknown).toEqual([]);
      for (const flag of flags.filter((it) => !full.extraArgs.some((extra) => extra.startsWith(it)))) {
        expect(problemsOf({ ...vllm, extraArgs: [`${flag}=1`] }), flag).toHaveLength(1);
      }
    }
    expect(Object.keys(VLLM_FLAGS).filter((flag) => !VLLM_KNOWN.has(flag) && flag !== "--model")).toEqual([]);
  });
});

describe("a vLLM version that cannot work", () => {
  it.each([
    [{ gpu: undefined }, "gpu", "a mapping of fields"],
    [{ tensorParallel: 2 }, "tensorParallel", "1, as each pod has that many GPUs"],
    [{ pipelineParallel: 2 }, "pipelineParallel", "1, as one pod holds the whole model"],
    [
      { chunkedPrefill: false, maxBatchedTokens: 4096 },
      "maxBatchedTokens",
      "at least 8192, as one pass must hold that much",
    ],
    [{ maxSequences: 9000 }, "maxBatchedTokens", "at least 9000, as one pass must hold that much"],
    [
      { quantization: "compressed-tensors" },
      "modelShape.weightBits",
      "the bits of a weight, as compressed-tensors has many forms",
    ],
    [
      { gpu: { pool: "l4", sharing: { kind: "time-slicing", replicas: 4 } } },
      "gpuMemoryUtilization",
      "at most 0.25, the pod's slice",
    ],
    [{ image: "vllm/vllm-openai:v0.33.0" }, "image", "REGISTRY/REPOSITORY@sha256:DIGEST"],
    [
      { model: { from: "hf", repository: "a/b", revision: "main" } },
      "model.revision",
      "a commit of 40 hexadecimal digits, as branches and tags move",
    ],
    [
      { cache: "shared", model: { from: "cache", path: "../etc" } },
      "model.path",
      "a path inside the cache, without leading slash and without `..`",
    ],
    [
      { model: { from: "cache", path: "llama" } },
      "cache",
      '"node" or "shared", as weights or adapters lie in the nodes\' cache',
    ],
    [
      {
        cache: "node",
        adapters: [
          { name: "a", path: "a", maxRank: 8 },
          { name: "a", path: "b", maxRank: 8 },
        ],
      },
      "adapters",
      "names that differ",
    ],
    [{ servedName: "--port" }, "servedName", "letters, digits and . _ : / -"],
    [
      { extraArgs: ["--max-model-len=1"] },
      "extraArgs.0",
      "the setting `maxModelLength` instead of --max-model-len",
    ],
    [{ extraArgs: ["--max-model=1"] }, "extraArgs.0", "the setting `maxModelLength` instead of --max-model"],
    [
      { extraArgs: ["--no-enable-prefix-caching"] },
      "extraArgs.0",
      "the setting `prefixCache` instead of --enable-prefix-caching",
    ],
    [
      { extraArgs: ["--max_model_len=1"] },
      "extraArgs.0",
      "`--name` or `--name=value`, in small letters and dashes",
    ],
    [{ extraArgs: ["-tp=2"] }, "extraArgs.0", "`--name` or `--name=value`, in small letters and dashes"],
    [
      { extraArgs: ["--seed=1", "--trust-remote-code"] },
      "extraArgs.1",
      "no --trust-remote-code: code of the repository would run in the pod",
    ],
    [
      { extraArgs: ["--speculative-config.model=x"] },
      "extraArgs.0",
      "no --speculative-config: the check of the memory knows no draft model",
    ],
  ])("%j", (change, path, want) => {
    const problems = problemsOf({ ...vllm, ...change });
    const wants = problems.filter(([where]) => where === path).map(([, message]) => message);
    expect(path === "gpu" ? problems.map(([where]) => where) : wants).toEqual([path === "gpu" ? path : want]);
  });

  it("passes on flags that no setting stands for", () => {
    const extraArgs = ["--enforce-eager", "--compilation-config.mode=3", '--hf-overrides={"a":1}'];
    expect(problemsOf({ ...vllm, extraArgs })).toEqual([]);
  });
});
