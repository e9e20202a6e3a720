// The configuration of a plain Prometheus and Alertmanager as their own checkers read it.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { standaloneSettings } from "../../../components/monitoring/standalone.args.ts";
import { planStandalone } from "../../../components/monitoring/standalone.plan.ts";
import { tryCommand } from "../../../stacks/local/cluster/commands.ts";
import { fetchDebianProgram } from "../../../stacks/local/cluster/debian.ts";
import { ownership } from "../../kit/component-owner.ts";

const secret = { name: "alerts", key: "credential" };
const mail = {
  to: "a@example.com",
  from: "b@example.com",
  smarthost: "smtp.example.com:587",
  username: "b",
};
const plan = planStandalone(
  standaloneSettings.parse({
    ownership,
    runbookUrl: "https://runbooks.example/rampa",
    endpoints: { chat: ["1.0.0", "1.1.0"], search: ["1.0.0"] },
    receivers: {
      P0: [{ kind: "pagerduty", secret }],
      P1: [{ kind: "slack", channel: "#alerts", secret }],
      P3: [{ kind: "email", ...mail, secret }],
    },
  }),
);

let folder = "";
let promtool = "";
let amtool = "";

beforeAll(async () => {
  promtool = await fetchDebianProgram("prometheus", "promtool", { report: () => {} });
  amtool = await fetchDebianProgram("prometheus-alertmanager", "amtool", { report: () => {} });
  folder = await mkdtemp(join(tmpdir(), "rampa-standalone-"));
  for (const { config } of [plan.prometheus, plan.alertmanager]) {
    for (const [name, text] of Object.entries(config.data)) await writeFile(join(folder, name), text);
  }
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function run(program: string, ...args: readonly string[]): Promise<{ code: number; text: string }> {
  const { code, stdout, stderr } = await tryCommand(program, args, { deadlineMs: 60_000, cwd: folder });
  return { code: code ?? -1, text: `${stdout}${stderr}` };
}

describe("promtool", () => {
  it("takes the configuration with every rule file that it names", async () => {
    const { code, text } = await run(promtool, "check", "config", "prometheus.json");
    expect(text).toContain(`${plan.monitoring.groups.length} rule files found`);
    expect(code, text).toBe(0);
  });

  it("refuses one with an unknown field", async () => {
    const config = JSON.parse(plan.prometheus.config.data["prometheus.json"] ?? "null");
    await writeFile(join(folder, "broken.json"), JSON.stringify({ ...config, scrape_config: [] }));
    expect((await run(promtool, "check", "config", "broken.json")).code).not.toBe(0);
  });
});

describe("amtool", () => {
  it("takes the configuration", async () => {
    const { code, text } = await run(amtool, "check-config", "alertmanager.json");
    expect(text).toContain("4 receivers");
    expect(code, text).toBe(0);
  });

  it.each([
    ["P0", "P0"],
    ["P1", "P1"],
    ["P2", "nobody"],
    ["P3", "P3"],
  ])("sends %s to %s", async (severity, receiver) => {
    const route = ["config", "routes", "test", "--config.file=alertmanager.json", `severity=${severity}`];
    expect((await run(amtool, ...route)).text.split("\n")[0]).toBe(receiver);
  });
});
