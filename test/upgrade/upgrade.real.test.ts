// Upgrades of a recorded cloud environment by the real engine: harmless ones, and ones that would lose something.
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { findLosses, previewUpgrade, recordState } from "./upgrade-kit.ts";

const project = join(import.meta.dirname, "../stacks/local/engine/cloud");
/** Fewer of the objects that are all alike. */
const base = { "pulumi:disable-default-providers": ["*"], "cloud-test:objects": 2 };

let state = "";

beforeAll(async () => {
  state = await recordState({ project, stack: "prod", config: base });
});

function upgrade(change: Readonly<Record<string, unknown>>) {
  return previewUpgrade({ project, stack: "prod", config: { ...base, ...change } }, state);
}

describe("a recorded state", () => {
  it("is what the same program would make again", async () => {
    const steps = await upgrade({});
    expect(steps.filter(({ operation }) => operation !== "same")).toEqual([]);
    expect(steps.length).toBeGreaterThan(80);
  });

  it("holds its secrets encrypted", () => {
    expect(state).toContain('"secrets_providers"');
    expect(state).not.toMatch(/"plaintext"/);
  });
});

describe("an upgrade", () => {
  it.each([
    [{ "cloud-test:version": "1.36" }, "update aws:eks/cluster:Cluster"],
    [{ "cloud-test:most": 8 }, "update aws:eks/nodeGroup:NodeGroup"],
    [{ "cloud-test:gpuType": "g6e.xlarge" }, "replace aws:eks/nodeGroup:NodeGroup"],
  ])("by %j keeps cluster, data and bucket", async (change, does) => {
    const steps = await upgrade(change);
    expect(steps.map(({ operation, type }) => `${operation} ${type}`)).toContain(does);
    expect(findLosses(steps)).toEqual([]);
  });

  it("that would lose something is found out, with the reason", async () => {
    const losses = findLosses(await upgrade({ "cloud-test:range": "10.1.0.0/16" }));
    expect(losses).toContain("replace aws:ec2/vpc:Vpc vpc: cidrBlock");
    expect(losses).toContain("replace aws:ec2/subnet:Subnet private-0: cidrBlock, vpcId");
  });
});
