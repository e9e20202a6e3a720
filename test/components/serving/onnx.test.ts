// Versions on the ONNX engine: settings, the configuration that the runtime accepts, and the pods that fetch its files.
import { describe, expect, it } from "vitest";
import { artefactsOf } from "../../../components/serving/artefacts.ts";
import { toQuery } from "../../../components/serving/scaling.plan.ts";
import { type ModelVersionSettings, modelVersionSettings } from "../../../components/serving/serving.args.ts";
import * as manifests from "../../../components/serving/serving.manifests.ts";
import { planModelVersion } from "../../../components/serving/serving.plan.ts";
import { weightsIdentity } from "../../../components/serving/weights-identity.ts";
import { runtimeConfig } from "../../../serving/contract/runtime-config.ts";
import { ownership } from "../../kit/component-owner.ts";

const digest = (letter: string): string => letter.repeat(64);
const artefact = { source: "hf:org/repo@main/onnx/model.onnx", sha256: digest("a") };
const weights = { location: "model.onnx_data", source: "s3://bucket/data", sha256: digest("b") };
const tokenizer = { source: "hf:org/repo@main/tokenizer.json", sha256: digest("c") };

const given = (change: object = {}) => ({
  engine: "onnx",
  ownership,
  endpoint: "embed",
  version: "1.0.0",
  artefact,
  externalData: [weights],
  embeddings: { tokenizer },
  ...change,
});
const settingsOf = (change: object = {}): ModelVersionSettings => modelVersionSettings.parse(given(change));

function planOf(change: object = {}) {
  const plan = planModelVersion(settingsOf(change));
  if (plan.pods.kind !== "runtime") throw new Error("not on our own runtime");
  return { ...plan, pods: plan.pods };
}

function podOf(change: object = {}) {
  const refs = {
    namespace: "rampa",
    image: "rampa.local/serving@sha256:1",
    serviceAccount: "model",
    priorityClass: "rampa-model",
    cacheClaim: "model-cache",
    config: "embed-config",
  };
  return JSON.parse(JSON.stringify(manifests.runtimeDeploymentArgs(planOf(change), refs))).spec.template.spec;
}

const problemsOf = (change: object): readonly (readonly [string, string])[] => {
  const { error } = modelVersionSettings.safeParse(given(change));
  return (error?.issues ?? []).map(({ path, message }) => [path.join("."), message] as const);
};

describe("a version on the ONNX engine", () => {
  it("has configuration that the runtime accepts, in full", () => {
    const { data } = planOf({ threads: 2 }).pods.config;
    const config = runtimeConfig.parse(JSON.parse(data["config.json"] ?? ""));
    expect(config).toMatchObject({
      role: "inference",
      endpoint: "embed",
      version: "1.0.0",
      artefact,
      externalData: [weights],
      embeddings: { tokenizer, pooling: "mean", normalize: true, maxTokens: 256 },
      cacheDir: "/models",
      threads: 2,
      batchTokens: 2048,
      queueLimit: 64,
      deadlineMs: 30_000,
      tensorElements: 1_048_576,
    });
    expect(JSON.parse(data["config.json"] ?? "")).toEqual({ ...config, listen: undefined });
  });

  it("fetches each file in a container of its own, the graph first, before the model starts", () => {
    const { initContainers } = podOf();
    expect(initContainers.map((it: { name: string }) => it.name)).toEqual(["fetch", "fetch-2", "fetch-3"]);
    expect(initContainers[1].env[0]).toEqual({
      name: "RAMPA_CONFIG",
      value: "/etc/rampa/config/fetch-2.json",
    });
    const { data } = planOf().pods.config;
    const fetched = ["fetch.json", "fetch-2.json", "fetch-3.json"].map((file) =>
      runtimeConfig.parse(JSON.parse(data[file] ?? "")),
    );
    expect(fetched.map((it) => it.role === "fetch" && it.artefact)).toEqual([
      artefact,
      { source: weights.source, sha256: weights.sha256 },
      tokenizer,
    ]);
  });

  it("fetches nothing where the nodes have it, into a claim where they keep it, and into the pod else", () => {
    const models = (cache: string) => {
      const { initContainers = [], volumes } = podOf({ cache });
      return [initContainers.length, volumes.find((it: { name: string }) => it.name === "models")];
    };
    const claim = (readOnly: boolean) => ({
      name: "models",
      persistentVolumeClaim: { claimName: "model-cache", readOnly },
    });
    expect(models("node")).toEqual([0, claim(true)]);
    expect(models("shared")).toEqual([3, claim(false)]);
    expect(models("pod")).toEqual([3, { name: "models", emptyDir: { sizeLimit: "16Gi" } }]);
  });

  it("is small unless told otherwise, and probed like every role", () => {
    const [container] = podOf().containers;
    expect(container.resources.limits).toEqual({ cpu: "1", memory: "1Gi" });
    expect(container.readinessProbe.httpGet.path).toBe("/readyz");
    expect(container.livenessProbe.httpGet.path).toBe("/livez");
    expect(container.securityContext.readOnlyRootFilesystem).toBe(true);
  });

  it("may be one predictive graph and nothing else", () => {
    const { data } = planOf({ externalData: undefined, embeddings: undefined }).pods.config;
    const config = runtimeConfig.parse(JSON.parse(data["config.json"] ?? ""));
    expect(config).toMatchObject({ role: "inference", externalData: [] });
    expect(config).not.toHaveProperty("embeddings");
    expect(Object.keys(data)).toEqual(["config.json", "fetch.json"]);
  });

  it("is scaled by its own gauges", () => {
    const { scaling } = planOf({ scaling: { kind: "keda", min: 1, max: 4 } });
    if (scaling.kind !== "keda" || scaling.triggers[0] === undefined) throw new Error("no trigger");
    expect(toQuery(scaling.triggers[0], "rampa")).toContain(
      '__name__=~"rampa_model_requests_running|rampa_model_queue_depth"',
    );
  });

  it("is told from others by all of its files", () => {
    expect(weightsIdentity(settingsOf())).toBe([digest("a"), digest("b"), digest("c")].join("+"));
    const llama = { engine: "llama", artefact } as const;
    expect(artefactsOf(llama)).toEqual([artefact]);
    expect(artefactsOf({ engine: "vllm" })).toEqual([]);
  });
});

describe("wrong settings", () => {
  it.each<[string, object, readonly (readonly [string, string])[]]>([
    [
      "a pass smaller than the longest text",
      { batchTokens: 128 },
      [["batchTokens", "at least 256, the tokens of the longest text (`embeddings.maxTokens`)"]],
    ],
    [
      "two files of one name",
      { externalData: [weights, weights] },
      [["externalData.1.location", "a name that no other file has"]],
    ],
    [
      "a name with a folder",
      { externalData: [{ ...weights, location: "../weights" }] },
      [["externalData.0.location", "a file name without a folder"]],
    ],
    [
      "the name of the graph itself",
      { externalData: [{ ...weights, location: "model.onnx" }] },
      [["externalData.0.location", "another name than that of the graph"]],
    ],
    ["GPUs", { gpu: { pool: "gpu" } }, [["gpu", "none: the engine computes on processors"]]],
    [
      "a file of the checkout that no pod reaches",
      { cache: "pod", artefact: { ...artefact, source: "file:./models/a.onnx" } },
      [["artefact.source", "an address that pods reach: file:./models/a.onnx lies in the checkout"]],
    ],
    [
      "an embedding without a checksum",
      { embeddings: { tokenizer: { source: tokenizer.source } } },
      [["embeddings.tokenizer.sha256", "Invalid input: expected string, received undefined"]],
    ],
  ])("are refused: %s", (_, change, problems) => {
    expect(problemsOf(change)).toEqual(problems);
  });

  it("do not include a file of the checkout that the nodes are given", () => {
    expect(problemsOf({ cache: "node", artefact: { ...artefact, source: "file:./models/a.onnx" } })).toEqual(
      [],
    );
  });
});
