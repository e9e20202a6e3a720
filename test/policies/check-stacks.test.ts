// The policy command on a sample project and on the platform's own stacks.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { judgeStacks } from "../../policies/judge-stacks.ts";
import { policyPackFolder } from "../../policies/pack-folder.ts";

const CHECKOUT = join(import.meta.dirname, "../..");
const SAMPLE = join(import.meta.dirname, "fixtures/project");

type Run = { readonly code: number; readonly stdout: string; readonly stderr: string };

function run(...args: string[]): Promise<Run> {
  const script = join(CHECKOUT, "policies/check-stacks.ts");
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], { timeout: 30_000 }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr }),
    );
  });
}

describe("npm run policy", { timeout: 60_000 }, () => {
  it("prints verdicts by stack and ends with 1 for a mandatory finding or a stack that cannot be planned", async () => {
    const { code, stdout } = await run("--project", SAMPLE);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^bad: 4 resources, 1 mandatory, 0 advisory, 0 exempted \(\d/m);
    expect(stdout).toContain("mandatory image-by-digest (high)");
    expect(stdout).toContain("urn:pulumi:bad::sample::kubernetes:apps/v1:Deployment::model");
    expect(stdout).toMatch(/^broken: cannot be planned/m);
    expect(stdout).toContain("Missing required configuration variable 'sample:digest'");
    expect(stdout).toMatch(/^good: 4 resources, 0 mandatory, 0 advisory, 0 exempted \(\d/m);
  });

  it("prints one stack as JSON and ends with 0 where nothing is mandatory", async () => {
    const { code, stdout } = await run("--project", SAMPLE, "--stack", "good", "--json");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      stacks: [
        { stack: "good", resources: 4, violations: [], exemptions: [], durationMs: expect.any(Number) },
      ],
    });
  });

  it("ends with 2 for a stack without a file and for an unknown option", async () => {
    const [stranger, typo] = await Promise.all([
      run("--project", SAMPLE, "--stack", "gone"),
      run("--stak", "good"),
    ]);
    expect([stranger.code, typo.code]).toEqual([2, 2]);
    expect(stranger.stderr).toContain("no file for stack gone");
    expect(typo.stderr).toContain("'--stak'");
  });
});

describe("the platform's stacks", { timeout: 60_000 }, () => {
  it("have no mandatory finding in any environment", async () => {
    const verdicts = await judgeStacks({ project: CHECKOUT, pack: policyPackFolder });
    // A developer's preview environments are judged as well.
    const stacks = verdicts.map(({ stack }) => stack).filter((stack) => !stack.startsWith("branch-"));
    expect(stacks).toEqual(["dev", "local", "prod", "staging"]);
    for (const { failure, resources, violations } of verdicts) {
      const mandatory = violations.filter(({ level }) => level === "mandatory");
      expect({ failure, mandatory }).toEqual({ failure: undefined, mandatory: [] });
      expect(resources).toBeGreaterThan(20);
    }
  });

  it("are really judged: stricter settings find each image, the route's split and the single copies", async () => {
    const config = {
      "image-by-digest": { registries: ["elsewhere.example.com/"] },
      "canary-weights-valid": { maxCandidatePercent: 1 },
      "prod-availability": { environment: "prod" },
    };
    const [verdict] = await judgeStacks({
      project: CHECKOUT,
      pack: policyPackFolder,
      stacks: ["local"],
      config,
    });
    const rules = new Set(verdict?.violations.map(({ rule }) => rule));
    expect([...rules].toSorted()).toEqual(["canary-weights-valid", "image-by-digest", "prod-availability"]);
  });
});
