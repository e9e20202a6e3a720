// Batch jobs: a template that runs on schedule or when started, restricted, on GPUs where it asks for them.
import { Provider as KubernetesProvider } from "@pulumi/kubernetes/provider.js";
import { describe, expect, it } from "vitest";
import { type BatchJobArgs, batchJobSettings } from "../../../components/batch/batch.args.ts";
import { cronJobArgs } from "../../../components/batch/batch.manifests.ts";
import { BatchJob } from "../../../components/batch/batch.ts";
import { ownedLabels, ownership } from "../../kit/component-owner.ts";
import { recordResources } from "../../kit/record-resources.ts";

const job = { ownership, job: "labels", command: ["python3", "/app/label.py", "--all"] };
const refs = {
  namespace: "rampa",
  image: `registry.example.com/labels@sha256:${"1".repeat(64)}`,
  serviceAccount: "batch",
};

const specOf = (change: object = {}) =>
  JSON.parse(JSON.stringify(cronJobArgs(batchJobSettings.parse({ ...job, ...change }), refs))).spec;

describe("cronJobArgs", () => {
  it("is a template that nothing starts, without a schedule", () => {
    expect(specOf()).toMatchObject({ suspend: true, schedule: "0 0 1 1 *", concurrencyPolicy: "Forbid" });
  });

  it("runs on its schedule, in UTC, one run at a time", () => {
    expect(specOf({ schedule: "0 3 * * *" })).toMatchObject({
      suspend: false,
      schedule: "0 3 * * *",
      timeZone: "Etc/UTC",
      concurrencyPolicy: "Forbid",
    });
  });

  it("ends: by success of all parts, by too many failures, by time; and is taken away a day later", () => {
    expect(
      specOf({ pods: 4, parallel: 8, retries: 1, deadlineSeconds: 3600 }).jobTemplate.spec,
    ).toMatchObject({
      completionMode: "Indexed",
      completions: 4,
      parallelism: 4,
      backoffLimit: 1,
      activeDeadlineSeconds: 3600,
      ttlSecondsAfterFinished: 86_400,
      podFailurePolicy: { rules: [{ action: "Ignore" }] },
      template: { metadata: { labels: ownedLabels("batch", "labels") }, spec: { restartPolicy: "Never" } },
    });
  });

  it("meets the restricted standard, with a disk of its own and no token", () => {
    const { spec } = specOf({ scratchSize: "50Gi" }).jobTemplate.spec.template;
    expect(spec).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
      volumes: [{ name: "tmp", emptyDir: { sizeLimit: "50Gi" } }],
    });
    expect(spec.containers[0]).toMatchObject({
      command: ["python3"],
      args: ["/app/label.py", "--all"],
      securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true },
      resources: { requests: { cpu: "1", memory: "2Gi" }, limits: { cpu: "1", memory: "2Gi" } },
    });
    expect(spec).not.toHaveProperty("nodeSelector");
    expect(spec).not.toHaveProperty("priorityClassName");
  });

  it("runs on the GPUs of its pool, and is not moved for savings", () => {
    const { metadata, spec } = specOf({ gpu: { pool: "h100", count: 8 } }).jobTemplate.spec.template;
    expect(metadata.annotations).toEqual({ "karpenter.sh/do-not-disrupt": "true" });
    expect(spec.nodeSelector).toEqual({ "rampa.dev/pool": "h100" });
    expect(spec.tolerations[0]).toMatchObject({ key: "nvidia.com/gpu", value: "true" });
    const { requests, limits } = spec.containers[0].resources;
    expect([requests["nvidia.com/gpu"], limits["nvidia.com/gpu"]]).toEqual(["8", "8"]);
    expect(spec.containers[0].volumeMounts).toContainEqual({ name: "shared-memory", mountPath: "/dev/shm" });
  });

  it.each([
    [{ schedule: "daily" }, "schedule", "five fields of cron, e.g. `0 3 * * *`"],
    [{ job: "a".repeat(53) }, "job", "at most 52 characters"],
    [{ command: [] }, "command", "a program and its arguments"],
    [{ parallel: 0 }, "parallel", "a whole number from 1 up"],
  ])("refuses %j", (change, path, want) => {
    const { error } = batchJobSettings.safeParse({ ...job, ...change });
    expect(error?.issues.map((issue) => [issue.path.join("."), issue.message])).toEqual([[path, want]]);
  });
});

describe("BatchJob", () => {
  const record = (args: BatchJobArgs) =>
    recordResources(() => new BatchJob("labels", args, { providers: [new KubernetesProvider("k8s")] }), {
      stack: "dev",
      project: "rampa",
    });

  it("is one CronJob, which a caller may change", async () => {
    const override = { cronJob: { spec: { successfulJobsHistoryLimit: 1 } } };
    const resources = await record({ ...job, refs: { ...refs, priorityClass: "low" }, override });
    const cronJob = resources.find((it) => it.name === "labels-cron-job");
    expect(cronJob?.type).toBe("kubernetes:batch/v1:CronJob");
    expect(cronJob?.parent).toContain("rampa:batch:BatchJob::labels");
    expect(cronJob?.props).toMatchObject({
      metadata: { name: "labels" },
      spec: { successfulJobsHistoryLimit: 1 },
    });
    expect(JSON.stringify(cronJob?.props)).toContain('"priorityClassName":"low"');
  });

  it("has a template of the GPUs that its pods claim", async () => {
    const resources = await record({ ...job, gpu: { pool: "h100", allocation: "dra", count: 8 }, refs });
    const template = resources.find(({ type }) => type.endsWith(":ResourceClaimTemplate"));
    const name = template?.name ?? "";
    expect(name).toMatch(/^labels-gpus-[0-9a-f]+$/);
    expect(template?.props).toMatchObject({
      metadata: { name, namespace: "rampa", labels: { "rampa.dev/pool": "h100" } },
      spec: { spec: { devices: { requests: [{ exactly: { count: 8 } }] } } },
    });
    const cronJob = resources.find((it) => it.name === "labels-cron-job");
    expect(cronJob?.props).toMatchObject({
      spec: {
        jobTemplate: {
          spec: {
            template: {
              spec: {
                resourceClaims: [{ name: "gpus", resourceClaimTemplateName: name }],
                containers: [{ resources: { claims: [{ name: "gpus" }] } }],
              },
            },
          },
        },
      },
    });
  });

  it("reports every wrong setting at once", async () => {
    const wrong = { ...job, command: [], retries: -1, refs };
    await expect(record(wrong)).rejects.toThrow('rampa:batch:BatchJob "labels": 2 problems');
  });
});
