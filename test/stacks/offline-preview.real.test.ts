// Stacks with their own AWS half, previewed by the real engine with the stand-ins alone: no cloud, no cluster, no network.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { planStack } from "../kit/plan-stack.ts";
import { type Ended, runCommand } from "./cli/run-command.ts";

const home = mkdtempSync(join(tmpdir(), "rampa-offline-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const PATIENT_MS = 15 * 60_000;
const preview = (stack: string, ...more: readonly string[]): Promise<Ended> =>
  runCommand(["preview", "--stack", stack, "--offline", ...more], { home, deadlineMs: PATIENT_MS });

describe("rampa preview --offline", { timeout: PATIENT_MS }, () => {
  it.each(["dev", "staging", "prod"])(
    "plans all of %s: every input is right and no policy stops it",
    async (stack) => {
      const { code, stdout, stderr } = await preview(stack, "--json");
      expect(stderr).not.toContain("error");
      const result = JSON.parse(stdout);
      const { resources, settings } = await planStack(stack);
      // The engine counts the stack itself besides.
      expect(result.changes).toEqual({ create: resources.length + 1 });
      expect(result.findings.filter(({ level }: { level: string }) => level === "mandatory")).toEqual([]);
      expect(result).toMatchObject({
        ready: true,
        approvals: [],
        cost: { now: { idle: 0, peak: 0 }, unpriced: [] },
      });
      expect(result.cost.after.idle).toBeGreaterThan(0);
      expect(result.rollouts.map(({ steps }: { steps: unknown }) => steps)).toEqual([
        [settings.endpoints.assistant?.weights],
        [settings.endpoints.chat?.weights],
      ]);
      expect(code).toBe(0);
    },
  );

  it("writes the comment of a pull request", async () => {
    const { stdout } = await preview("dev", "--markdown");
    expect(stdout).toMatch(/^<!-- rampa-preview:dev -->\n## Preview of `dev`\n/);
    expect(stdout).toContain("### Cost an hour: 0.00 →");
    expect(stdout).toContain("### Rollout");
  });
});
