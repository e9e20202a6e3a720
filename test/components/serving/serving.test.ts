// Model version: settings become configuration that the runtime accepts and pods that meet the restricted standard.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  cacheClaimArgs,
  cacheVolumeArgs,
  modelCacheSettings,
} from "../../../components/serving/model-cache.ts";
import type { RuntimePlan } from "../../../components/serving/runtime.plan.ts";
import { type ModelVersionSettings, modelVersionSettings } from "../../../components/serving/serving.args.ts";
import * as manifests from "../../../components/serving/serving.manifests.ts";
import { type ModelVersionPlan, planModelVersion } from "../../../components/serving/serving.plan.ts";
import { ModelVersion } from "../../../components/serving/serving.ts";
import { runtimeConfig } from "../../../serving/contract/runtime-config.ts";
import { ownedLabels, ownership } from "../../kit/component-owner.ts";

const artefact = { source: "hf:org/repo@main/model.gguf", sha256: "ab".repeat(32) };
const refs = {
  namespace: "rampa",
  image: "rampa.local/serving@sha256:1",
  serviceAccount: "model",
  priorityClass: "rampa-model",
  cacheClaim: "model-cache",
  config: "chat-1-0-0-config",
};

function settingsOf(change: object = {}): ModelVersionSettings {
  return modelVersionSettings.parse({
    engine: "llama",
    ownership,
    endpoint: "chat",
    version: "1.0.0",
    artefact,
    ...change,
  });
}

/** The plan of a version on our own runtime. */
function runtimePlan(change: object = {}): ModelVersionPlan<RuntimePlan> {
  const plan = planModelVersion(settingsOf(change));
  if (plan.pods.kind !== "runtime") throw new Error("not on our own runtime");
  return { ...plan, pods: plan.pods };
}

const selector = { "app.kubernetes.io/name": "model", "app.kubernetes.io/instance": "chat-1-0-0" };
const labels = {
  ...ownedLabels("model", "chat-1-0-0"),
  "rampa.dev/endpoint": "chat",
  "app.kubernetes.io/version": "1.0.0",
};

describe("planModelVersion", () => {
  it("writes configuration that the runtime accepts, for the model and for the fetch before it", () => {
    const { data } = runtimePlan({ contextTokens: 4096, cache: "pod" }).pods.config;
    const [model, fetch] = ["config.json", "fetch.json"].map((file) =>
      runtimeConfig.parse(JSON.parse(data[file] ?? "")),
    );
    expect(model).toMatchObject({
      role: "model",
      endpoint: "chat",
      version: "1.0.0",
      artefact,
      contextTokens: 4096,
    });
    expect(fetch).toMatchObject({ role: "fetch", artefact, cacheDir: "/models" });
  });

  it("hands the authority of artefact servers to the fetch, as the runtime accepts it", () => {
    const artefactAuthority = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    const { data } = runtimePlan({ artefactAuthority }).pods.config;
    const fetch = runtimeConfig.parse(JSON.parse(data["fetch.json"] ?? ""));
    expect(fetch).toMatchObject({ role: "fetch", authority: artefactAuthority });
    expect(data["config.json"]).not.toContain("CERTIFICATE");
  });

  it("fetches nothing where the nodes offer the weights", () => {
    expect(Object.keys(runtimePlan({ cache: "node" }).pods.config.data)).toEqual(["config.json"]);
  });

  it("names the configuration after its content", () => {
    const name = (change: object) => runtimePlan(change).pods.config.name;
    expect(name({})).toMatch(/^chat-1-0-0-config-[0-9a-f]{8}$/);
    expect(name({ replicas: 5 })).toBe(name({}));
    expect(name({ sequences: 9 })).not.toBe(name({}));
  });

  it("gives a pod longer than its own drain takes to stop", () => {
    const milliseconds = fc.integer({ min: 0, max: 3_600_000 });
    fc.assert(
      fc.property(milliseconds, milliseconds, (settleMs, graceMs) => {
        const plan = planModelVersion(settingsOf({ drain: { settleMs, graceMs } }));
        expect(plan.terminationSeconds * 1000).toBeGreaterThanOrEqual(settleMs + graceMs + 10_000);
      }),
    );
  });
});

describe("model manifests", () => {
  const podSpec = (change: object) => {
    const args = manifests.runtimeDeploymentArgs(runtimePlan(change), refs);
    return JSON.parse(JSON.stringify(args)).spec.template.spec;
  };

  it("describes a Deployment whose selector leaves out what changes", () => {
    const plan = runtimePlan({ cache: "node", startupSeconds: 120 });
    expect(manifests.runtimeDeploymentArgs(plan, refs)).toMatchObject({
      metadata: { name: "chat-1-0-0", namespace: "rampa", labels },
      spec: {
        replicas: 2,
        revisionHistoryLimit: 3,
        progressDeadlineSeconds: 180,
        strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
        selector: { matchLabels: selector },
        template: {
          metadata: { labels, annotations: { "rampa.dev/config-checksum": plan.pods.config.checksum } },
        },
      },
    });
  });

  it("meets the restricted pod security standard in every container", () => {
    const spec = podSpec({ cache: "pod" });
    expect(spec.securityContext).toEqual({
      runAsNonRoot: true,
      runAsUser: 65_532,
      runAsGroup: 65_532,
      fsGroup: 65_532,
      fsGroupChangePolicy: "OnRootMismatch",
      seccompProfile: { type: "RuntimeDefault" },
    });
    for (const container of [...spec.initContainers, ...spec.containers]) {
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
      expect(container.resources.limits).toEqual({ cpu: "2", memory: "4Gi" });
    }
    expect(spec.automountServiceAccountToken).toBe(false);
  });

  it("gives loading the whole start-up budget before it restarts the pod", () => {
    const { startupProbe, livenessProbe } = podSpec({ startupSeconds: 240 }).containers[0];
    expect(startupProbe.periodSeconds * startupProbe.failureThreshold).toBe(240);
    expect(startupProbe.httpGet).toEqual({ path: "/startupz", port: "http", scheme: "HTTP" });
    expect(livenessProbe.httpGet.path).toBe("/livez");
    expect(livenessProbe.terminationGracePeriodSeconds).toBeLessThanOrEqual(10);
  });

  it("fetches into the pod's own volume before the model starts", () => {
    const spec = podSpec({ cache: "pod", cacheSize: "3Gi" });
    expect(spec.initContainers.map((it: { name: string }) => it.name)).toEqual(["fetch"]);
    expect(spec.initContainers[0].env).toEqual([
      { name: "RAMPA_CONFIG", value: "/etc/rampa/config/fetch.json" },
    ]);
    expect(spec.volumes).toContainEqual({ name: "models", emptyDir: { sizeLimit: "3Gi" } });
    expect(spec.initContainers[0].terminationMessagePolicy).toBe("FallbackToLogsOnError");
  });

  it("gives the engine's passes one thread of the pool", () => {
    expect(podSpec({}).containers[0].env).toContainEqual({ name: "UV_THREADPOOL_SIZE", value: "1" });
  });

  it("fetches into the nodes' volume where it is shared, and serves from it read-only", () => {
    const spec = podSpec({ cache: "shared" });
    expect(spec.initContainers[0].volumeMounts).toContainEqual({ name: "models", mountPath: "/models" });
    expect(spec.volumes).toContainEqual({
      name: "models",
      persistentVolumeClaim: { claimName: "model-cache", readOnly: false },
    });
    expect(spec.containers[0].volumeMounts).toContainEqual({
      name: "models",
      mountPath: "/models",
      readOnly: true,
    });
  });

  it("mounts the nodes' weights read-only, and fetches nothing", () => {
    const spec = podSpec({ cache: "node" });
    expect(spec.initContainers).toBeUndefined();
    expect(spec.volumes).toContainEqual({
      name: "models",
      persistentVolumeClaim: { claimName: "model-cache", readOnly: true },
    });
    expect(spec.containers[0].volumeMounts).toContainEqual({
      name: "models",
      mountPath: "/models",
      readOnly: true,
    });
  });

  it("spreads over zones and nodes, and waits for an even place only when asked to", () => {
    const modes = (change: object) =>
      podSpec(change).topologySpreadConstraints.map(
        (it: { topologyKey: string; whenUnsatisfiable: string }) => [it.topologyKey, it.whenUnsatisfiable],
      );
    expect(modes({})).toEqual([
      ["topology.kubernetes.io/zone", "ScheduleAnyway"],
      ["kubernetes.io/hostname", "ScheduleAnyway"],
    ]);
    expect(modes({ spread: "require" }).map(([, mode]: string[]) => mode)).toEqual([
      "DoNotSchedule",
      "DoNotSchedule",
    ]);
  });

  it("answers under a Service of the version's own name and loses one pod at a time", () => {
    const plan = planModelVersion(settingsOf());
    expect(manifests.modelServiceArgs(plan, "rampa")).toEqual({
      metadata: { name: "chat-1-0-0", namespace: "rampa", labels },
      spec: {
        type: "ClusterIP",
        selector,
        ports: [{ name: "http", port: 8080, targetPort: "http", protocol: "TCP", appProtocol: "http" }],
      },
    });
    expect(manifests.modelDisruptionArgs(plan, "rampa").spec).toEqual({
      maxUnavailable: 1,
      unhealthyPodEvictionPolicy: "AlwaysAllow",
      selector: { matchLabels: selector },
    });
  });
});

describe("ModelVersion", () => {
  it("reports every wrong setting at once, before it creates anything", () => {
    const wrong = {
      ...settingsOf(),
      artefact: { source: "ftp://x", sha256: "12" },
      rollout: { maxSurge: 0, maxUnavailable: 0 },
      resources: { cpu: "1", cpuRequest: "2", memory: "1Gi" },
    };
    expect(() => new ModelVersion("chat-1-0-0", { ...wrong, refs })).toThrow(
      'rampa:serving:ModelVersion "chat-1-0-0": 4 problems',
    );
  });
});

describe("model cache", () => {
  const settings = modelCacheSettings.parse({ ownership, namespace: "search", path: "/var/lib/models" });

  it("reserves the nodes' directory for the one claim, read-only", () => {
    expect(cacheVolumeArgs(settings)).toMatchObject({
      metadata: { name: "search-model-cache" },
      spec: {
        accessModes: ["ReadOnlyMany"],
        hostPath: { path: "/var/lib/models", type: "Directory" },
        claimRef: { namespace: "search", name: "model-cache" },
        persistentVolumeReclaimPolicy: "Retain",
      },
    });
    expect(cacheClaimArgs(settings, { namespace: "search", volume: "search-model-cache" }).spec).toEqual({
      accessModes: ["ReadOnlyMany"],
      storageClassName: "",
      volumeMode: "Filesystem",
      volumeName: "search-model-cache",
      resources: { requests: { storage: "100Gi" } },
    });
  });

  it("may be written where pods fill it", () => {
    const shared = { ...settings, filledBy: "pods" } as const;
    expect(cacheVolumeArgs(shared)).toMatchObject({ spec: { accessModes: ["ReadWriteMany"] } });
    const claim = cacheClaimArgs(shared, { namespace: "search", volume: "search-model-cache" });
    expect(claim).toMatchObject({ spec: { accessModes: ["ReadWriteMany"] } });
  });
});
