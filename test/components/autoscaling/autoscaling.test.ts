// KEDA: one release of an exact version, hardened, with two of each part.
import { Provider as KubernetesProvider } from "@pulumi/kubernetes/provider.js";
import { describe, expect, it } from "vitest";
import {
  type KedaOperatorArgs,
  kedaOperatorSettings,
} from "../../../components/autoscaling/autoscaling.args.ts";
import { planKedaValues } from "../../../components/autoscaling/autoscaling.plan.ts";
import { KedaOperator } from "../../../components/autoscaling/autoscaling.ts";
import { ownedLabels, ownership } from "../../kit/component-owner.ts";
import { recordResources } from "../../kit/record-resources.ts";

const valuesOf = (change: object = {}) =>
  planKedaValues(kedaOperatorSettings.parse({ ownership, ...change }));

describe("planKedaValues", () => {
  it("runs two of each part, restricted, of which one may be evicted at a time", () => {
    const restricted = {
      runAsNonRoot: true,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
      seccompProfile: { type: "RuntimeDefault" },
    };
    expect(valuesOf()).toMatchObject({
      operator: { replicaCount: 2 },
      metricsServer: { replicaCount: 2 },
      webhooks: { replicaCount: 2 },
      additionalLabels: ownedLabels("keda", "keda"),
      priorityClassName: "system-cluster-critical",
      securityContext: { operator: restricted, metricServer: restricted, webhooks: restricted },
      podDisruptionBudget: { operator: { maxUnavailable: 1 }, metricServer: { maxUnavailable: 1 } },
      prometheus: {},
    });
    expect(valuesOf()).not.toHaveProperty("watchNamespace");
  });

  it("has no budget that would keep a single pod on its node for ever", () => {
    expect(valuesOf({ replicas: 1 }).podDisruptionBudget).toEqual({});
  });

  it("minds one namespace and is scraped when told so", () => {
    expect(valuesOf({ watchNamespace: "rampa", serviceMonitors: true })).toMatchObject({
      watchNamespace: "rampa",
      prometheus: { operator: { enabled: true, serviceMonitor: { enabled: true } } },
    });
  });
});

describe("KedaOperator", () => {
  const record = (args: KedaOperatorArgs) =>
    recordResources(() => new KedaOperator("keda", args, { providers: [new KubernetesProvider("k8s")] }), {
      stack: "dev",
      project: "rampa",
    });

  it("installs the chart of an exact version, atomically, into a namespace of its own", async () => {
    const resources = await record({ ownership });
    const release = resources.find((it) => it.name === "keda-release");
    expect(release?.parent).toContain("rampa:autoscaling:KedaOperator::keda");
    expect(release?.props).toMatchObject({
      chart: "keda",
      version: "2.21.0",
      namespace: "keda",
      createNamespace: true,
      atomic: true,
    });
  });

  it("goes into a namespace that exists where one is given", async () => {
    const resources = await record({ ownership, refs: { namespace: "scalers" } });
    const release = resources.find((it) => it.name === "keda-release");
    expect(release?.props).toMatchObject({ namespace: "scalers", createNamespace: false });
  });

  it("lets a caller change the release", async () => {
    const resources = await record({
      ownership,
      override: { release: { values: { image: { pullPolicy: "Always" } } } },
    });
    const values = resources.find((it) => it.name === "keda-release")?.props.values;
    expect(values).toMatchObject({ image: { pullPolicy: "Always" }, operator: { replicaCount: 2 } });
  });

  it("reports every wrong setting at once", async () => {
    await expect(record({ ownership: { ...ownership, owner: "" }, replicas: 0 })).rejects.toThrow(
      'rampa:autoscaling:KedaOperator "keda": 2 problems',
    );
  });
});
