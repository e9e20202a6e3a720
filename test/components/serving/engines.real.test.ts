// What GPU versions and batch jobs become, put to a real API server: KEDA's own definitions, strict fields, admission.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Provider as KubernetesProvider } from "@pulumi/kubernetes/provider.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { BatchJob } from "../../../components/batch/batch.ts";
import { CHARTS } from "../../../components/contract/charts.ts";
import { modelVersionSettings } from "../../../components/serving/serving.args.ts";
import { ModelVersion } from "../../../components/serving/serving.ts";
import { ensureGo } from "../../../stacks/local/cluster/go-toolchain.ts";
import { silent } from "../../../stacks/local/progress.ts";
import { ownership } from "../../kit/component-owner.ts";
import { type RecordedResource, recordResources } from "../../kit/record-resources.ts";
import { startTestCluster, type TestCluster } from "../../stacks/local/engine/api-server-kit.ts";
import { digest, llama, refs, tgi, vllm } from "./engine-versions.ts";

const START_MS = 900_000;
const CALLS_MS = 60_000;
const PLACES: Readonly<Record<string, string>> = {
  ConfigMap: "/api/v1/namespaces/rampa/configmaps",
  Service: "/api/v1/namespaces/rampa/services",
  Deployment: "/apis/apps/v1/namespaces/rampa/deployments",
  PodDisruptionBudget: "/apis/policy/v1/namespaces/rampa/poddisruptionbudgets",
  HorizontalPodAutoscaler: "/apis/autoscaling/v2/namespaces/rampa/horizontalpodautoscalers",
  ScaledObject: "/apis/keda.sh/v1alpha1/namespaces/rampa/scaledobjects",
  CronJob: "/apis/batch/v1/namespaces/rampa/cronjobs",
};

let cluster: TestCluster;
let definition: object | undefined;

beforeAll(async () => {
  definition = await readDefinition();
  cluster = await startTestCluster();
  const restricted = { "pod-security.kubernetes.io/enforce": "restricted" };
  await create("/api/v1/namespaces", { metadata: { name: "rampa", labels: restricted } });
  await create("/api/v1/namespaces/rampa/serviceaccounts", { metadata: { name: "model" } });
  await create("/apis/scheduling.k8s.io/v1/priorityclasses", { metadata: { name: "rampa-model" }, value: 1 });
  if (definition !== undefined) {
    await create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition);
    await waitServed("/apis/keda.sh/v1alpha1/scaledobjects");
  }
}, START_MS);

afterAll(async () => await cluster?.stop());

async function create(path: string, object: object): Promise<void> {
  const { status, body } = await cluster.api("POST", path, object);
  if (status !== 201) throw new Error(JSON.stringify(body));
}

async function waitServed(path: string): Promise<void> {
  const deadline = Date.now() + CALLS_MS;
  while ((await cluster.api("GET", path)).status !== 200) {
    if (Date.now() > deadline) throw new Error(`${path} was not served within ${CALLS_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** KEDA's definition of ScaledObject, of the version that the chart installs; undefined where no module can be had. */
async function readDefinition(): Promise<object | undefined> {
  try {
    const go = await ensureGo("KEDA's definitions", silent);
    const module = `github.com/kedacore/keda/v2@v${CHARTS.keda.version}`;
    const answer = execFileSync(go, ["mod", "download", "-json", module], { cwd: "/", encoding: "utf8" });
    const { Dir } = z.looseObject({ Dir: z.string() }).parse(JSON.parse(answer));
    return parse(readFileSync(join(Dir, "config/crd/bases/keda.sh_scaledobjects.yaml"), "utf8"));
  } catch (error) {
    process.stderr.write(`KEDA's Go module cannot be had here: ${String(error)}\n`);
    return undefined;
  }
}

const kindOf = (resource: RecordedResource): string => resource.type.split(":").at(-1) ?? "";

async function record(define: (provider: KubernetesProvider) => void): Promise<RecordedResource[]> {
  const options = { stack: "dev", project: "rampa" };
  const resources = await recordResources(() => define(new KubernetesProvider("k8s")), options);
  return resources.filter((it) => it.type.startsWith("kubernetes:"));
}

const recordVersion = (version: object): Promise<RecordedResource[]> =>
  record((provider) => {
    const settings = modelVersionSettings.parse(version);
    new ModelVersion("v", { ...settings, refs }, { providers: [provider] });
  });

async function expectAccepted(resource: RecordedResource): Promise<void> {
  const path = PLACES[kindOf(resource)];
  expect(path, resource.type).toBeDefined();
  const answer = await cluster.api("POST", `${path}?fieldValidation=Strict&dryRun=All`, resource.props);
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
}

const wide = {
  ...vllm,
  cache: "node",
  gpu: { pool: "l40s", count: 4 },
  adapters: [{ name: "sql", path: "lora/sql", maxRank: 16 }],
  model: { ...vllm.model, tokenSecret: { name: "hub" } },
};

describe("a version", () => {
  it.each([
    ["vLLM, in full", wide],
    [
      "vLLM with an autoscaler",
      { ...vllm, scaling: { kind: "hpa", max: 4, on: { kind: "pods", metric: "m", target: 2 } } },
    ],
    ["TGI on a MIG part", { ...tgi, gpu: { pool: "a100", sharing: { kind: "mig", profile: "3g.40gb" } } }],
    ["llama scaled by CPU", { ...llama, scaling: { kind: "hpa", max: 4, on: { kind: "cpu" } } }],
    ["llama on a GPU", { ...llama, gpu: { pool: "l4" }, image: vllm.image }],
  ])(
    "on %s is accepted field by field, and its pods are admitted under the restricted standard",
    async (_, version) => {
      for (const resource of await recordVersion(version)) {
        await expectAccepted(resource);
        if (kindOf(resource) === "Deployment") await expectAdmitted(resource);
      }
    },
    CALLS_MS,
  );

  it(
    "scaled by KEDA is accepted by KEDA's own definition, and a field that it lacks is not",
    async (context) => {
      context.skip(definition === undefined, "KEDA's Go module cannot be had here");
      const resources = await recordVersion({ ...vllm, scaling: { kind: "keda", min: 0, max: 4 } });
      const scaledObject = resources.find((it) => kindOf(it) === "ScaledObject");
      if (scaledObject === undefined) throw new Error("no ScaledObject");
      await expectAccepted(scaledObject);
      const wrong = { ...scaledObject.props, spec: { ...Object(scaledObject.props.spec), minReplicas: 1 } };
      const path = `${PLACES.ScaledObject}?fieldValidation=Strict&dryRun=All`;
      expect((await cluster.api("POST", path, wrong)).status).toBe(400);
    },
    CALLS_MS,
  );
});

async function expectAdmitted(deployment: RecordedResource): Promise<void> {
  const template = z
    .looseObject({
      spec: z.looseObject({
        template: z.looseObject({ metadata: z.looseObject({}), spec: z.looseObject({}) }),
      }),
    })
    .parse(deployment.props).spec.template;
  const pod = { ...template, metadata: { ...template.metadata, name: "try" } };
  const path = "/api/v1/namespaces/rampa/pods?dryRun=All&fieldValidation=Strict";
  const { status, body } = await cluster.api("POST", path, pod);
  expect(status, JSON.stringify(body)).toBe(201);
}

describe("a batch job", () => {
  it(
    "is accepted field by field, with and without GPUs",
    async () => {
      const job = {
        ownership,
        job: "labels",
        command: ["label"],
        refs: { ...refs, image: `r.example.com/l@${digest}` },
      };
      for (const gpu of [undefined, { pool: "h100", count: 8 }]) {
        const resources = await record((provider) => {
          new BatchJob("labels", { ...job, ...(gpu && { gpu }) }, { providers: [provider] });
        });
        expect(resources).toHaveLength(1);
        for (const resource of resources) await expectAccepted(resource);
      }
    },
    CALLS_MS,
  );
});
