// A cloud environment of production's size by the real engine without a cloud: planned, refused, simulated, changed.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { EngineError } from "../../../../stacks/local/engine/engine-error.ts";
import { type OfflineStack, openOfflineStack } from "../../../../stacks/local/engine/offline-engine.ts";
import { recordSteps } from "../../../../stacks/local/engine/planned-steps.ts";
import { destroyStack, previewStack, readOutputs, upStack } from "../../../../stacks/local/engine/stack.ts";
import { silent } from "../../../../stacks/local/progress.ts";

const project = join(import.meta.dirname, "cloud");
const RESOURCES = 157;
const PLAN_WITHIN_MS = 20_000;

const open: OfflineStack[] = [];
afterAll(() => {
  for (const stack of open) stack.remove();
});

async function start(world: "plan" | "simulate"): Promise<OfflineStack> {
  const stack = await openOfflineStack("prod", { world, project, progress: silent });
  open.push(stack);
  return stack;
}

function configure(stack: OfflineStack, values: Readonly<Record<string, unknown>>): void {
  const own = Object.entries(values).map(([key, value]) => [`cloud-test:${key}`, value]);
  stack.configure({ "pulumi:disable-default-providers": ["*"], ...Object.fromEntries(own) });
}

async function failure(work: Promise<unknown>): Promise<EngineError> {
  const error = await work.catch((reason: unknown) => reason);
  if (error instanceof EngineError) return error;
  throw new Error("expected an EngineError");
}

describe("a plan", () => {
  it("shows every resource of AWS and of the cluster that is only planned, soon", async () => {
    const stack = await start("plan");
    const begun = performance.now();
    const { changes } = await previewStack(stack.handle);
    expect(changes).toEqual({ create: RESOURCES });
    expect(performance.now() - begun).toBeLessThan(PLAN_WITHIN_MS);
  });

  it("names everything that AWS would refuse of a resource at once", async () => {
    const stack = await start("plan");
    configure(stack, { diskGib: 20, most: 1 });
    const { message } = await failure(previewStack(stack.handle));
    expect(message).toContain("has a problem: diskSize: got 20, want nothing");
    expect(message).toContain("has a problem: scalingConfig.desiredSize: got 2, want 1 to 1");
  });

  it("never becomes a deployment", async () => {
    const stack = await start("plan");
    const error = await failure(upStack(stack.handle));
    expect(error.message).toMatch(/was not created: the built-in aws provider has no access to AWS/);
    expect(error.next).toContain("pulumi plugin install resource aws");
    expect(await stack.exportState()).not.toContain("aws:ec2/vpc:Vpc");
  });

  it("leaves the project's files as they are, and nothing of its own", async () => {
    const stack = await start("plan");
    const { checkout } = stack.handle.places;
    await previewStack(stack.handle);
    stack.remove();
    expect(existsSync(checkout)).toBe(false);
    expect(readFileSync(join(project, "config/Pulumi.prod.yaml"), "utf8")).not.toContain("encryptionsalt");
  });
});

describe("a simulation", () => {
  it("is deployed, stands, changes as AWS would change it, and goes", async () => {
    const stack = await start("simulate");
    expect((await upStack(stack.handle)).changes).toEqual({ create: RESOURCES });
    expect((await previewStack(stack.handle)).changes).toEqual({ same: RESOURCES });
    expect(await readOutputs(stack.handle)).toMatchObject({
      outputs: {
        account: "210987654321",
        bucket: expect.stringMatching(/^models-[0-9a-f]{7}$/),
        endpoint: expect.stringMatching(/^https:\/\/[0-9A-F]+\.gr7\.us-east-1\.eks\.amazonaws\.com$/),
      },
    });
    configure(stack, { volumeGib: 200, gpuType: "g6e.xlarge", value: "two" });
    const record = recordSteps();
    await previewStack(stack.handle, { onEvent: record.observe });
    const steps = record.steps().filter(({ operation }) => operation !== "same");
    const told = steps.map(({ operation, urn }) => `${operation} ${urn.split("::").slice(2).join(" ")}`);
    expect(told.filter((line) => !line.includes("ConfigMap")).toSorted()).toEqual([
      "replace aws:eks/nodeGroup:NodeGroup gpu",
      "update aws:ec2/launchTemplate:LaunchTemplate gpu",
      "update aws:ec2/launchTemplate:LaunchTemplate system",
      "update aws:eks/nodeGroup:NodeGroup system",
    ]);
    expect(told.filter((line) => line.startsWith("replace kubernetes:core/v1:ConfigMap"))).toHaveLength(70);
  });

  it("begins with the state that it is given", async () => {
    const first = await start("simulate");
    configure(first, { objects: 0 });
    await upStack(first.handle);
    const options = { world: "simulate", project, progress: silent } as const;
    const passphrase = readFileSync(first.handle.places.passphrase, "utf8");
    const second = await openOfflineStack("prod", {
      ...options,
      passphrase,
      state: await first.exportState(),
    });
    open.push(second);
    configure(second, { objects: 0 });
    expect(Object.keys((await previewStack(second.handle)).changes)).toEqual(["same"]);
    const error = await failure(destroyStack(second.handle));
    expect(error.message).toContain("protect");
  });
});
