// Weights, rolling update, key rotation and drain under steady load: what a caller sees while the platform changes.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { createLocalEnvironment, type LocalEnvironment } from "../kit/local-environment.ts";
import { type LoadReport, type LoadTarget, sendRequests, startSteadyLoad } from "../kit/steady-load.ts";

const MINUTE = 60_000;
const WORKERS = 4;
const upSchema = z.object({ changes: z.record(z.string(), z.number()) });

let environment: LocalEnvironment;
let target: LoadTarget;

beforeAll(async () => {
  environment = createLocalEnvironment(18_081);
  await environment.rampaJson(upSchema, "up");
  target = await environment.loadTarget();
}, 20 * MINUTE);

afterAll(() => environment.remove(), 5 * MINUTE);

async function changeUnderLoad(change: () => Promise<unknown>): Promise<LoadReport> {
  const load = startSteadyLoad(target, WORKERS);
  await change();
  return load.stop();
}

/** Applies an edit of the stack file with `rampa up`. */
function apply(edit: (text: string) => string): Promise<z.output<typeof upSchema>> {
  environment.editStackFile(edit);
  return environment.rampaJson(upSchema, "up");
}

const share = (report: LoadReport, version: string): number =>
  (report.byVersion.get(version) ?? 0) /
  (report.sent - [...report.failures.values()].reduce((a, b) => a + b, 0));

/** Half width of the 99.9 % band of a share of 10 % over n requests. */
const band = (n: number): number => 3.2905 * Math.sqrt((0.1 * 0.9) / n);

describe("weights of 90 and 10", () => {
  it(
    "are met within the 99.9 % band over 2,000 requests",
    async () => {
      const report = await sendRequests(target, 2_000, 8);
      expect(report.failures).toEqual(new Map());
      expect(report.sent).toBe(2_000);
      expect(Math.abs(share(report, "1.1.0") - 0.1)).toBeLessThanOrEqual(band(2_000));
    },
    15 * MINUTE,
  );
});

describe("under steady load no request fails while", () => {
  it(
    "the weights move to 50 and 50, which later requests follow",
    async () => {
      const edit = (text: string): string =>
        text.replace("1.0.0: 90", "1.0.0: 50").replace("1.1.0: 10", "1.1.0: 50");
      const during = await changeUnderLoad(() => apply(edit));
      expect(during.failures).toEqual(new Map());
      expect(during.sent).toBeGreaterThan(50);
      const after = await sendRequests(target, 400, WORKERS);
      expect(Math.abs(share(after, "1.1.0") - 0.5)).toBeLessThanOrEqual(3.2905 * Math.sqrt(0.25 / 400));
    },
    10 * MINUTE,
  );

  it(
    "a version's settings change and its pods roll",
    async () => {
      const during = await changeUnderLoad(async () => {
        const { changes } = await apply((text) => text.replace("contextTokens: 1024", "contextTokens: 1280"));
        expect(Object.keys(changes).some((operation) => operation !== "same")).toBe(true);
      });
      expect(during.failures).toEqual(new Map());
      expect(during.sent).toBeGreaterThan(50);
    },
    10 * MINUTE,
  );

  it(
    "the client key is rotated; the key before stays valid and the new one works at once",
    async () => {
      const during = await changeUnderLoad(() => apply((text) => text.replace("rotation: 1", "rotation: 2")));
      expect(during.failures).toEqual(new Map());
      const rotated = await environment.loadTarget();
      expect(rotated.key).not.toBe(target.key);
      const report = await sendRequests(rotated, 20, 2);
      expect(report.failures).toEqual(new Map());
    },
    10 * MINUTE,
  );

  it(
    "a gateway pod is deleted and drains",
    async () => {
      const during = await changeUnderLoad(async () => {
        const kubectl = `${environment.folder}/.rampa/bin/kubectl`;
        const kubeconfig = `--kubeconfig=${environment.folder}/.rampa/cluster/kubeconfig`;
        const namespaced = [kubeconfig, "--namespace=rampa"];
        const restart = await environment.run(kubectl, [
          ...namespaced,
          "rollout",
          "restart",
          "deployment/gateway",
        ]);
        expect(restart.code, restart.stderr).toBe(0);
        const wait = ["rollout", "status", "deployment/gateway", "--timeout=120s"];
        expect((await environment.run(kubectl, [...namespaced, ...wait])).code).toBe(0);
      });
      expect(during.failures).toEqual(new Map());
    },
    10 * MINUTE,
  );
});

describe("a key two rotations old", () => {
  it(
    "is refused",
    async () => {
      await apply((text) => text.replace("rotation: 2", "rotation: 3"));
      const report = await sendRequests(target, 1, 1);
      expect([...report.failures.keys()].join()).toContain("invalid_api_key");
    },
    10 * MINUTE,
  );
});
