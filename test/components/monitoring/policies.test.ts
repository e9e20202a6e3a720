// Monitoring in prod, with its defaults, past every rule of the policy pack.
import { Provider as KubernetesProvider } from "@pulumi/kubernetes/provider.js";
import { Provider as RandomProvider } from "@pulumi/random/provider.js";
import { describe, expect, it } from "vitest";
import { GpuMetrics } from "../../../components/monitoring/gpu-metrics.ts";
import { Monitoring } from "../../../components/monitoring/monitoring.ts";
import { MonitoringStack } from "../../../components/monitoring/monitoring-stack.ts";
import { judgeRules } from "../../../policies/harness/judge-rules.ts";
import { packRules } from "../../../policies/pack-rules.ts";
import { recordResources } from "../../kit/record-resources.ts";

const ownership = { environment: "prod", owner: "search-team", costCenter: "search" };
const receivers = { P0: [{ kind: "webhook" as const, secret: { name: "alerts", key: "url" } }] };

const recordAll = () =>
  recordResources(
    () => {
      const options = { providers: [new KubernetesProvider("k8s"), new RandomProvider("random")] };
      const nodeRanges = ["10.0.0.0/16"];
      new MonitoringStack("stack", { ownership, nodeRanges }, options);
      new GpuMetrics("gpus", { ownership }, options);
      new Monitoring(
        "watch",
        {
          ownership,
          runbookUrl: "https://runbooks.example/rampa",
          gpus: true,
          receivers,
          refs: { namespace: "rampa" },
        },
        options,
      );
    },
    { stack: "prod", project: "rampa" },
  );

describe("monitoring in prod", () => {
  it("breaks no rule, its privileged namespace being the one that the pack knows of", async () => {
    expect(judgeRules(packRules, await recordAll())).toEqual([]);
  });

  it("breaks one where no namespace may be privileged", async () => {
    const config = { "pod-restricted": { unrestrictedNamespaces: [] } };
    const rules = judgeRules(packRules, await recordAll(), { config }).map(({ rule }) => rule);
    expect(rules).toEqual(["pod-restricted"]);
  });
});
