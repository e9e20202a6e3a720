// Versions on GPU engines: the pods that they become, the memory that they need, and what they are told by.
import { Provider as KubernetesProvider } from "@pulumi/kubernetes/provider.js";
import { describe, expect, it } from "vitest";
import { findFitProblems } from "../../../components/serving/fit.ts";
import type { ModelVersionArgs } from "../../../components/serving/serving.args.ts";
import { serverDeploymentArgs } from "../../../components/serving/serving.manifests.ts";
import { planModelVersion } from "../../../components/serving/serving.plan.ts";
import { ModelVersion } from "../../../components/serving/serving.ts";
import { weightsIdentity } from "../../../components/serving/weights-identity.ts";
import { ownedLabels } from "../../kit/component-owner.ts";
import { recordResources } from "../../kit/record-resources.ts";
import { digest, llama, problemsOf, refs, revision, tgi, versionOf, vllm } from "./engine-versions.ts";

type Version = { readonly engine: string; readonly [field: string]: unknown };

function deploymentOf(version: Version, more: object = refs) {
  const engine = version.engine === "tgi" ? "tgi" : "vllm";
  const plan = planModelVersion(versionOf(engine, version));
  if (plan.pods.kind !== "server") throw new Error("not on another project's engine");
  const args = serverDeploymentArgs({ ...plan, pods: plan.pods }, { ...refs, ...more });
  return JSON.parse(JSON.stringify(args));
}

const podOf = (version: Version) => deploymentOf(version).spec.template.spec;
const containerOf = (version: Version) => podOf(version).containers[0];
const environmentOf = (version: Version): Record<string, string> =>
  Object.fromEntries(
    containerOf(version).env.map((it: { name: string; value: string }) => [it.name, it.value]),
  );

describe("the pod of a GPU engine", () => {
  it("asks for equal GPUs in requests and limits, on its pool, and is not moved for savings", () => {
    const { spec, metadata } = deploymentOf({ ...vllm, gpu: { pool: "l40s", count: 4 } });
    const [container] = spec.template.spec.containers;
    expect(container.resources).toEqual({
      requests: { cpu: "3", memory: "12Gi", "nvidia.com/gpu": "4" },
      limits: { cpu: "3", memory: "12Gi", "nvidia.com/gpu": "4" },
    });
    expect(spec.template.spec.nodeSelector).toEqual({ "rampa.dev/pool": "l40s" });
    expect(spec.template.spec.tolerations).toEqual([
      { key: "nvidia.com/gpu", operator: "Equal", value: "true", effect: "NoSchedule" },
      { key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute", tolerationSeconds: 30 },
      {
        key: "node.kubernetes.io/unreachable",
        operator: "Exists",
        effect: "NoExecute",
        tolerationSeconds: 30,
      },
    ]);
    expect(spec.template.metadata.annotations).toEqual({
      "karpenter.sh/do-not-disrupt": "true",
      "rampa.dev/load-seconds": "900",
      "rampa.dev/drain-seconds": "60",
    });
    expect(metadata.labels).toEqual({
      ...ownedLabels("model", "chat-2-0-0"),
      "rampa.dev/endpoint": "chat",
      "app.kubernetes.io/version": "2.0.0",
      "rampa.dev/pool": "l40s",
    });
    expect(spec.selector.matchLabels).not.toHaveProperty("rampa.dev/pool");
  });

  it("refers to a claim in place of a number where its pool has claims", () => {
    const version = { ...vllm, gpu: { pool: "l40s", allocation: "dra", count: 2 } };
    const { spec } = deploymentOf(version, { claimTemplate: "chat-gpus" }).spec.template;
    expect(spec.resourceClaims).toEqual([{ name: "gpus", resourceClaimTemplateName: "chat-gpus" }]);
    expect(spec.containers[0].resources).toEqual({
      requests: { cpu: "3", memory: "12Gi" },
      limits: { cpu: "3", memory: "12Gi" },
      claims: [{ name: "gpus" }],
    });
    expect(spec.nodeSelector).toEqual({ "rampa.dev/pool": "l40s" });
    expect(podOf(vllm)).not.toHaveProperty("resourceClaims");
  });

  it("is replaced without a spare GPU, within a deadline longer than its start", () => {
    const { spec } = deploymentOf(vllm);
    expect(spec.strategy.rollingUpdate).toEqual({ maxSurge: 0, maxUnavailable: 1 });
    expect(spec.progressDeadlineSeconds).toBe(960);
    const { startupProbe } = spec.template.spec.containers[0];
    expect(startupProbe.periodSeconds * startupProbe.failureThreshold).toBe(900);
  });

  it.each([
    ["vLLM", vllm, { runAsUser: 2000, runAsGroup: 0, fsGroup: 0 }],
    ["TGI", tgi, { runAsUser: 65_532, runAsGroup: 65_532, fsGroup: 65_532 }],
  ])("meets the restricted standard as the user of %s, with a read-only root", (_, version, user) => {
    const pod = podOf(version);
    expect(pod.securityContext).toMatchObject({
      ...user,
      runAsNonRoot: true,
      seccompProfile: { type: "RuntimeDefault" },
    });
    expect(pod.containers[0].securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    expect(pod.automountServiceAccountToken).toBe(false);
  });

  it.each([
    ["vLLM", vllm],
    ["TGI", tgi],
  ])("answers probes and metrics of %s on the port that the gateway knows", (_, version) => {
    const container = containerOf(version);
    expect(container.ports).toEqual([{ name: "http", containerPort: 8080, protocol: "TCP" }]);
    for (const probe of ["startupProbe", "readinessProbe", "livenessProbe"]) {
      expect(container[probe].httpGet, probe).toEqual({ path: "/health", port: "http", scheme: "HTTP" });
    }
  });

  it("leaves the Service before it is told to stop, and then has time for its answers", () => {
    const pod = podOf({ ...vllm, drain: { settleMs: 4200, graceMs: 90_000 } });
    expect(pod.containers[0].lifecycle).toEqual({ preStop: { sleep: { seconds: 5 } } });
    expect(pod.containers[0].args.join(" ")).toContain("--shutdown-timeout 90");
    expect(pod.terminationGracePeriodSeconds).toBe(105);
    expect(containerOf({ ...vllm, drain: { settleMs: 0 } }).lifecycle).toBeUndefined();
  });

  it("starts vLLM whatever the image's entry point is, and TGI by its own", () => {
    expect(containerOf(vllm).command).toEqual(["vllm", "serve"]);
    expect(containerOf(vllm).args[0]).toBe("meta-llama/Llama-3.1-8B-Instruct");
    expect(containerOf(tgi).command).toBeUndefined();
  });

  it("downloads onto a disk of its own, with the token of a Secret where one is named", () => {
    const model = { ...vllm.model, tokenSecret: { name: "hub-token" } };
    const pod = podOf({ ...vllm, model, cacheSize: "40Gi", sharedMemory: "4Gi" });
    expect(pod.volumes).toEqual([
      { name: "tmp", emptyDir: { sizeLimit: "8Gi" } },
      { name: "shared-memory", emptyDir: { medium: "Memory", sizeLimit: "4Gi" } },
      { name: "models", emptyDir: { sizeLimit: "40Gi" } },
    ]);
    expect(pod.containers[0].volumeMounts).toEqual([
      { name: "tmp", mountPath: "/tmp" },
      { name: "shared-memory", mountPath: "/dev/shm" },
      { name: "models", mountPath: "/models" },
    ]);
    expect(pod.containers[0].env).toContainEqual({
      name: "HF_TOKEN",
      valueFrom: { secretKeyRef: { name: "hub-token", key: "token" } },
    });
    expect(environmentOf(vllm)).toMatchObject({ HF_HOME: "/models", HOME: "/tmp", VLLM_DO_NOT_TRACK: "1" });
    expect(environmentOf(vllm)).not.toHaveProperty("HF_HUB_OFFLINE");
    expect(environmentOf(vllm)).not.toHaveProperty("HF_TOKEN");
  });

  it.each([
    ["vLLM", vllm],
    ["TGI", tgi],
  ])("mounts the nodes' cache read-only for %s, and asks nobody outside", (_, version) => {
    const cached = { ...version, cache: "node", model: { from: "cache", path: "llama" } };
    const pod = podOf(cached);
    expect(pod.volumes).toContainEqual({
      name: "cache",
      persistentVolumeClaim: { claimName: "model-cache", readOnly: true },
    });
    expect(pod.containers[0].volumeMounts).toContainEqual({
      name: "cache",
      mountPath: "/cache",
      readOnly: true,
    });
    expect(pod.volumes.map((it: { name: string }) => it.name)).not.toContain("models");
    expect(environmentOf(cached)).toMatchObject({ HF_HUB_OFFLINE: "1", TRANSFORMERS_OFFLINE: "1" });
    expect(() => deploymentOf(cached, { cacheClaim: undefined })).toThrow(/without refs\.cacheClaim/);
  });
});

describe("the card of a version", () => {
  const card = { url: "https://example.com/card", licence: "Apache-2.0" };
  const approval = { by: "search-team", on: "2026-11-20" };

  it("takes a day without quotes as Pulumi hands it over", () => {
    const moment = { by: "search-team", on: "2026-11-20 00:00:00 +0000 UTC" };
    const { annotations } = planModelVersion(
      versionOf("llama", { ...llama, card: { ...card, approval: moment } }),
    );
    expect(annotations["rampa.dev/approved-on"]).toBe("2026-11-20");
  });

  it.each([
    [{ card }, { "rampa.dev/model-card": card.url, "rampa.dev/model-licence": "Apache-2.0" }],
    [
      { card: { ...card, approval } },
      {
        "rampa.dev/model-card": card.url,
        "rampa.dev/model-licence": "Apache-2.0",
        "rampa.dev/approved-by": "search-team",
        "rampa.dev/approved-on": "2026-11-20",
      },
    ],
  ])("stands on its pods: %j", (change, annotations) => {
    expect(planModelVersion(versionOf("llama", { ...llama, ...change })).annotations).toEqual(annotations);
  });

  it("names a day and an address", () => {
    const wrong = { url: "example.com", licence: "", approval: { by: "x", on: "yesterday" } };
    expect(problemsOf({ ...llama, card: wrong })).toEqual([
      ["card.url", "an https, oci or s3 address"],
      ["card.licence", "a text in one line"],
      ["card.approval.on", "a day as YYYY-MM-DD"],
    ]);
  });
});

describe("llama on GPUs", () => {
  it("needs an image that can use them", () => {
    const gpu = { pool: "l4" };
    expect(problemsOf({ ...llama, gpu })).toEqual([
      ["image", "an image of the runtime with a CUDA build: the platform's own computes on CPUs"],
    ]);
    expect(problemsOf({ ...llama, gpu, image: vllm.image })).toEqual([]);
  });
});

describe("findFitProblems", () => {
  const find = (version: Version, memoryGib: number) =>
    findFitProblems(versionOf(version.engine === "tgi" ? "tgi" : "vllm", version), { memoryGib });

  it.each([
    ["16 bits on an L4", vllm, 22],
    ["TGI, on an L4", tgi, 22],
    ["4 bits on a T4", { ...vllm, quantization: "awq" }, 16],
    [
      "4 bits of compressed tensors on a T4",
      { ...vllm, quantization: "compressed-tensors", modelShape: { ...vllm.modelShape, weightBits: 4.16 } },
      16,
    ],
    ["two T4 together", { ...vllm, gpu: { pool: "t4", count: 2 } }, 16],
    [
      "8-bit KV cache, long context",
      { ...vllm, maxModelLength: 24_000, kvCacheDtype: "fp8", maxBatchedTokens: 8192 },
      22,
    ],
  ])("takes 8 billion parameters: %s", (_, version, memoryGib) => {
    expect(find(version, memoryGib)).toEqual([]);
  });

  it.each([
    ["16 bits on a T4", vllm, 16],
    ["32 bits on an L4", { ...vllm, dtype: "float32" }, 22],
    [
      "a MIG part of 10 GB",
      { ...vllm, gpu: { pool: "a", sharing: { kind: "mig", profile: "1g.10gb" } } },
      80,
    ],
    [
      "half of an L4",
      { ...vllm, gpuMemoryUtilization: 0.5, gpu: { pool: "l4", sharing: { kind: "mps", replicas: 2 } } },
      22,
    ],
    ["16 full sequences", { ...vllm, fullSequences: 16 }, 22],
    ["TGI with 40 thousand tokens", { ...tgi, maxTotalTokens: 40_000 }, 22],
  ])("refuses 8 billion parameters: %s", (_, version, memoryGib) => {
    expect(find(version, memoryGib)).toEqual([
      { path: ["modelShape"], want: expect.stringMatching(/^a model within the [\d.]+ GiB/) },
    ]);
  });

  it("judges no engine that declares no shape", () => {
    expect(findFitProblems(versionOf("llama", llama), { memoryGib: 1 })).toEqual([]);
  });
});

describe("weightsIdentity", () => {
  it.each([
    ["llama", llama, "ab".repeat(32)],
    ["vllm", vllm, `hf:meta-llama/Llama-3.1-8B-Instruct@${revision}`],
    ["vllm", { ...vllm, model: { from: "s3", prefix: "s3://models/llama/1" } }, "s3://models/llama/1"],
    ["tgi", { ...tgi, cache: "node", model: { from: "cache", path: "llama/1" } }, "cache:llama/1"],
  ] as const)("of %s", (engine, version, identity) => {
    expect(weightsIdentity(versionOf(engine, version))).toBe(identity);
  });
});

describe("ModelVersion", () => {
  const record = (version: object, override: ModelVersionArgs["override"] = {}) =>
    recordResources(
      () => {
        const settings = versionOf("vllm", { ...vllm, ...version });
        new ModelVersion(
          "chat-2-0-0",
          { ...settings, refs, override },
          { providers: [new KubernetesProvider("k8s")] },
        );
      },
      { stack: "dev", project: "rampa" },
    );

  it("has a template of the GPUs that its pods claim, made before them", async () => {
    const resources = await record({ gpu: { pool: "l4", allocation: "dra" } });
    const template = resources.find(({ type }) => type.endsWith(":ResourceClaimTemplate"));
    expect(template?.name).toMatch(/^chat-2-0-0-gpus-[0-9a-f]+$/);
    expect(template?.props).toMatchObject({
      metadata: { name: template?.name, labels: ownedLabels("model", "chat-2-0-0") },
    });
    const deployment = resources.find(({ name }) => name === "chat-2-0-0-deployment");
    expect(deployment?.dependencies).toContain(template?.urn);
    expect(deployment?.props).toMatchObject({
      spec: {
        template: { spec: { resourceClaims: [{ resourceClaimTemplateName: template?.name }] } },
      },
    });
  });

  it("has no configuration file on another project's engine, and waits as long as its pods may take", async () => {
    const resources = await record({});
    const children = resources.filter((it) => it.name.startsWith("chat-2-0-0-"));
    expect(children.map((it) => it.name).sort()).toEqual(
      ["deployment", "disruption-budget", "service"].map((suffix) => `chat-2-0-0-${suffix}`),
    );
    expect(new Set(children.map((it) => it.parent?.split("::").at(-1)))).toEqual(new Set(["chat-2-0-0"]));
    const service = children.find((it) => it.name.endsWith("-service"));
    expect(service?.props.spec).toMatchObject({
      type: "ClusterIP",
      ports: [{ port: 8080, targetPort: "http" }],
    });
  });

  it("runs the engine's image and not the runtime's, and lets a caller change the pods", async () => {
    const override = { deployment: { spec: { revisionHistoryLimit: 1 } } };
    const deployment = (await record({}, override)).find((it) => it.name === "chat-2-0-0-deployment");
    expect(JSON.stringify(deployment?.props)).toContain(`vllm-openai@${digest}`);
    expect(JSON.stringify(deployment?.props)).not.toContain("rampa.local");
    expect(deployment?.props.spec).toMatchObject({ revisionHistoryLimit: 1, replicas: 2 });
  });
});
