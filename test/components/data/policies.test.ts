// Stores with their defaults, past every rule of the policy pack.
import { Provider as AwsProvider } from "@pulumi/aws/provider.js";
import { Provider as KubernetesProvider } from "@pulumi/kubernetes/provider.js";
import { Provider as RandomProvider } from "@pulumi/random/provider.js";
import { describe, expect, it } from "vitest";
import { BackupPlan } from "../../../components/data/backup-plan.ts";
import { ClusterCache } from "../../../components/data/cluster-cache.ts";
import { ClusterPostgres } from "../../../components/data/cluster-postgres.ts";
import { ControlStore } from "../../../components/data/control-store.ts";
import { SharedCache } from "../../../components/data/shared-cache.ts";
import { Isolation } from "../../../components/network/network.ts";
import { judgeRules } from "../../../policies/harness/judge-rules.ts";
import { packRules } from "../../../policies/pack-rules.ts";
import { recordResources } from "../../kit/record-resources.ts";

const ownership = { environment: "prod", owner: "search-team", costCenter: "search" };
const zones = ["eu-central-1a", "eu-central-1b"];
const base = { ownership, prefix: "rampa-prod", zones };
const refs = {
  vpcId: "vpc-1",
  subnetIds: ["subnet-a", "subnet-b"],
  clients: { cluster: "sg-cluster" },
  storageKeyArn: "arn:aws:kms:eu-central-1:111111111111:key/storage",
  secretsKeyArn: "arn:aws:kms:eu-central-1:111111111111:key/secrets",
  logsKeyArn: "arn:aws:kms:eu-central-1:111111111111:key/logs",
};

describe("stores in prod", () => {
  it.each(["aurora", "rds"] as const)("break no rule, with %s", async (kind) => {
    const resources = await recordResources(
      () => {
        const defaultTags = { tags: { owner: "search-team", environment: "prod", "cost-center": "search" } };
        const providers = [new AwsProvider("aws", { region: "eu-central-1", defaultTags })];
        const store = new ControlStore("control", { ...base, engine: { kind }, refs }, { providers });
        new SharedCache("cache", { ...base, refs }, { providers });
        const backed = { keyArn: refs.storageKeyArn, resources: [store.arn] };
        new BackupPlan("backup", { ownership, prefix: "rampa-prod", refs: backed }, { providers });
      },
      { stack: "prod", project: "rampa" },
    );
    expect(judgeRules(packRules, resources)).toEqual([]);
  });
});

describe("stores inside the cluster", () => {
  it("break no rule in dev", async () => {
    const resources = await recordResources(
      () => {
        const providers = [new KubernetesProvider("k8s"), new RandomProvider("random")];
        const image = `registry.example.com/store@sha256:${"a".repeat(64)}`;
        const inside = { namespace: "search", image, priorityClass: "search-gateway" };
        const closed = { ownership, refs: { namespace: "search" }, apiServers: ["10.0.0.0/8"] };
        new Isolation("isolation", closed, { providers });
        const owned = { ownership: { ...ownership, environment: "dev" }, refs: inside };
        new ClusterPostgres("postgres", owned, { providers });
        new ClusterCache("cache", owned, { providers });
      },
      { stack: "dev", project: "rampa" },
    );
    expect(judgeRules(packRules, resources)).toEqual([]);
  });
});
