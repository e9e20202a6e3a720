// The pack in the real engine: a preview of a small program that the pack stops, and one that it lets pass.
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { policyPackFolder } from "../../policies/pack-folder.ts";
import { type Engine, ensureEngine } from "../../stacks/local/engine/engine.ts";
import { checkoutPlaces } from "../../stacks/local/engine/places.ts";
import { silent } from "../../stacks/local/progress.ts";

const PROGRAM = `
import { Provider } from "@pulumi/random/provider.js";
import { RandomPassword } from "@pulumi/random/randomPassword.js";
const options = process.env.NO_PROVIDER ? {} : { provider: new Provider("explicit") };
new RandomPassword("key", { length: 40 }, options);
`;

let engine: Engine;
let folder: string;

beforeAll(async () => {
  engine = await ensureEngine(silent);
  folder = mkdtempSync(join(tmpdir(), "rampa-policy-"));
  const files = {
    "Pulumi.yaml":
      "name: sample\nruntime:\n  name: nodejs\n  options:\n    typescript: false\nmain: index.mjs\n",
    "package.json": JSON.stringify({ name: "sample", version: "0.0.1", type: "module" }),
    "index.mjs": PROGRAM,
  };
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  mkdirSync(join(folder, "state"));
  symlinkSync(join(checkoutPlaces.checkout, "node_modules"), join(folder, "node_modules"));
  await pulumi(["stack", "init", "prod"]);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Run = { readonly failed: boolean; readonly output: string };

function pulumi(args: readonly string[], extra: Readonly<Record<string, string>> = {}): Promise<Run> {
  const env = {
    ...process.env,
    ...engine.env,
    PULUMI_BACKEND_URL: `file://${join(folder, "state")}`,
    PULUMI_CONFIG_PASSPHRASE: "sample",
    ...extra,
  };
  Reflect.deleteProperty(env, "PULUMI_CONFIG_PASSPHRASE_FILE");
  return new Promise((resolve) => {
    execFile(
      engine.pulumi,
      [...args, "--non-interactive"],
      { cwd: folder, env, timeout: 120_000 },
      (error, out, err) => resolve({ failed: error !== null, output: `${out}${err}` }),
    );
  });
}

const preview = ["preview", "--stack", "prod", "--policy-pack", policyPackFolder];

it("lets a program pass that keeps the rules", async () => {
  const { failed, output } = await pulumi(preview);
  expect({ failed, output }).toMatchObject({ failed: false, output: expect.stringMatching(/rampa@v\d/) });
  expect(output).not.toContain("[mandatory]");
});

it("stops a program that uses the default provider, and says what to do", async () => {
  const { failed, output } = await pulumi(preview, { NO_PROVIDER: "1" });
  expect(failed).toBe(true);
  expect(output).toContain("[mandatory]  explicit-provider-and-tags");
  expect(output).toContain("made by the default provider");
  expect(output).toContain("Fix: Pass a provider");
});

it("takes levels by environment from the configuration", async () => {
  const file = join(folder, "policies.json");
  writeFileSync(file, JSON.stringify({ "explicit-provider-and-tags": { levels: { prod: "advisory" } } }));
  const { failed, output } = await pulumi([...preview, "--policy-pack-config", file], { NO_PROVIDER: "1" });
  expect(failed).toBe(false);
  expect(output).toContain("[advisory]  explicit-provider-and-tags");
});
