// Stores in prod, with their defaults, past every rule of the policy pack.
import { Provider as AwsProvider } from "@pulumi/aws/provider.js";
import { describe, expect, it } from "vitest";
import { BackupPlan } from "../../../components/data/backup-plan.ts";
import { ControlStore } from "../../../components/data/control-store.ts";
import { SharedCache } from "../../../components/data/shared-cache.ts";
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
